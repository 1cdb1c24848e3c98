/** Kerberos between masters and servers, with a real KDC and the real package. In a process of its own: its environment. */
import { cpSync, mkdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AuditEvent, KerberosOptions, MasterIdentity, ServerAuth } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../docs/read-docs.js';
import { NOT_FETCHED, tool } from '../install/support.js';
import { KerberosRealm, NO_KDC, REALM } from '../support/kerberos-realm.js';
import { programPath, until } from '../support/programs.js';

const test = suite('Kerberos');
const HOST = '127.0.0.1';
const SERVICE = `ts-mw/${HOST}`;
const addon = tool('kerberos/build/Release/kerberos.node');
const NOT_HERE = NO_KDC ?? (addon === undefined ? `the package kerberos is ${NOT_FETCHED}` : undefined);

let realm: KerberosRealm;
let mw: typeof import('ts-mw');
let auth: (options?: Partial<KerberosOptions>) => ServerAuth;

/** The library in a folder where the package is installed too, as a program has it. */
async function installed(folder: string): Promise<typeof import('ts-mw')> {
  const modules = join(folder, 'node_modules');
  const place = join(modules, 'ts-mw');
  mkdirSync(place, { recursive: true });
  cpSync(join(root, 'package.json'), join(place, 'package.json'));
  cpSync(join(root, 'dist', 'lib'), join(place, 'dist', 'lib'), { recursive: true });
  symlinkSync(tool('kerberos') ?? '', join(modules, 'kerberos'));
  symlinkSync(join(root, 'node_modules', 'esbuild'), join(modules, 'esbuild'));
  return import(pathToFileURL(join(place, 'dist', 'lib', 'index.js')).href);
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => assert.unreachable('it was not refused') as never,
    (error: Error) => error,
  );
}

interface Used {
  readonly port: number;
  /** Whether it answers, or its refusal without the address. */
  pinged(by?: ServerAuth, host?: string): Promise<boolean | string>;
  /** Why it refused connections, as its own trail says. */
  refusals(): string[];
}

async function withServer(own: ServerAuth, body: (used: Used) => Promise<void>, more = {}): Promise<void> {
  const events: AuditEvent[] = [];
  const folder = realm.path('server');
  const onAudit = (event: AuditEvent): void => void events.push(event);
  const server = await mw.startServer(HOST, 0, { auth: own, folder, slots: 1, onAudit, ...more });
  const { port } = server;
  const said = ({ message }: Error): string => message.replace(/^server \S+: /, '');
  try {
    await body({
      port,
      pinged: (by = auth(), host = HOST) => mw.ping(host, port, { auth: by, timeout: 10 }).catch(said),
      refusals: () =>
        events.flatMap((event) =>
          event.type === 'server-auth-failed' || event.type === 'server-auth-failures' ? event.reason : [],
        ),
    });
  } finally {
    await server.stop();
  }
}

test.before(async () => {
  realm = await KerberosRealm.start(['alice', 'bob', SERVICE, 'other/host']);
  mw = await installed(realm.path('app'));
  auth = (options = {}) => mw.kerberosAuth({ serviceName: 'ts-mw', ...options });
});

test.before.each(() => {
  realm.useKeytab(`ts-mw-${HOST}.keytab`);
  realm.logIn('alice');
});

test.after(() => realm.stop());

const ALICE = `alice@${REALM}`;

test('a master with a ticket uses a server that has the key of its service', () => {
  const asked: MasterIdentity[] = [];
  const authorize = (identity: MasterIdentity): boolean => {
    asked.push(identity);
    return true;
  };
  return withServer(
    auth({ allowedUsers: [ALICE] }),
    async ({ port, pinged }) => {
      assert.is(await pinged(), true);
      assert.is(await pinged(auth({ serviceName: `ts-mw@${HOST}` })), true, 'the service of a named host');
      const program = programPath('lent.js');
      const whose = mw.defineAlgorithm('lent.whose', async (_: number) => process.ppid, { version: '1' });
      const kernel = await mw.makeKernel([[HOST, port]], { auth: auth(), program });
      assert.equal(await mw.withKernel(kernel, () => mw.pmap(whose, [1, 2])), [process.pid, process.pid]);
      await mw.endKernel(kernel);
      assert.equal([...new Set(asked.map(({ user }) => user))], [ALICE]);
      assert.equal([...new Set(asked.map(({ purpose }) => purpose))], ['ping', 'lease']);
    },
    { authorize },
  );
});

test('principals are refused by allowedUsers and by nameAccepted, and told so', async () => {
  await withServer(auth({ allowedUsers: [ALICE] }), async ({ pinged, refusals }) => {
    realm.logIn('bob');
    const refusal = `bob@${REALM} is not one of the users that it accepts`;
    assert.is(await pinged(), refusal);
    assert.equal(refusals(), [refusal]);
    realm.logIn('alice');
    assert.is(await pinged(), true, 'it survives');
  });
  const nameAccepted = async (name: string): Promise<boolean> => name.startsWith('bob@');
  await withServer(auth({ nameAccepted }), async ({ pinged }) => {
    assert.match(String(await pinged()), `${ALICE} is not one of the users`);
    realm.logIn('bob');
    assert.is(await pinged(), true);
  });
});

