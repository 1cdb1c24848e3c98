/** A nats-server that confines its users: the program works to its end, and each step beyond is denied. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type NatsConnection, nkeyAuthenticator } from 'nats';
import { type AuditEvent, type Flags, JoinError, master, type SlaveIdentity, slave } from 'ts-mw';
import * as assert from 'uvu/assert';
import { createUserKey, readUserKey } from '../../src/link/connection/nkeys.js';
import { masterPermissions, slavePermissions } from '../../src/wire/messages/permissions.js';
import { square, whoRuns } from '../programs/algorithms.js';
import { NatsAccount } from '../support/nats-accounts.js';
import { ifNatsServer, type NatsServer, startNatsServer } from '../support/nats-server.js';
import { type Programs, until, within, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const HELLO = 'examples/hello-world.js';
const GREETINGS = Array.from({ length: 10 }, (_, i) => `Got result from slave: Hello World: Task ${i}`);
/** One that has to be encoded. */
const MEMBER = 'm 1.x';
const PLACE = [`--member-id=${MEMBER}`, '--connect-timeout', '60'];
/** Nothing here is about time; a machine may be slow. */
const LIMIT_MS = 90_000;

const test = suiteInTurns('permissions of a nats-server');

const USERS = ['master', 'alice', 'bob'] as const;
type User = (typeof USERS)[number];

interface Login {
  readonly configuration: string;
  readonly flags: (user: User) => Flags;
}

/** Of printed nkeys. */
const seedFile = ({ flags }: Login, user: User): string => flags(user).natsNkeyFile ?? '';
const keyOf = (login: Login, user: User): string[] => ['--nats-nkey-file', seedFile(login, user)];

/** As the program prints it. */
async function printedLogin({ folder, start }: Programs): Promise<Login> {
  const keys = join(folder, 'keys');
  const users = ['--print-nats-config', keys, '--nats-config-users', 'alice,bob'];
  const printed = start(HELLO, [...users, `--member-id=${MEMBER}`]);
  assert.is(await printed.code(LIMIT_MS), 0, printed.report());
  return {
    configuration: `${printed.out.join('\n')}\n`,
    flags: (user) => ({ natsNkeyFile: join(keys, `${user}.nk`) }),
  };
}

const permit = (user: User) => (user === 'master' ? masterPermissions : slavePermissions);

/** The same permissions in the JWTs of users. */
async function accountLogin({ folder }: Programs): Promise<Login> {
  const account = new NatsAccount();
  const file = (user: User): string => join(folder, `${user}.creds`);
  for (const user of USERS) {
    const { creds } = account.createUser((publicKey) => permit(user)(MEMBER, publicKey));
    writeFileSync(file(user), creds, { mode: 0o600 });
  }
  return {
    configuration: account.serverConfiguration,
    flags: (user) => ({ natsCreds: file(user) }),
  };
}

/** Users of names that have to be encoded, with passwords. */
async function passwordLogin(): Promise<Login> {
  const flags = (user: User) => ({ natsUser: `${user}@x.y`, natsPassword: `p ${user}` });
  const users = USERS.map((user) => {
    const { natsUser: name, natsPassword: password } = flags(user);
    return JSON.stringify({ user: name, password, permissions: permit(user)(MEMBER, name) });
  });
  return { configuration: `authorization { users = [${users.join(', ')}] }\n`, flags };
}

let registered = 0;

/** Runs a body beside a nats-server with the login's configuration, which listens where the test says. */
function overConfined(
  name: string,
  login: (programs: Programs) => Promise<Login>,
  body: (server: NatsServer, login: Login, programs: Programs) => Promise<void>,
): void {
  const turn = registered++ === 0 ? test : test.long;
  ifNatsServer(turn)(name, () =>
    withPrograms(async (programs) => {
      const given = await login(programs);
      const server = await startNatsServer({ more: [given.configuration] });
      try {
        await body(server, given, programs);
      } finally {
        await server.stop();
      }
    }),
  );
}

overConfined(
  'a master and two slaves work to the end as the printed configuration lets them',
  printedLogin,
  async ({ url }, login, { start, folder }) => {
    const place = ['--resource-file', join(folder, 'm.rsc'), '--nats-url', url, ...PLACE];
    const slaves = (['alice', 'bob'] as const).map((user) =>
      start(HELLO, ['--slave', ...place, ...keyOf(login, user)]),
    );
    const head = start(HELLO, ['--master', ...place, ...keyOf(login, 'master')]);
    assert.is(await head.code(LIMIT_MS), 0, head.report());
    assert.equal([...head.out].sort(), GREETINGS, head.report());
    for (const one of slaves) assert.is(await one.code(LIMIT_MS), 0, one.report());
    for (const one of [...slaves, head]) assert.is(one.count(/the broker forbids/), 0, one.report());
  },
);

