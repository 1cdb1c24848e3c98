/** The conversation of Kerberos over a channel in memory, with a package that stands for GSSAPI; a real one is in the long test. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../src/errors.js';
import type { ServerAuth } from '../../src/machines/protocol/auth.js';
import {
  type KerberosOptions,
  kerberosAuth,
  kerberosAuthBy,
} from '../../src/machines/protocol/kerberos-auth.js';
import type { KerberosPackage } from '../../src/machines/protocol/kerberos-package.js';
import { ServerRefusal } from '../../src/machines/protocol/server-refusal.js';
import { outcome, rejection, talk } from './talk.js';

const test = suite('Kerberos over a channel');
const ALICE = 'alice@EXAMPLE.COM';

interface Pretence {
  /** Bytes of the user's tickets. */
  readonly padding?: number;
  /** The object identifier of its mechanism, with a tag and a length. */
  readonly mechanism?: string;
  /** Whether masters ask for the server's proof. */
  readonly isMutual?: boolean;
  /** The outcome of a server's steps. */
  readonly answer?: string | null;
}

/** Takes tokens with a header and a user name; `asked` are the services that masters had tickets for. */
function pretend(pretence: Pretence = {}): {
  readonly load: () => KerberosPackage;
  readonly asked: string[];
} {
  const { padding = 10, mechanism = '06092a864886f712010202', isMutual = true } = pretence;
  const { answer = Buffer.from('proof of the service').toString('base64') } = pretence;
  const asked: string[] = [];
  const kerberos: KerberosPackage = {
    GSS_C_MUTUAL_FLAG: 2,
    GSS_MECH_OID_KRB5: 9,
    async initializeClient(service, { flags, mechOID }) {
      assert.equal([flags, mechOID], [2, 9]);
      asked.push(service);
      return {
        contextComplete: !isMutual,
        async step(token) {
          if (token === '') {
            const body = Buffer.concat([
              Buffer.from(mechanism, 'hex'),
              Buffer.alloc(padding, 'x'),
              Buffer.from(ALICE),
            ]);
            const length = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
            return Buffer.concat([Buffer.from([0x60, ...length]), body]).toString('base64');
          }
          if (token !== answer) throw new Error('Message stream modified');
          this.contextComplete = true;
          return null;
        },
      } as { contextComplete: boolean; step(token: string): Promise<string | null> };
    },
    async initializeServer(service) {
      if (service === 'absent') throw new Error('No key table entry found matching absent/');
      return {
        username: '',
        contextComplete: false,
        async step(token) {
          this.username = Buffer.from(token, 'base64').toString().slice(-ALICE.length);
          return answer;
        },
      } as { username: string; contextComplete: boolean; step(token: string): Promise<string | null> };
    },
  };
  return { load: () => kerberos, asked };
}

const by = (pretence: Pretence = {}, options: Partial<KerberosOptions> = {}): ServerAuth =>
  kerberosAuthBy(pretend(pretence).load, { serviceName: 'ts-mw', allowedUsers: [ALICE], ...options });

test('both sides prove themselves, and the server knows the principal', async () => {
  const { load, asked } = pretend();
  const master = kerberosAuthBy(load, { serviceName: 'ts-mw' });
  assert.equal(await outcome(master, by()), ['ok', ALICE]);
  assert.equal(await outcome(kerberosAuthBy(load, { serviceName: 'ts-mw@node2' }), by()), ['ok', ALICE]);
  assert.equal(asked, ['ts-mw@node1', 'ts-mw@node2']);
});

test('tokens travel in pieces that a channel takes, up to 64 KB', async () => {
  for (const [padding, messages] of [
    [100, 2],
    [2000, 2],
    [2300, 3],
    [48_000, 23],
  ] as const) {
    const over = talk();
    assert.equal(await outcome(by({ padding }), by(), over), ['ok', ALICE]);
    assert.is(over.heard.length, messages);
    assert.ok(over.heard.every((text) => text.length < 4000));
  }
  const [, server] = await outcome(by({ padding: 65_520 }), by());
  assert.is(server, 'a token of more than 65536 bytes');
});

