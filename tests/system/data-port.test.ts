/** Data past the broker: slaves take the port, lose it, cannot reach it, and nobody but slaves gets in. */
import { createServer } from 'node:net';
import { type AuditEvent, type AuditEventOf, type Flags, master, slave } from 'ts-mw';
import * as assert from 'uvu/assert';
import { FaultyWay } from '../faults/faulty-way.js';
import { pause, square } from '../programs/algorithms.js';
import { until, withPrograms } from '../support/programs.js';
import { RawNats } from '../support/raw-nats.js';
import { certificateFile, keyFile } from '../support/tls-files.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('data port');

/** The events of a process. */
class Heard {
  readonly events: AuditEvent[] = [];
  readonly onAudit = (event: AuditEvent): void => void this.events.push(event);

  all<T extends AuditEvent['type']>(type: T): AuditEventOf<T>[] {
    return this.events.filter((event) => event.type === type) as AuditEventOf<T>[];
  }
}

async function portOf(flags: Flags = {}) {
  const heard = new Heard();
  const mw = await master({ ...flags, onAudit: heard.onAudit });
  return { mw, heard, port: heard.all('data-port-ready')[0]?.port };
}

async function squares(mw: Awaited<ReturnType<typeof master>>): Promise<number> {
  const results = await mw.run(() => Promise.all([1, 2, 3, 4].map((n) => square.future(n))));
  return results.reduce((sum, result) => sum + result, 0);
}

async function takesPort(given: Flags, joining: Flags = {}): Promise<void> {
  const { mw, heard, port } = await portOf(given);
  await using _mw = mw;
  const own = new Heard();
  await using _slave = await slave(mw, { ...joining, onAudit: own.onAudit });
  await until(
    'both have it',
    () => heard.all('data-port-taken').length + own.all('data-port-taken').length === 2,
  );
  assert.equal(heard.all('data-port-taken'), [{ type: 'data-port-taken', peer: 'SLAVE-0' }]);
  assert.ok(port !== undefined && port !== mw.masterPort);
  assert.is(await squares(mw), 30);
  assert.is(heard.all('data-port-lost').length + own.all('data-port-lost').length, 0);
  assert.is(heard.all('resend-sent').length + own.all('resend-sent').length, 0, 'no frame is doubted');
}

test('a slave takes it as soon as it has joined', () => takesPort({}));

test.long('with a token', () => takesPort({ natsToken: 'secret' }));

const [tlsCert, tlsKey, tlsCa] = [certificateFile('broker'), keyFile('broker'), certificateFile('ca')];
test.long('over TLS', () => takesPort({ tlsCert, tlsKey }));
test('over mutual TLS', () => takesPort({ tlsCert, tlsKey, tlsCa, tlsVerify: true }));

test.long('without one all goes through the broker, on either side', async () => {
  for (const [given, joining] of [
    [{ noDataPort: true }, {}],
    [{}, { noDataPort: true }],
  ] as const) {
    const { mw, heard } = await portOf(given);
    await using _mw = mw;
    await using _slave = await slave(mw, joining);
    assert.is(await squares(mw), 30);
    assert.is(heard.all('data-port-ready').length, 'noDataPort' in given ? 0 : 1);
    assert.is(heard.all('data-port-taken').length, 0);
  }
});