for (const [what, login] of [
  ['JWTs', accountLogin],
  ['names and passwords', passwordLogin],
] as const) {
  overConfined(`the same permissions do for ${what}`, login, async ({ url }, { flags }) => {
    const warnings: string[] = [];
    const onAudit = (event: AuditEvent): void => {
      if (event.type === 'warning') warnings.push(event.text);
    };
    const place = { memberId: MEMBER, natsUrl: url, onAudit };
    const mw = await master({ ...place, ...flags('master') });
    try {
      await Promise.all([
        slave(mw, { ...place, ...flags('alice') }),
        slave(mw, { ...place, ...flags('bob') }),
      ]);
      const sum = await mw.run(() => Promise.all([3, 4].map((n) => square.future(n))));
      assert.equal(sum, [9, 16]);
    } finally {
      await mw.stop();
    }
    assert.equal(warnings, []);
  });
}

overConfined(
  'the local slaves of a confined master join under its user',
  printedLogin,
  async ({ url }, login, { start }) => {
    const place = ['--slaves', '2', '--nats-url', url, ...PLACE];
    const head = start(HELLO, ['--master', ...place, ...keyOf(login, 'master')]);
    assert.is(await head.code(LIMIT_MS), 0, head.report());
    assert.equal([...head.out].sort(), GREETINGS, head.report());
    assert.is(head.count(/the broker forbids/), 0, head.report());
  },
);

