/** Ways to prove oneself to a nats-server, and the name that subjects get by each. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { authentication } from '../../../src/link/connection/authentication.js';
import { ConnectError } from '../../../src/link/connection/connect-error.js';
import { lackOfCreds, subjectUser } from '../../../src/link/connection/credentials.js';
import { connectData } from '../../../src/link/connection/data-connection.js';
import { createUserKey, parseUserKey } from '../../../src/link/connection/nkeys.js';
import type { BrokerAddress } from '../../../src/link/ports.js';
import { NatsAccount } from '../../support/nats-accounts.js';
import { ifNatsServer, startNatsServer } from '../../support/nats-server.js';

const folder = mkdtempSync(join(tmpdir(), 'ts-mw-credentials-'));
const credentials = suite('link/credentials');
credentials.after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const key = createUserKey();
const account = new NatsAccount();
const user = account.createUser(() => ({ publish: ['>'], subscribe: ['>'] }));
const nkeyFile = file('alice.nk', `${key.seed}\n`);
const creds = file('alice.creds', user.creds);

const named: readonly (readonly [string, Omit<BrokerAddress, 'urls'>, string, string?])[] = [
  ['nothing', {}, '_'],
  ['a token', { token: 't' }, '_'],
  ['a user', { user: 'alice', password: 'p' }, 'alice'],
  ['an nkey', { nkeyFile }, key.publicKey],
  ['a credentials file', { creds }, user.publicKey],
  ['a user in the URL', {}, 'al.ice', 'nats://al%2Eice:p@h:1'],
  ['a token in the URL', {}, '_', 'nats://t@h:1'],
];
for (const [what, address, name, url = 'nats://h:1'] of named) {
  credentials(`the user of ${what} is ${name.length > 10 ? 'its public nkey' : name}`, () => {
    assert.is(subjectUser({ urls: [url], ...address }), name);
  });
}

credentials('what stands in a URL counts where nothing else does', () => {
  const urls = ['nats://h:1', 'nats://u:p%40@h:2'];
  assert.equal(authentication({ urls }), { user: 'u', pass: 'p@' });
  assert.equal(authentication({ urls, token: 't' }), { token: 't' });
  assert.equal(authentication({ urls: ['t@h:1'] }), { token: 't' });
  assert.equal(authentication({ urls: ['h:1'] }), {});
});

credentials('a seed is found alone and in the lines of the tools of NATS', () => {
  const decorated = `-----BEGIN USER NKEY SEED-----\r\n${key.seed}\r\n------END USER NKEY SEED------\r\n`;
  for (const text of [key.seed, ` ${key.seed} \n`, decorated]) assert.equal(parseUserKey(text), key);
  const flipped = key.seed.slice(0, 30) + (key.seed[30] === 'A' ? 'B' : 'A') + key.seed.slice(31);
  for (const text of ['', key.publicKey, `x${key.seed}`, key.seed.slice(1), flipped, flipped.repeat(2)]) {
    assert.is(parseUserKey(text), undefined, text);
  }
});

const wrong: readonly (readonly [string, Omit<BrokerAddress, 'urls'>, RegExp])[] = [
  ['an nkey file that is not there', { nkeyFile: '/nowhere.nk' }, /nkey file \/nowhere\.nk/],
  ['an nkey file without a seed', { nkeyFile: file('x.nk', 'hidden') }, /x\.nk holds no user's seed$/],
  ['a credentials file that is not there', { creds: '/nowhere.creds' }, /credentials file \/nowhere/],
  ['a credentials file without a JWT', { creds: file('x.creds', 'a.hidden.b') }, /does not say whose/],
  [
    'a credentials file that names nobody',
    { creds: file('y.creds', `a.${Buffer.from('{"sub":7}').toString('base64url')}.b`) },
    /does not say whose/,
  ],
];
for (const [what, address, message] of wrong) {
  credentials(`${what} is named, and nothing of it is shown`, () => {
    assert.throws(
      () => subjectUser({ urls: ['nats://h:1'], ...address }),
      (error: unknown) =>
        error instanceof ConnectError &&
        error.reason === 'credentials' &&
        message.test(error.message) &&
        !error.message.includes('hidden'),
    );
  });
}

const seed = /^SU\w+$/m.exec(user.creds)?.[0] ?? '';
const jwtOf = (claims: object): string =>
  `a.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.b\n`;
const CREDS: readonly (readonly [string, string, RegExp | undefined])[] = [
  ['of a user', user.creds, undefined],
  ['that will expire', `${jwtOf({ sub: 'U', exp: 1_000 })}${seed}`, undefined],
  ['that never expire', `${jwtOf({ sub: 'U', exp: 0 })}${seed}`, undefined],
  ['without a date', `${jwtOf({ sub: 'U', exp: 'x' })}${seed}`, undefined],
  ['of nobody', `${jwtOf({ sub: '', exp: 0 })}${seed}`, /^does not say whose/],
  [
    'that have expired',
    `${jwtOf({ sub: 'U', exp: 999 })}${seed}`,
    /^expired on Thu, 01 Jan 1970 00:16:39 GMT/,
  ],
  ['without a seed', user.creds.replace(seed, ''), /^holds a user's JWT and not the user's seed/],
  ['that are an nkey file', `${seed}\n`, /^does not say whose it is.*nsc generate creds/],
  ['that are empty', '', /^does not say whose/],
];
for (const [what, text, lack] of CREDS) {
  credentials(
    `credentials ${what} ${lack === undefined ? 'are taken' : 'are refused, with the reason'}`,
    () => {
      const found = lackOfCreds(text, 1_000_000);
      if (lack === undefined) assert.is(found, undefined);
      else assert.match(found ?? '', lack);
      assert.not.match(found ?? '', new RegExp(seed));
    },
  );
}

async function expectLogin(
  configuration: string,
  right: Omit<BrokerAddress, 'urls'>,
  other: Omit<BrokerAddress, 'urls'>,
): Promise<void> {
  const server = await startNatsServer({ more: [configuration] });
  const open = (address: Omit<BrokerAddress, 'urls'>) =>
    connectData({ urls: [server.url], ...address }, { name: 'test', timeoutMs: 5_000 });
  try {
    const link = await open(right);
    await link.ready();
    await link.close();
    for (const address of [other, {}]) {
      const refusal = await open(address).then(
        () => 'let in',
        (error: unknown) => (error instanceof ConnectError ? error.reason : error),
      );
      assert.is(refusal, 'credentials');
    }
  } finally {
    await server.stop();
  }
}

const onServer = ifNatsServer(credentials);

onServer('a nats-server lets in whose nkey it knows, and no other', async () => {
  const stranger = file('stranger.nk', createUserKey().seed);
  const configuration = `authorization { users = [{ nkey: ${key.publicKey} }] }`;
  await expectLogin(configuration, { nkeyFile }, { nkeyFile: stranger });
});

onServer('a nats-server lets in whose JWT its account has signed, and no other', async () => {
  const permit = () => ({ publish: ['>'], subscribe: ['>'] });
  const stranger = file('stranger.creds', new NatsAccount().createUser(permit).creds);
  await expectLogin(account.serverConfiguration, { creds }, { creds: stranger });
});

credentials.run();
