/** Sentinel threads against a real nats-server: beats, verdicts, commands, a blocked main, the last resort. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { ConnectError } from '../../../src/link/connection/connect-error.js';
import { connectData } from '../../../src/link/connection/data-connection.js';
import type { SentinelEvent, SentinelHandle } from '../../../src/link/ports.js';
import { queryOtherMasters } from '../../../src/link/sentinel/query-masters.js';
import { startSentinel } from '../../../src/link/sentinel/sentinel.js';
import { SharedState } from '../../../src/link/shared/shared-state.js';
import { ifNatsServer, type NatsServer, startNatsServer } from '../../support/nats-server.js';
import { until, within } from '../../support/programs.js';
import { suiteInTurns } from '../../support/turns.js';

const RUN = '00112233445566ff';
const NONCE = '0123456789abcdef0123456789abcdef';
const session = { user: '_', nonce: NONCE, run: RUN, sid: 7 };

interface Side {
  readonly handle: SentinelHandle;
  readonly shared: SharedState;
  readonly events: SentinelEvent[];
  has(type: SentinelEvent['type']): boolean;
  slot: number;
}

interface SideOptions {
  readonly clientTimeoutMs?: number;
  readonly broker?: 'embedded' | 'external';
}

async function startSide(server: NatsServer, role: 'master' | 'slave', options: SideOptions): Promise<Side> {
  const shared = SharedState.create();
  const events: SentinelEvent[] = [];
  const handle = await startSentinel({
    role,
    address: { urls: [server.url] },
    memberId: 'm',
    run: RUN,
    clientTimeoutMs: options.clientTimeoutMs ?? 30_000,
    broker: options.broker ?? 'external',
    shared,
  });
  handle.onEvent((event) => events.push(event));
  return { handle, shared, events, has: (type) => events.some((e) => e.type === type), slot: -1 };
}

/** A server, the sentinels on it and slave processes, which all end with the test. */
class Stage implements AsyncDisposable {
  readonly sides: Side[] = [];
  readonly #children: ChildProcess[] = [];

  private constructor(readonly server: NatsServer) {}

  static async open(): Promise<Stage> {
    return new Stage(await startNatsServer());
  }

  async start(role: 'master' | 'slave', options: SideOptions = {}): Promise<Side> {
    const side = await startSide(this.server, role, options);
    this.sides.push(side);
    return side;
  }

  /** A session between two sentinels, made in the order in which main does it. */
  async pair(options: SideOptions = {}): Promise<[master: Side, slave: Side]> {
    const master = await this.start('master', options);
    const slave = await this.start('slave', options);
    slave.handle.request({ op: 'listen', user: '_', nonce: NONCE });
    await until('listening', () => slave.has('listening'));
    this.watch(master);
    slave.slot = slave.shared.counters.allocate();
    const generation = slave.shared.claims.reset();
    slave.handle.request({ op: 'watch', peer: { ...session, slot: slave.slot, generation } });
    return [master, slave];
  }

  /** The master's half of a session. */
  watch(master: Side): void {
    master.slot = master.shared.counters.allocate();
    master.handle.request({ op: 'watch', peer: { ...session, slot: master.slot } });
  }

  /** A slave process; see slave-process.ts for what it does. */
  spawnSlave(mode: string): ChildProcess {
    const program = fileURLToPath(new URL('./slave-process.js', import.meta.url));
    const args = [program, mode, this.server.url, RUN, NONCE];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'] });
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle } of this.sides) await handle.stop();
    for (const child of this.#children) child.kill('SIGKILL');
    await this.server.stop();
  }
}

const suiteOfSentinel = suiteInTurns('sentinel');
const sentinel = ifNatsServer(suiteOfSentinel);
/** For tests that take long because they are about time; their subject is tested in the core too. */
const atLength = ifNatsServer(suiteOfSentinel.long);

sentinel('beats tell what main keeps in the counters, both ways', async () => {
  await using stage = await Stage.open();
  const [master, slave] = await stage.pair();
  slave.shared.counters.set(slave.slot, 5, 6, 7);
  master.shared.counters.set(master.slot, 8, 9, 10);
  slave.shared.claims.offer(0);
  slave.shared.claims.begin(0, Date.now());
  await until('the slave is heard', () =>
    master.events.some((e) => e.type === 'beat' && e.sent === 5 && e.begun === 1 && e.running === 0),
  );
  await until('the master is heard', () =>
    slave.events.some((e) => e.type === 'beat' && e.sent === 8 && e.received === 9 && e.limit === 10),
  );
});

