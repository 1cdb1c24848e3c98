/** Local slaves: how they are started, restarted and ended, on a fake clock and with real processes. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tellLocalSlave } from '../../../src/cli/master/local-slaves.js';
import { spawnSlave } from '../../../src/cli/master/spawn-slave.js';
import {
  KILL_AFTER_MS,
  LEAVE_WITHIN_MS,
  type PlaceEvent,
  SlavePlaces,
} from '../../../src/machines/slave-places.js';
import type { ProcessEnd, StartSlave } from '../../../src/machines/slave-process.js';
import { ManualClock } from '../../machines/manual-clock.js';
import { PATIENCE } from '../../support/patience.js';

/** Processes that live until the test ends them; `log` has what was done to them. */
function fakeFarm() {
  const log: string[] = [];
  const ends = new Map<number, (end: ProcessEnd) => void>();
  let lastPid = 0;
  const startFake: StartSlave = (onEnd) => {
    const pid = ++lastPid;
    ends.set(pid, onEnd);
    log.push(`spawn ${pid}`);
    return { pid, terminate: () => log.push(`terminate ${pid}`), kill: () => log.push(`kill ${pid}`) };
  };
  const exit = (pid: number, code: number | null = 1) =>
    ends.get(pid)?.({ code, signal: code === null ? 'SIGTERM' : null });
  return { log, startFake, exit };
}

function faked(count: number, most?: number, isOrdered?: (pid: number, end: ProcessEnd) => boolean) {
  const clock = new ManualClock();
  const farm = fakeFarm();
  const events: PlaceEvent[] = [];
  const slaves = new SlavePlaces({
    count,
    onEvent: (event) => events.push(event),
    clock,
    start: farm.startFake,
    isOrdered,
    mostStarting: most === undefined ? undefined : () => most,
  });
  return { clock, events, slaves, ...farm };
}

const local = suite('local slaves');

local('starts no more at a time than its limit, and the others as these join or end', () => {
  const { slaves, log, exit, clock } = faked(5, 2);
  slaves.start();
  assert.equal([log.splice(0), slaves.size], [['spawn 1', 'spawn 2'], 5]);
  slaves.joined(1);
  slaves.joined(1);
  slaves.joined(99);
  assert.equal(log.splice(0), ['spawn 3']);
  exit(2);
  assert.equal(log.splice(0), ['spawn 4']);
  clock.advance(250);
  assert.equal(log.splice(0), [], 'the one that ended waits for its turn too');
  slaves.joined(3);
  slaves.joined(4);
  assert.equal(log.splice(0), ['spawn 5', 'spawn 6']);
  exit(1);
  clock.advance(250);
  assert.equal(log, [], 'two others are starting');
  assert.is(slaves.add(), 7, 'one that is asked for starts at once');
});

local('a process that does not join holds others up for half a minute at most', () => {
  const { slaves, log, clock } = faked(3, 1);
  slaves.start();
  slaves.add();
  assert.equal(log.splice(0), ['spawn 1', 'spawn 2']);
  clock.advance(14_000);
  assert.equal(log, []);
  clock.advance(2_000);
  assert.equal(log.splice(0), ['spawn 3']);
  slaves.releaseAll();
  slaves.joined(3);
  assert.equal(log, [], 'a place that is given up starts nothing');
});

local('starts as many as it is told, once', () => {
  const { slaves, events, log } = faked(3);
  slaves.start();
  slaves.start();
  assert.equal(log, ['spawn 1', 'spawn 2', 'spawn 3']);
  assert.equal(
    events,
    [1, 2, 3].map((number) => ({ type: 'started', number, pid: number })),
  );
});