/** A client that is not ours, under a user's seed. */
class Intruder {
  readonly #connection: NatsConnection;
  /** Requests that the server has denied, as `publish SUBJECT` or `subscription SUBJECT`. */
  readonly #denied = new Set<string>();

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
    void this.#follow();
  }

  static async open(url: string, seedFile: string): Promise<Intruder> {
    const { seed } = readUserKey(seedFile);
    const authenticator = nkeyAuthenticator(Buffer.from(seed));
    return new Intruder(await connect({ servers: url, authenticator, reconnect: false, resolve: false }));
  }

  async #follow(): Promise<void> {
    for await (const { permissionContext } of this.#connection.status()) {
      if (permissionContext) this.#denied.add(`${permissionContext.operation} ${permissionContext.subject}`);
    }
  }

  /** Whether the server lets the user do it; its denials come before the answer to a ping. */
  async may(operation: 'publish' | 'subscription', subject: string): Promise<boolean> {
    if (operation === 'publish') this.#connection.publish(subject, 'x');
    else this.#connection.subscribe(subject, { callback: () => {} });
    await this.#connection.flush();
    // The client reports a denial in a later turn
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    return !this.#denied.has(`${operation} ${subject}`);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

overConfined('no user gets at what another does, nor speaks as it', printedLogin, async ({ url }, login) => {
  const file = (user: User): string => seedFile(login, user);
  const key = (user: User): string => readUserKey(file(user)).publicKey;
  const [own, other, head] = [key('alice'), key('bob'), key('master')];
  const nonce = 'f'.repeat(32);
  const base = 'mw.m=201=2Ex';
  const publishing = [
    // As a slave of its own
    ['alice', `${base}.hello.${own}.${nonce}`, true],
    ['alice', `${base}.m.${own}.${nonce}`, true],
    ['alice', `${base}.m.${own}.${nonce}.control`, true],
    // As another slave
    ['alice', `${base}.hello.${other}.${nonce}`, false],
    ['alice', `${base}.m.${other}.${nonce}`, false],
    ['alice', `${base}.m.${other}.${nonce}.control`, false],
    ['alice', `${base}.hello._.${nonce}`, false],
    // As the master, to another and to itself
    ['alice', `${base}.s.${other}.${nonce}`, false],
    ['alice', `${base}.s.${other}.${nonce}.control`, false],
    ['alice', `${base}.s.${own}.${nonce}`, false],
    // Elsewhere
    ['alice', `mw.other.hello.${own}.${nonce}`, false],
    ['alice', '_INBOX.x', false],
    ['alice', '$SYS.REQ.SERVER.PING', false],
    // The master: to slaves, and as a slave of its own
    ['master', `${base}.s.${own}.${nonce}`, true],
    ['master', `${base}.s.${own}.${nonce}.control`, true],
    ['master', `${base}.hello.${head}.${nonce}`, true],
    ['master', `${base}.hello.${own}.${nonce}`, false],
    ['master', `${base}.m.${own}.${nonce}`, false],
    ['master', `mw.other.s.${own}.${nonce}`, false],
  ] as const;
  const subscribing = [
    ['alice', `${base}.s.${own}.${nonce}`, true],
    ['alice', `${base}.s.${own}.${nonce}.control`, true],
    ['alice', `${base}.s.${other}.${nonce}`, false],
    ['alice', `${base}.s.${other}.*`, false],
    ['alice', `${base}.s.${other}.*.control`, false],
    ['alice', `${base}.s.*.*`, false],
    ['alice', `${base}.hello.*.*`, false],
    ['alice', `${base}.m.*.*`, false],
    ['alice', `${base}.m.${own}.*`, false],
    ['alice', `${base}.m.*.*.control`, false],
    ['alice', 'mw.>', false],
    ['alice', '>', false],
    ['alice', '*.*.s.*.*', false],
    ['alice', '_INBOX.>', false],
    ['alice', '$SYS.>', false],
    ['master', `${base}.hello.*.*`, true],
    ['master', `${base}.m.*.*`, true],
    ['master', `${base}.m.*.*.control`, true],
    ['master', `${base}.s.${own}.*`, false],
    ['master', 'mw.>', false],
  ] as const;
  const intruders = {
    alice: await Intruder.open(url, file('alice')),
    master: await Intruder.open(url, file('master')),
  };
  try {
    for (const [user, subject, allowed] of publishing) {
      assert.is(await intruders[user].may('publish', subject), allowed, `${user} to ${subject}`);
    }
    for (const [user, subject, allowed] of subscribing) {
      assert.is(await intruders[user].may('subscription', subject), allowed, `${user} from ${subject}`);
    }
  } finally {
    await Promise.all([intruders.alice.close(), intruders.master.close()]);
  }
  for (const user of USERS) assert.ok(!login.configuration.includes(readUserKey(file(user)).seed), user);
});

overConfined(
  'a killed slave is found by what the broker says, and who has no seed of the configuration stays out',
  printedLogin,
  async ({ url }, login, { start, folder }) => {
    const events: AuditEvent[] = [];
    const place = { memberId: MEMBER, natsUrl: url };
    const onAudit = (event: AuditEvent): void => {
      events.push(event);
    };
    const users: (string | undefined)[] = [];
    const authorizeSlave = ({ user }: SlaveIdentity): boolean => users.push(user) > 0;
    const options = { ...place, ...login.flags('master'), clientTimeout: 60, onAudit, authorizeSlave };
    const mw = await master(options);
    try {
      const stranger = join(folder, 'stranger.nk');
      writeFileSync(stranger, createUserKey().seed, { mode: 0o600 });
      const refusal = await slave(mw, { ...place, natsNkeyFile: stranger, connectTimeout: 4 }).then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.instance(refusal, JoinError);
      assert.match((refusal as JoinError).message, /refuses our credentials/);

      const flags = ['--slave', '--nats-url', url, ...PLACE];
      const victim = start('worker.js', [...flags, ...keyOf(login, 'alice')]);
      const pid = await within(
        LIMIT_MS,
        mw.run(() => whoRuns.future()),
        () => victim.report(),
      );
      assert.is(pid, victim.pid);
      victim.kill('SIGKILL');
      const lost = () => events.find((event) => event.type === 'slave-lost');
      await until('it is lost', () => lost() !== undefined, LIMIT_MS);
      assert.match(lost()?.evidence ?? '', /503/);
      const heir = start('worker.js', [...flags, ...keyOf(login, 'bob')]);
      assert.is(
        await within(
          LIMIT_MS,
          mw.run(() => whoRuns.future()),
          () => heir.report(),
        ),
        heir.pid,
      );
      await mw.stop();
      assert.is(await heir.code(LIMIT_MS), 0, heir.report());
      const keyOfUser = (user: User): string => readUserKey(seedFile(login, user)).publicKey;
      assert.equal(users, [keyOfUser('alice'), keyOfUser('bob')], 'the program knows them by their keys');
      assert.equal(
        events.filter(({ type }) => type === 'warning'),
        [],
      );
    } finally {
      await mw.stop();
    }
  },
);

overConfined(
  'a slave finds by the same word that its master was killed',
  printedLogin,
  async ({ url }, login, { start }) => {
    const place = ['--nats-url', url, ...PLACE];
    const flags = ['--master', ...place, '--client-timeout', '4', ...keyOf(login, 'master')];
    const head = start('lives.js', [...flags, '--', 'idle']);
    const widow = start('worker.js', ['--slave', ...place, ...keyOf(login, 'alice')]);
    await head.waitForLine(/^idle begins$/, LIMIT_MS);
    head.kill('SIGKILL');
    // On mere silence it would wait for 40 seconds
    await widow.waitForLine(/MASTER -> CEOF .*503/, LIMIT_MS);
    assert.is(await widow.code(LIMIT_MS), 255, widow.report());
  },
);

test.run();