test('a master without a ticket, with an expired one, or for a service that is not there, says what it lacks', () =>
  withServer(auth({ allowedUsers: [ALICE] }), async ({ pinged, refusals }) => {
    realm.useTickets('none.tickets');
    assert.match(
      String(await pinged()),
      /^no Kerberos ticket for ts-mw@127\.0\.0\.1 \(.*No Kerberos credentials available.*kinit to get one$/,
    );
    realm.logIn('alice', '1s');
    await until('the ticket is expired', async () => /\(Ticket expired\)/.test(String(await pinged())));
    realm.logIn('alice');
    assert.match(
      String(await pinged(auth({ serviceName: 'nobody' }))),
      /for nobody@127\.0\.0\.1 \(.*not found in Kerberos/,
    );
    assert.match(
      String(await pinged(auth(), 'localhost')),
      /for ts-mw@localhost \(/,
      'of the host that is dialled',
    );
    // Masters that found no ticket have left without a word
    assert.equal(refusals(), []);
  }));

test('a server without the key of its service does not start, and without its users neither', async () => {
  const start = (own: ServerAuth): Promise<Error> => rejection(mw.startServer(HOST, 0, { auth: own }));
  realm.useKeytab('none.keytab');
  for (const keytab of ['none.keytab', 'other-host.keytab']) {
    realm.useKeytab(keytab);
    const error = await start(auth({ allowedUsers: [ALICE] }));
    assert.instance(error, mw.UsageError);
    assert.match(error.message, /^this server has no key of the service ts-mw \(.*KRB5_KTNAME$/);
  }
  assert.match((await start(auth())).message, /takes allowedUsers.*or nameAccepted/);
});

test('a server that has lost its key, or has an old one, is found out by both', async () => {
  const keytab = realm.path('lost.keytab');
  realm.makeKeytab(SERVICE, 'lost.keytab');
  realm.useKeytab('lost.keytab');
  await withServer(auth({ allowedUsers: [ALICE] }), async ({ pinged, refusals }) => {
    assert.is(await pinged(), true);
    realm.makeKeytab(SERVICE, `ts-mw-${HOST}.keytab`);
    realm.logIn('alice');
    assert.match(String(await pinged()), /^it does not accept the ticket: .*kvno/);
    unlinkSync(keytab);
    assert.is(await pinged(), 'it does not accept this proof; its audit trail says why');
    await until('its trail says why', () =>
      /^no key of the service ts-mw in the/.test(refusals().at(-1) ?? ''),
    );
  });
});

test('a server that only repeats what servers say is found out, and so is a token that is sent twice', async () => {
  const token = await firstToken();
  const impostor: ServerAuth = {
    method: 'kerberos',
    proveToServer: async () => {},
    async acceptMaster(channel) {
      channel.send(await channel.receive());
      return ALICE;
    },
  };
  await withServer(impostor, async ({ pinged }) => {
    assert.match(
      String(await pinged()),
      /^it does not prove that it is ts-mw@127\.0\.0\.1, so it may be another server \(/,
    );
  });
  const again: ServerAuth = {
    ...impostor,
    async proveToServer(channel) {
      channel.send(token);
      await channel.receive();
    },
  };
  await withServer(auth({ allowedUsers: [ALICE] }), async ({ pinged, refusals }) => {
    assert.is(await pinged(again), true, 'the first to show it');
    assert.match(String(await pinged(again)), /^it does not accept the ticket: .*is a replay$/);
    assert.is(refusals().length, 1);
  });
});

/** Of alice, which reached no server. */
async function firstToken(): Promise<unknown> {
  let token: unknown;
  const channel = {
    binding: new Uint8Array(32),
    send(value: unknown) {
      token = value;
    },
    receive: () => Promise.reject(new Error('nobody')),
  };
  await rejection(auth().proveToServer(channel, HOST));
  return token;
}

test('a KDC that is silent is given four seconds', () =>
  withServer(auth({ allowedUsers: [ALICE] }), async ({ pinged }) => {
    await realm.stopKdc();
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(realm.port, HOST);
    try {
      assert.match(String(await pinged()), /\(no answer of the KDC within 4 s\)/);
    } finally {
      silent.close();
      for (const socket of sockets) socket.destroy();
    }
    assert.match(String(await pinged()), / \(Cannot contact any KDC/);
  }));

if (NOT_HERE === undefined) test.run();
else {
  const skipped = suite('Kerberos');
  skipped.skip(NOT_HERE, () => {});
  skipped.run();
}