sentinel('a slave that vanishes is suspect at once and lost after two seconds of 503', async () => {
  await using stage = await Stage.open();
  const [master, slave] = await stage.pair();
  await until('a beat', () => master.has('beat'));
  const began = performance.now();
  await slave.handle.stop();
  await until('lost', () => master.has('lost'));
  const took = performance.now() - began;
  // Not its limit for silence, which is longer; by the clock of the wall a busy machine may take any time.
  assert.ok(took > 1_500, `found after ${took} ms`);
  assert.ok(master.has('suspect'));
  const lost = master.events.find((e) => e.type === 'lost');
  assert.match(lost?.type === 'lost' ? lost.evidence : '', /^503 for 2\.\d s$/);
});

sentinel('commands are run once by the other sentinel while its main is not asked', async () => {
  await using stage = await Stage.open();
  const [master, slave] = await stage.pair();
  for (let index = 0; index < 10; index += 1) slave.shared.claims.offer(index);
  slave.shared.claims.begin(0, Date.now());
  await until('a beat', () => slave.has('beat') && master.has('beat'));
  master.handle.request({
    op: 'command',
    nonce: NONCE,
    id: 1,
    body: { command: 'recall', from: 0, to: 12 },
  });
  await until('recalled', () => master.events.some((e) => e.type === 'acknowledged' && e.id === 1));
  assert.is(
    master.events.find((e) => e.type === 'acknowledged' && e.id === 1 && e.from === 1) !== undefined,
    true,
  );
  assert.is(slave.shared.claims.begin(1, Date.now()), false);
  assert.is(slave.shared.claims.offer(11), false);
  master.handle.request({ op: 'command', nonce: NONCE, id: 2, body: { command: 'cancel', index: 0 } });
  master.handle.request({ op: 'command', nonce: NONCE, id: 3, body: { command: 'shutdown' } });
  await until('told', () => slave.has('cancel') && slave.has('shutdown'));
  slave.handle.request({
    op: 'command',
    nonce: NONCE,
    id: 1,
    body: { command: 'bye', running: [], begun: 0, sent: 0 },
  });
  await until('bye', () => master.has('bye') && slave.events.some((e) => e.type === 'acknowledged'));
});

/** A slave's main hears only of beats that say something new. */
async function beatsAgain(master: Side, slave: Side): Promise<void> {
  const heard = (side: Side): number => side.events.filter((e) => e.type === 'beat').length;
  const [before, others] = [heard(master), heard(slave)];
  master.shared.counters.set(master.slot, 0, 1, others);
  await until('beats again', () => heard(master) > before + 2 && heard(slave) > others);
}

sentinel('a broker that is killed and started again condemns nobody', async () => {
  await using stage = await Stage.open();
  const [master, slave] = await stage.pair();
  await until('beats', () => master.has('beat') && slave.has('beat'));
  await stage.server.kill();
  await until('cut', () =>
    [master, slave].every((s) => s.events.some((e) => e.type === 'link' && !e.connected)),
  );
  await stage.server.restart();
  await until('back', () =>
    [master, slave].every((s) => s.events.some((e) => e.type === 'link' && e.connected)),
  );
  await beatsAgain(master, slave);
  assert.not(master.has('lost') || slave.has('lost'));
});

atLength('a broker that is frozen for twice the timeout condemns nobody', async () => {
  await using stage = await Stage.open();
  const options = { clientTimeoutMs: 3_000 };
  const [master, slave] = await stage.pair(options);
  await until('beats', () => master.has('beat') && slave.has('beat'));
  await stage.server.freeze();
  // The time is what is tested: nothing happens in it that could be awaited.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  stage.server.thaw();
  await beatsAgain(master, slave);
  assert.not(
    master.has('lost') || slave.has('lost'),
    JSON.stringify(stage.sides.map((s) => s.events.filter((e) => e.type !== 'beat'))),
  );
});

sentinel('connections refused by an embedded broker are the end of a slave', async () => {
  await using stage = await Stage.open();
  const options = { clientTimeoutMs: 4_000, broker: 'embedded' } as const;
  const [, slave] = await stage.pair(options);
  await until('beats', () => slave.has('beat'));
  const began = performance.now();
  await stage.server.kill();
  await until('lost', () => slave.has('lost'));
  const took = performance.now() - began;
  assert.ok(took > 1_800, `found after ${took} ms`);
  const lost = slave.events.find((e) => e.type === 'lost');
  assert.match(lost?.type === 'lost' ? lost.evidence : '', /^connection refused for 2\.\d s$/);
});

sentinel('a refused start says why, and stop may be called twice', async () => {
  const server = await startNatsServer({ token: 'secret' });
  try {
    const start = (token: string) =>
      startSentinel({
        role: 'slave',
        address: { urls: [server.url], token },
        memberId: 'm',
        clientTimeoutMs: 30_000,
        broker: 'external',
        shared: SharedState.create({ peers: 1 }),
      });
    const refusal = await start('wrong').catch((error: unknown) => error);
    assert.ok(refusal instanceof ConnectError && refusal.reason === 'credentials');
    const handle = await start('secret');
    await Promise.all([handle.stop(), handle.stop()]);
    await handle.stop();
  } finally {
    await server.stop();
  }
});