local('tells the master and the trail how a process ended, and that its master stopped it', () => {
  const told: unknown[] = [];
  const audit = { emit: (event: unknown) => void told.push(event) };
  const master = { processGone: (pid: number, evidence: string) => void told.push([pid, evidence]) };
  const ended = { type: 'exited', number: 1, pid: 7, code: null, signal: 'SIGKILL' } as const;
  for (const stopped of [true, false]) tellLocalSlave({ ...ended, stopped }, audit, master);
  const event = { type: 'local-slave-exited', index: 0, pid: 7, signal: 'SIGKILL' };
  assert.equal(told, [
    { ...event, note: 'its master stopped it' },
    [7, 'process ended by SIGKILL; its master stopped it'],
    { ...event, note: undefined },
    [7, 'process ended by SIGKILL'],
  ]);
});

local('adds a place, and gives up that of a process which it is told to kill', () => {
  const { clock, slaves, exit, log, events } = faked(1);
  slaves.start();
  assert.is(slaves.add(), 2);
  assert.ok(slaves.kill(2));
  assert.not.ok(slaves.kill(3), 'there is no such process');
  exit(2, null);
  assert.not.ok(slaves.kill(2), 'it has ended');
  exit(1);
  assert.equal(
    events.map(
      (event) =>
        `${event.type} ${event.number}${event.type === 'exited' && event.stopped ? ', stopped' : ''}`,
    ),
    ['started 1', 'started 2', 'exited 2, stopped', 'exited 1', 'restarting 1'],
  );
  clock.advance(1_000);
  assert.equal(log, ['spawn 1', 'spawn 2', 'kill 2', 'spawn 3']);
  assert.is(clock.pending, 0);
  slaves.beginEnding();
  assert.is(slaves.add(), undefined, 'the master is ending');
});