test('it listens at the port that is typed; a port that is taken is an error that names it', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  try {
    await master({ dataPort: port });
    assert.unreachable();
  } catch (error) {
    assert.match(
      String(error),
      new RegExp(`the data port cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
    );
  }
  await new Promise((resolve) => taken.close(resolve));
  const { mw, heard } = await portOf({ dataPort: port });
  await mw.stop();
  assert.equal(heard.all('data-port-ready'), [{ type: 'data-port-ready', port }]);
});

test.long('a slave that cannot reach it says so once, and works all the same', async () => {
  const { mw, heard } = await portOf();
  await using _mw = mw;
  await using way = await FaultyWay.open(mw.masterPort);
  way.stall();
  for (const [dataPort, reason] of [
    [1, /refused/],
    // It takes connections and says nothing, as behind a firewall
    [way.port, /1 s|answer|time/],
  ] as const) {
    const own = new Heard();
    const worker = await slave(mw, { dataPort, onAudit: own.onAudit });
    await until('it says so', () => own.all('data-port-unreachable').length > 0);
    assert.is(await squares(mw), 30);
    await until('it has tried again', () => way.taken > 1 || dataPort === 1);
    assert.is(own.all('data-port-unreachable').length, 1);
    assert.match(own.all('data-port-unreachable')[0]?.reason ?? '', reason);
    await worker.stop();
  }
  assert.is(heard.all('data-port-taken').length, 0);
});

test('what is under way when it is cut comes through the broker, and it is taken again', async () => {
  const { mw, heard, port } = await portOf();
  await using _mw = mw;
  await using way = await FaultyWay.open(port ?? 0);
  const own = new Heard();
  await using _slave = await slave(mw, { dataPort: way.port, onAudit: own.onAudit });
  await until('it is taken', () => heard.all('data-port-taken').length === 1);
  const sums = mw.run(() => Promise.all(Array.from({ length: 2_000 }, (_, n) => square.future(n))));
  way.cut();
  const results = await sums;
  assert.equal(
    results,
    results.map((_, n) => n * n),
  );
  await until('it is taken again', () => heard.all('data-port-taken').length === 2);
  assert.is(heard.all('data-port-lost').length, 1);
  assert.is(await squares(mw), 30);
  assert.is(heard.all('slave-lost').length, 0);
});

test.long('a master that computes for long loses no slave, and goes on by the port', async () => {
  const { mw, heard } = await portOf({ clientTimeout: 3 });
  await using _mw = mw;
  await withPrograms(async ({ start }) => {
    const worker = start('worker.js', ['--slave', '--master-port', String(mw.masterPort)]);
    await until('it is taken', () => heard.all('data-port-taken').length === 1);
    const until4s = performance.now() + 4_000;
    while (performance.now() < until4s);
    assert.is(await squares(mw), 30);
    assert.is(heard.all('slave-lost').length + heard.all('data-port-lost').length, 0);
    await mw.stop();
    assert.is(await worker.code(), 0, worker.report());
  });
});

test.long('a slave whose master has ended dials it no more, also while its last task runs', async () => {
  const { mw, heard, port } = await portOf();
  await using _mw = mw;
  await using way = await FaultyWay.open(port ?? 0);
  const own = new Heard();
  await using last = await slave(mw, { dataPort: way.port, onAudit: own.onAudit });
  await until('it is taken', () => own.all('data-port-taken').length === 1);
  // Longer than the second after which a lost port is dialled again
  mw.run(() => pause.funcall(1.5));
  await until('it runs', () => heard.all('slave-busy').length === 1);
  await mw.stop();
  assert.is(await last.finished, 0);
  assert.is(own.all('shutdown-received').length, 1);
  assert.equal(own.all('data-port-unreachable'), []);
});

test('a stranger gets nothing, and slaves go on while the port is shut for strangers', async () => {
  const { mw, heard, port = 0 } = await portOf();
  await using _mw = mw;
  await using _slave = await slave(mw);
  await until('it is taken', () => heard.all('data-port-taken').length === 1);
  const strangers: RawNats[] = [];
  try {
    for (let count = 0; count < 20; count++) {
      const stranger = await RawNats.open(port).catch(() => undefined);
      if (stranger === undefined) break;
      strangers.push(stranger);
      stranger.send('CONNECT {"auth_token":"guess"}\r\nSUB > 1\r\n');
    }
    await until('it is shut', () => heard.all('warning').some(({ text }) => text.includes('data port')));
    assert.is(await squares(mw), 30);
    assert.is(heard.all('data-port-lost').length, 0);
  } finally {
    for (const stranger of strangers) stranger.close();
  }
});

test.run();
