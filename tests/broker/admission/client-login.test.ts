/** The options of a CONNECT, those that it leaves as they were, and the clients that it lets in. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  asksForCredentials,
  BEFORE_CONNECT,
  type ClientLogin,
  isAdmitted,
  isOwner,
  readClientLogin,
} from '../../../src/broker/admission/client-login.js';
import { ErrorText, ProtocolError } from '../../../src/broker/protocol/protocol.js';

const logins = suite('client login');

const read = (said: unknown, before = BEFORE_CONNECT): ClientLogin =>
  readClientLogin(typeof said === 'string' ? said : JSON.stringify(said), before);

const DEFAULTS: ClientLogin = {
  ...{ verbose: true, pedantic: true, echo: true, headers: false, noResponders: false },
  ...{ authToken: '', user: '', password: '' },
};
const ALL = {
  ...{ verbose: false, pedantic: false, echo: false, headers: true, no_responders: true },
  ...{ auth_token: 't', user: 'u', pass: 'p', protocol: 1 },
};
const ALL_READ: ClientLogin = {
  ...{ verbose: false, pedantic: false, echo: false, headers: true, noResponders: true },
  ...{ authToken: 't', user: 'u', password: 'p' },
};

logins('what a client does not say is as in nats-server', () => {
  assert.equal(BEFORE_CONNECT, DEFAULTS);
  for (const said of [{}, { verbose: null, user: null, protocol: 0 }, { lang: 'x', version: 7 }]) {
    assert.equal(read(said), DEFAULTS);
  }
});

logins('each option is read, and stays when the next CONNECT leaves it out', () => {
  assert.equal(read(ALL), ALL_READ);
  assert.equal(read({}, ALL_READ), ALL_READ);
  assert.equal(read({ verbose: true, user: 'v' }, ALL_READ), { ...ALL_READ, verbose: true, user: 'v' });
});

logins('what is no CONNECT is refused', () => {
  const refused = (said: unknown, text: string): void => {
    assert.throws(
      () => read(said),
      (error: unknown) => error instanceof ProtocolError && error.message === text,
      JSON.stringify(said),
    );
  };
  for (const said of ['', '{', 'null', '[]', '5', '"x"']) refused(said, ErrorText.unknownOperation);
  const { protocol: _, ...options } = ALL;
  for (const [key, value] of Object.entries(options)) {
    for (const odd of [7, {}, [], typeof value === 'string' ? true : 'x']) {
      refused({ ...ALL, [key]: odd }, ErrorText.unknownOperation);
    }
  }
  for (const protocol of [2, -1, '1', true]) refused({ protocol }, ErrorText.invalidClientProtocol);
  refused({ no_responders: true }, ErrorText.noRespondersNeedHeaders);
  refused({ no_responders: true, headers: false }, ErrorText.noRespondersNeedHeaders);
});

logins('who is asked for credentials gets in with exactly these', () => {
  const given = (authToken: string, user = '', password = ''): ClientLogin => ({
    ...DEFAULTS,
    ...{ authToken, user, password },
  });
  assert.equal([{}, { token: '' }, { user: 'u' }, { password: 'p' }].map(asksForCredentials), [
    ...[false, true, true, false],
  ]);
  assert.ok(isAdmitted({}, given('any')));
  assert.ok(isAdmitted({ token: 't' }, given('t')));
  for (const wrong of ['', 'T', 'tt']) assert.not.ok(isAdmitted({ token: 't' }, given(wrong, 't', 't')));
  assert.ok(isAdmitted({ user: 'u', password: 'p' }, given('', 'u', 'p')));
  assert.ok(isAdmitted({ user: 'u' }, given('', 'u')));
  for (const [user, password] of [
    ['u', 'x'],
    ['x', 'p'],
    ['', ''],
    ['p', 'u'],
  ] as const) {
    assert.not.ok(isAdmitted({ user: 'u', password: 'p' }, given('p', user, password)));
  }
  assert.ok(isOwner('o', given('o')));
  assert.not.ok(isOwner('o', given('x')));
  assert.not.ok(isOwner(undefined, given('')));
});

logins.run();