test('a principal is accepted by true alone', async () => {
  const refusal = `${ALICE} is not one of the users that it accepts`;
  for (const [options, expected] of [
    [{ allowedUsers: undefined, nameAccepted: (name: string) => name === ALICE }, ALICE],
    [{ allowedUsers: undefined, nameAccepted: async () => true }, ALICE],
    [{ allowedUsers: undefined, nameAccepted: () => 'yes' as never }, refusal],
    [{ allowedUsers: undefined, nameAccepted: () => Promise.reject(new Error('no data')) }, 'no data'],
    [{ allowedUsers: ['alice', 'bob@EXAMPLE.COM'] }, refusal],
    [{ allowedUsers: undefined }, refusal],
  ] as const) {
    const over = talk();
    const [, server] = await outcome(by(), by({}, options), over);
    assert.is(server, expected);
    if (expected !== ALICE) assert.is(over.heard.length, 1, 'the server has said nothing');
  }
});

test('a server takes tokens of Kerberos 5 alone, which ask for its own proof', async () => {
  const spnego = await outcome(by({ mechanism: '06062b0601050502' }), by());
  assert.is(spnego[1], 'a token that is none of Kerberos 5');
  const [, silent] = await outcome(by(), by({ answer: null }));
  assert.is(silent, 'a token that asks for no proof of the server');
  for (const value of [null, 7, {}, { token: 7 }, { token: '' }, { token: '!', more: true }]) {
    const over = talk();
    over.master.send(value);
    assert.is((await rejection(by().acceptMaster(over.server))).message, 'an auth message without a token');
  }
});

test('a master takes no server without its proof', async () => {
  const [master] = await outcome(by(), by({ answer: Buffer.from('made up').toString('base64') }));
  assert.is(
    master,
    'it does not prove that it is ts-mw@node1, so it may be another server (Message stream modified); look at its address',
  );
  const over = talk();
  const error = await rejection(by({ isMutual: false }).proveToServer(over.master, 'node1'));
  assert.match(error.message, /does not ask the server for a proof/);
  assert.equal(over.heard, []);
});

test('tickets are asked for one at a time, and those that wait have a reason', async () => {
  const { load } = pretend();
  let asking = 0;
  let most = 0;
  const slow = (): KerberosPackage => ({
    ...load(),
    async initializeClient() {
      most = Math.max(most, ++asking);
      await new Promise((resolve) => setImmediate(resolve));
      asking--;
      throw new Error('Unspecified GSS failure.  Minor code may provide more information: Ticket expired');
    },
  });
  const auth = kerberosAuthBy(slow, { serviceName: 'ts-mw' });
  const errors = await Promise.all(
    [1, 2, 3].map(() => rejection(auth.proveToServer(talk().master, 'node1'))),
  );
  assert.is(most, 1);
  for (const error of errors) {
    assert.instance(error, ServerRefusal);
    assert.is(
      error.message,
      'no Kerberos ticket for ts-mw@node1 (Ticket expired); type klist to see them, kinit to get one',
    );
  }
});

test('a server that could accept nobody does not start, nor does one without the package', async () => {
  for (const [auth, part] of [
    [kerberosAuthBy(pretend().load, { serviceName: 'ts-mw' }), /takes allowedUsers, such as/],
    [by({}, { serviceName: 'absent' }), /no key of the service absent \(No key table entry.*KRB5_KTNAME$/],
    [
      kerberosAuth({ serviceName: 'ts-mw', allowedUsers: [ALICE] }),
      /not installed; type npm install kerberos$/,
    ],
  ] as const) {
    const error = await rejection(auth.prepareServer?.() ?? Promise.resolve());
    assert.instance(error, UsageError);
    assert.match(error.message, part);
  }
  await by().prepareServer?.();
});

test('a master without the package has sent nothing', async () => {
  const over = talk();
  const error = await rejection(kerberosAuth({ serviceName: 'ts-mw' }).proveToServer(over.master, 'node1'));
  assert.match(error.message, /the package kerberos, which is not installed; type npm install kerberos$/);
  assert.equal(over.heard, []);
});

test('options that say too little or too much', () => {
  for (const [options, part] of [
    [{ serviceName: '' }, /takes a service such as 'ts-mw'.*got ""/],
    [{ serviceName: 'ts-mw/node1' }, /got "ts-mw\/node1"/],
    [{}, /got undefined/],
    [null, /the options of kerberosAuth are an object of serviceName, /],
    [
      { serviceName: 'ts-mw', allowedUser: [ALICE] },
      /kerberosAuth has no option "allowedUser"; it may have /,
    ],
    [
      { serviceName: 'ts-mw', allowedUsers: [], nameAccepted: () => true },
      /either allowedUsers or nameAccepted/,
    ],
  ] as const) {
    assert.throws(
      () => kerberosAuth(options as KerberosOptions),
      (error: Error) => error instanceof UsageError && part.test(error.message),
    );
  }
});

test.run();