atLength('beats go on for three seconds while main spins, and what came in is delivered after', async () => {
  await using stage = await Stage.open();
  const master = await stage.start('master');
  const child = stage.spawnSlave('spin-3s');
  await once(child, 'message');
  stage.watch(master);
  await until('a beat', () => master.has('beat'));
  const before = master.events.length;
  child.send('spin');
  const [{ batches, events }] = (await once(child, 'message')) as [{ batches: number; events: number }];
  const beats = master.events.slice(before).filter((e) => e.type === 'beat').length;
  // About one per second: the first may have come just before the spin, and the third may come just after it
  assert.ok(beats >= 2, `${beats} beats while main was busy`);
  assert.not(master.has('suspect'));
  // A turn may come between two of them, and one more beat while they are counted
  assert.ok(batches <= 3 && events <= 4, `${events} events in ${batches} batches were waiting`);
});

atLength(
  'a main that spins when its master is gone is killed, with a line that names the evidence',
  async () => {
    await using stage = await Stage.open();
    const master = await stage.start('master');
    const child = stage.spawnSlave('spin-for-ever');
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    // Its exit may be heard before its last line
    const close = once(child, 'close');
    await once(child, 'message');
    stage.watch(master);
    await until('a beat', () => master.has('beat'));
    child.send('spin');
    await master.handle.stop();
    const [code, signal] = await within(30_000, close, () => 'it is killed');
    assert.equal([code, signal], [null, 'SIGKILL']);
    assert.match(stderr, /^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d \[A\] .*\(503 for \d\.\d s\)/m);
  },
);

sentinel(
  'the end of the pipe from its master is evidence, and a main that answers is left alone',
  async () => {
    await using stage = await Stage.open();
    const child = stage.spawnSlave('answer');
    const exit = once(child, 'exit');
    await once(child, 'message');
    child.stdio[4]?.destroy();
    const [evidence] = (await once(child, 'message')) as [string];
    assert.is(evidence, 'the pipe from the master has ended');
    const [code] = (await exit) as [number | null];
    assert.is(code, 255);
  },
);

atLength(
  'a slave that was frozen for longer than the timeout is stale when it thaws, and not killed',
  async () => {
    await using stage = await Stage.open();
    const master = await stage.start('master', { clientTimeoutMs: 2_000 });
    const child = stage.spawnSlave('report');
    const told: unknown[] = [];
    child.on('message', (message) => told.push(message));
    await until('joined', () => told.includes('joined'));
    stage.watch(master);
    await until('a beat', () => master.has('beat'));
    child.kill('SIGSTOP');
    await until('lost', () => master.has('lost'));
    const lost = master.events.find((e) => e.type === 'lost');
    assert.match(lost?.type === 'lost' ? lost.evidence : '', /^silent for 2\.\d s$/);
    child.kill('SIGCONT');
    await until('stale', () => told.includes('stale'));
    assert.equal(
      told.filter((type) => type === 'lost' || type === 'crashed'),
      [],
    );
  },
);

sentinel('a second master finds the first one, and a first one nobody', async () => {
  await using stage = await Stage.open();
  const link = await connectData({ urls: [stage.server.url] }, { name: 'test', timeoutMs: 2_000 });
  const ask = (run: string, nonce: string, waitMs = 30_000) =>
    queryOtherMasters(link, { memberId: 'm', run, user: '_', nonce: nonce.repeat(32), waitMs });
  try {
    assert.equal(await ask('ff', 'a'), { found: 'nobody' });
    const master = await stage.start('master');
    const other = { found: 'master', run: RUN, established: false };
    assert.equal(await ask('ff', 'b'), { ...other, first: true });
    // The whole time is waited for another that is first, and a busy machine may take it for its answer
    let second = await ask('0000', 'c', 250);
    while (second.found === 'silence') second = await ask('0000', 'c', 250);
    assert.equal(second, { ...other, first: false });
    assert.equal(await ask(RUN, 'd', 250), { found: 'silence' });
    master.handle.request({ op: 'established' });
    // That goes to the thread by its port, and the question by its socket
    let established = await ask('0000', 'e', 250);
    while (established.found !== 'master' || !established.first) established = await ask('0000', 'e', 250);
    assert.equal(established, { ...other, established: true, first: true });
    await until('told', () => master.has('other-master'));
  } finally {
    await link.close();
  }
});

sentinel('a thread that ends against our will says so', async () => {
  await using stage = await Stage.open();
  const slave = await stage.start('slave');
  slave.handle.request({ op: 'watch', peer: undefined as never });
  await until('crashed', () => slave.has('crashed'));
  slave.handle.request({ op: 'ending' });
  await slave.handle.stop();
  assert.is(slave.events.filter(({ type }) => type === 'crashed').length, 1);
});

suiteOfSentinel.run();