local('waits longer after each end, at most 15 s, and starts for ever', () => {
  const { clock, events, slaves, exit, log } = faked(1);
  slaves.start();
  const delays: number[] = [];
  for (let pid = 1; pid <= 12; pid++) {
    clock.advance(20);
    exit(pid);
    const last = events.at(-1);
    assert.is(last?.type, 'restarting');
    if (last?.type !== 'restarting') return;
    delays.push(last.delayMs);
    clock.advance(last.delayMs - 1);
    assert.is(log.length, pid, 'not before its time');
    clock.advance(1);
    assert.is(log.length, pid + 1);
  }
  assert.equal(delays.slice(0, 8), [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  assert.is(delays.at(-1), 15_000);
});

local('forgets earlier ends once a process has run for 30 s', () => {
  const { clock, events, slaves, exit } = faked(1);
  const delays = () => events.flatMap((event) => (event.type === 'restarting' ? [event.delayMs] : []));
  slaves.start();
  for (const [pid, ranMs] of [
    [1, 0],
    [2, 29_999],
    [3, 30_000],
    [4, 0],
  ] as const) {
    clock.advance(ranMs);
    exit(pid);
    clock.advance(delays().at(-1) ?? 0);
  }
  assert.equal(delays(), [250, 500, 250, 500]);
});

local('restarts one whose end was ordered at once, and later ends count as if it had not been', () => {
  const ordered = new Set([2, 3, 5]);
  const { clock, events, slaves, exit, log } = faked(
    1,
    4,
    (pid, { code }) => code === null && ordered.has(pid),
  );
  slaves.start();
  const delays: number[] = [];
  for (const [pid, code] of [
    [1, 1],
    [2, null],
    [3, null],
    [4, 1],
    [5, 1],
    [6, null],
  ] as const) {
    exit(pid, code);
    const last = events.findLast(({ type }) => type === 'restarting');
    delays.push(last?.type === 'restarting' ? last.delayMs : -1);
    assert.is(log.length, delays.at(-1) === 0 ? pid + 1 : pid, 'at once');
    clock.advance(delays.at(-1) ?? 0);
  }
  assert.equal(delays, [250, 0, 0, 500, 1000, 2000]);
  slaves.beginEnding();
  ordered.add(7);
  exit(7, null);
  assert.is(log.length, 7, 'nothing is started at the end');
});

local('restarts one without touching the others, whatever its exit code', () => {
  const { clock, events, slaves, exit, log } = faked(2);
  slaves.start();
  exit(2, 0);
  clock.advance(250);
  assert.equal(log, ['spawn 1', 'spawn 2', 'spawn 3']);
  assert.equal(events.slice(2), [
    { type: 'exited', number: 2, pid: 2, stopped: false, code: 0, signal: null },
    { type: 'restarting', number: 2, delayMs: 250 },
    { type: 'started', number: 2, pid: 3 },
  ]);
});

local('starts nothing once the master is ending', async () => {
  const { clock, slaves, exit, log, events } = faked(3);
  slaves.start();
  exit(1);
  slaves.beginEnding();
  exit(2, 0);
  clock.advance(60_000);
  assert.equal(log, ['spawn 1', 'spawn 2', 'spawn 3']);
  assert.is(events.filter(({ type }) => type === 'restarting').length, 1);
  const ended = slaves.end();
  assert.equal(log.slice(3), ['terminate 3']);
  exit(3, null);
  await ended;
  slaves.start();
  assert.is(log.length, 4);
});

local('starts nothing when it is told to end before it starts, or while it starts', async () => {
  const early = faked(2);
  await early.slaves.end();
  early.slaves.start();
  assert.equal(early.log, []);

  const farm = fakeFarm();
  const slaves: SlavePlaces = new SlavePlaces({
    count: 3,
    onEvent: () => slaves.beginEnding(),
    start: farm.startFake,
  });
  slaves.start();
  assert.equal(farm.log, ['spawn 1']);
});

local('terminates, and kills after two seconds what is still there', async () => {
  const { clock, slaves, exit, log } = faked(2);
  slaves.start();
  const ended = slaves.end();
  assert.is(slaves.end(), ended, 'the same end');
  exit(1, null);
  clock.advance(KILL_AFTER_MS - 1);
  assert.equal(log.slice(2), ['terminate 1', 'terminate 2']);
  clock.advance(1);
  assert.equal(log.slice(4), ['kill 2']);
  exit(2, null);
  await ended;
  assert.is(clock.pending, 0);
});

local('lets those that leave by themselves do so for a second', async () => {
  const { clock, slaves, exit, log } = faked(3);
  slaves.start();
  const ended = slaves.end(new Set([1, 2]));
  assert.equal(log.slice(3), ['terminate 3']);
  exit(1, 0);
  clock.advance(LEAVE_WITHIN_MS);
  assert.equal(log.slice(4), ['terminate 2']);
  exit(2, 0);
  clock.advance(KILL_AFTER_MS);
  assert.equal(log.slice(5), ['kill 3']);
  exit(3, null);
  await ended;
  assert.is(clock.pending, 0);
});

// The tests below run real processes. Each says hello to the test over a socket, whose end is its death.

const SLAVE = `
import { spawn } from 'node:child_process';
import { connect, Socket } from 'node:net';
const [mode, port] = process.argv.slice(2);
const { TS_MW_PARENT_PIPE: pipe, TS_MW_TOKEN: token, GLIBC_TUNABLES: tunables } = process.env;
const socket = connect(Number(port), '127.0.0.1');
socket.write(JSON.stringify({ pid: process.pid, mode, argv: process.argv.slice(2), pipe, token, tunables }) + '\\n');
socket.on('data', () => process.exit(7));
if (mode === 'stubborn') process.on('SIGTERM', () => {});
if (mode === 'family') spawn(process.execPath, [process.argv[1], 'stubborn', port], { stdio: 'ignore' });
if (mode === 'bound') {
  const parent = new Socket({ fd: Number(pipe.split(':')[0]) });
  parent.resume().on('end', () => socket.end('master gone\\n', () => process.exit(255)));
}
`;

const MASTER = `
import { spawnSlave } from ${JSON.stringify(new URL('../../../src/cli/master/spawn-slave.js', import.meta.url).href)};
import { SlavePlaces } from ${JSON.stringify(new URL('../../../src/machines/slave-places.js', import.meta.url).href)};
const [program, port] = process.argv.slice(2);
const start = (onEnd) => spawnSlave({ program, args: ['bound', port] }, onEnd);
new SlavePlaces({ count: 2, start, onEvent: () => {} }).start();
`;

interface Greeting {
  readonly pid: number;
  readonly argv: readonly string[];
  readonly pipe?: string;
  readonly token?: string;
  readonly tunables?: string;
  readonly socket: Socket;
  /** Resolves to what else it said, when the process is gone. */
  readonly gone: Promise<string>;
}

class Stage {
  readonly events: PlaceEvent[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'mw-slaves-'));
  readonly program = join(this.folder, 'slave.mjs');
  readonly #server: Server = createServer((socket) => this.#greeted(socket));
  readonly #greetings: Greeting[] = [];
  readonly #pids = new Set<number>();
  #wake: () => void = () => {};

  async open(): Promise<number> {
    writeFileSync(this.program, SLAVE);
    writeFileSync(join(this.folder, 'master.mjs'), MASTER);
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  readonly onEvent = (event: PlaceEvent): void => {
    this.events.push(event);
    this.#wake();
  };

  #greeted(socket: Socket): void {
    let text = '';
    const gone = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk;
      const newline = text.indexOf('\n');
      if (newline < 0 || this.#greetings.some((greeting) => greeting.socket === socket)) return;
      const said = JSON.parse(text.slice(0, newline));
      text = text.slice(newline + 1);
      this.#pids.add(said.pid);
      this.#greetings.push({ ...said, socket, gone });
      this.#wake();
    });
  }

  async greetings(count: number): Promise<readonly Greeting[]> {
    await this.until(() => this.#greetings.length >= count);
    return this.#greetings;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await within(
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      );
    }
  }

  close(): void {
    this.#server.close();
    for (const { socket } of this.#greetings) socket.destroy();
    for (const pid of this.#pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone, as it should be
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function within<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('nothing happened for long')), 20_000 * PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Local slaves in the given mode, all killed afterwards. */
async function onStage(
  count: number,
  mode: string,
  test: (stage: Stage, slaves: SlavePlaces, clock: ManualClock) => Promise<void>,
): Promise<void> {
  const stage = new Stage();
  const clock = new ManualClock();
  const port = await stage.open();
  const command = { program: stage.program, args: [mode, String(port), '--slave', 'a b'], token: 's3cret' };
  const slaves = new SlavePlaces({
    count,
    start: (onEnd) => spawnSlave(command, onEnd),
    onEvent: stage.onEvent,
    clock,
  });
  try {
    slaves.start();
    await test(stage, slaves, clock);
  } finally {
    slaves.killAllNow();
    await within(slaves.end());
    stage.close();
  }
}

local('gives a process its arguments, its pipe, and the token by its environment', () =>
  onStage(2, 'stay', async (stage, slaves) => {
    const greetings = await stage.greetings(2);
    for (const { argv, pipe, token, tunables } of greetings) {
      assert.equal(
        [argv[0], ...argv.slice(2), pipe, token, tunables],
        ['stay', '--slave', 'a b', `3:${process.pid}:`, 's3cret', 'glibc.malloc.hugetlb=1'],
      );
    }
    const started = stage.events.flatMap((event) => (event.type === 'started' ? [event.pid] : []));
    assert.equal(greetings.map(({ pid }) => pid).sort(), started.sort());
    await within(slaves.end());
    for (const { gone } of greetings) await within(gone);
    assert.equal(
      stage.events.slice(2).map((event) => event.type === 'exited' && event.signal),
      ['SIGTERM', 'SIGTERM'],
    );
  }),
);

local('starts a process anew that exits or is killed', () =>
  onStage(1, 'stay', async (stage, _slaves, clock) => {
    const [first] = await stage.greetings(1);
    first?.socket.write('go');
    await stage.until(() => stage.events.length === 3);
    clock.advance(250);
    const [, second] = await stage.greetings(2);
    process.kill(second?.pid ?? 0, 'SIGKILL');
    await stage.until(() => stage.events.length === 6);
    clock.advance(500);
    const [, , third] = await stage.greetings(3);
    assert.equal(stage.events, [
      { type: 'started', number: 1, pid: first?.pid },
      { type: 'exited', number: 1, pid: first?.pid, stopped: false, code: 7, signal: null },
      { type: 'restarting', number: 1, delayMs: 250 },
      { type: 'started', number: 1, pid: second?.pid },
      { type: 'exited', number: 1, pid: second?.pid, stopped: false, code: null, signal: 'SIGKILL' },
      { type: 'restarting', number: 1, delayMs: 500 },
      { type: 'started', number: 1, pid: third?.pid },
    ]);
  }),
);

local('kills a process that does not heed SIGTERM', () =>
  onStage(1, 'stubborn', async (stage, slaves, clock) => {
    const [slave] = await stage.greetings(1);
    const ended = slaves.end();
    clock.advance(KILL_AFTER_MS);
    await within(ended);
    assert.is(await within(slave?.gone ?? Promise.reject()), '');
    assert.equal(stage.events.at(-1), {
      type: 'exited',
      number: 1,
      pid: slave?.pid,
      stopped: true,
      code: null,
      signal: 'SIGKILL',
    });
  }),
);

local('kills with a process what that has started', () =>
  onStage(1, 'family', async (stage, slaves) => {
    const family = await stage.greetings(2);
    slaves.killAllNow();
    for (const { gone } of family) await within(gone);
    slaves.killAllNow();
  }),
);

local('reports what cannot be started, and tries again', async () => {
  const execPath = process.execPath;
  const clock = new ManualClock();
  const stage = new Stage();
  const slaves = new SlavePlaces({
    count: 1,
    onEvent: stage.onEvent,
    clock,
    start: (onEnd) => {
      process.execPath = '/nowhere/node';
      try {
        return spawnSlave({ program: stage.program, args: [] }, onEnd);
      } finally {
        process.execPath = execPath;
      }
    },
  });
  try {
    slaves.start();
    for (const [tries, delayMs] of [250, 500].entries()) {
      await stage.until(() => stage.events.length === 2 * tries + 2);
      const [exited, restarting] = stage.events.slice(-2);
      assert.match(exited?.type === 'exited' ? String(exited.error) : '', /ENOENT/);
      assert.is(exited?.type === 'exited' && exited.pid, undefined);
      assert.equal(restarting, { type: 'restarting', number: 1, delayMs });
      clock.advance(delayMs);
    }
    await within(slaves.end());
  } finally {
    process.execPath = execPath;
    slaves.killAllNow();
    stage.close();
  }
});

local('reports a start that node throws at', async () => {
  const stage = new Stage();
  const slaves = new SlavePlaces({
    count: 1,
    start: (onEnd) => spawnSlave({ program: 'a\0b', args: [] }, onEnd),
    onEvent: stage.onEvent,
  });
  try {
    slaves.start();
    assert.equal(stage.events, [], 'not before start has returned');
    await stage.until(() => stage.events.length === 2);
    assert.is(stage.events[0]?.type === 'exited' && stage.events[0].error instanceof Error, true);
  } finally {
    await within(slaves.end());
    stage.close();
  }
});

local('tells the slaves of a killed master by the end of their pipe', async () => {
  const stage = new Stage();
  const port = await stage.open();
  const master = spawn(process.execPath, [join(stage.folder, 'master.mjs'), stage.program, String(port)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const slaves = await stage.greetings(2);
    master.kill('SIGKILL');
    for (const { gone } of slaves) assert.is(await within(gone), 'master gone\n');
  } finally {
    master.kill('SIGKILL');
    stage.close();
  }
});

local.run();
