/** A farm on fake machines and a clock by hand: what it starts where, what it survives, and how it ends. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../src/audit/events.js';
import { formatText } from '../../src/audit/format/text-format.js';
import type { DemandSettings } from '../../src/machines/farm/demand.js';
import { Farm } from '../../src/machines/farm/farm.js';
import { type Machine, nameOf } from '../../src/machines/farm/machine.js';
import type { MachineFacts, MachineHost } from '../../src/machines/machine-host.js';
import type { PlacesClock } from '../../src/machines/slave-places.js';
import type { ProcessEnd } from '../../src/machines/slave-process.js';
import { ManualClock } from './manual-clock.js';

const factsOf = (hostname: string): MachineFacts => ({
  hostname,
  platform: 'linux',
  node: '20.11.1',
  cores: 2,
  memoryBytes: 8e9,
  clockOffsetMs: 0,
});

class FakeHost implements MachineHost {
  onLost: (reason: string) => void = () => {};
  onSlots: () => void = () => {};
  /** Set by a machine that lends them. */
  slots: number | undefined;
  /** Set to refuse. */
  refusal: string | undefined;
  /** Set to keep waiting. */
  isSilent = false;
  opened = 0;
  closed = 0;
  /** Set to be closed later. */
  closing: Promise<void> = Promise.resolve();
  readonly running = new Map<number, (end: ProcessEnd) => void>();

  constructor(
    readonly name: string,
    readonly nextPid: () => number,
  ) {}

  open(signal: AbortSignal): Promise<MachineFacts> {
    this.opened++;
    if (this.refusal !== undefined) return Promise.reject(new Error(this.refusal));
    if (!this.isSilent) return Promise.resolve(factsOf(this.name));
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }

  readonly startSlave = (onEnd: (end: ProcessEnd) => void) => {
    const pid = this.nextPid();
    this.running.set(pid, onEnd);
    const end = (signal: NodeJS.Signals) => () => queueMicrotask(() => this.exit(pid, null, signal));
    return { pid, terminate: end('SIGTERM'), kill: end('SIGKILL') };
  };

  exit(pid: number, code: number | null, signal: NodeJS.Signals | null = null): void {
    const onEnd = this.running.get(pid);
    this.running.delete(pid);
    onEnd?.({ code, signal });
  }

  close(): Promise<void> {
    this.closed++;
    return this.closing;
  }

  get pids(): number[] {
    return [...this.running.keys()];
  }
}

interface StageOptions {
  readonly machines?: readonly Machine[];
  readonly local?: number;
  readonly demand?: DemandSettings;
  readonly verdict?: (machine: Machine) => unknown;
}

class Stage {
  readonly clock = new ManualClock();
  readonly events: AuditEvent[] = [];
  readonly localEvents: string[] = [];
  /** By the name of the machine, the last one of each. */
  readonly hosts = new Map<string, FakeHost>();
  readonly everyHost: FakeHost[] = [];
  readonly log: string[] = [];
  tasks = 0;
  busy = new Set<number>();
  /** Processes that are ended for one of their runs. */
  readonly killed = new Set<number>();
  readonly farm: Farm;
  #pid = 0;

  constructor({ machines = [], local = 0, demand, verdict = () => true }: StageOptions = {}) {
    const clock: PlacesClock = this.clock;
    this.farm = new Farm({
      audit: { emit: (event) => this.events.push(event) },
      clock,
      machines,
      demand,
      concurrency: 1,
      local: { slots: local, tell: ({ type, number }) => this.localEvents.push(`${type} ${number}`) },
      hostOf: (machine) => {
        const host = new FakeHost(nameOf(machine), () => ++this.#pid);
        this.hosts.set(nameOf(machine), host);
        this.everyHost.push(host);
        return host;
      },
      validations: {
        kindOf: ({ validate }) =>
          validate === undefined ? undefined : typeof validate === 'string' ? 'on-slave' : 'on-master',
        onMaster: (machine) => verdict(machine),
        onSlave: async (machine, _facts, sid) => {
          this.log.push(`validate ${nameOf(machine)} on ${sid}`);
          return verdict(machine);
        },
      },
      control: {
        retireIdle: (pid, host) => {
          if (this.busy.has(pid)) return false;
          this.log.push(`retire ${pid}`);
          queueMicrotask(() => this.host(host).exit(pid, 0));
          return true;
        },
        retire: (pid, host) => this.log.push(`retire ${pid} of ${host} when it is idle`),
        endTrial: (pid) => this.log.push(`admit ${pid}`),
        endsForRun: (pid) => this.killed.has(pid),
        processGone: (pid, evidence) => this.log.push(`gone ${pid}: ${evidence}`),
        load: () => ({ tasks: this.tasks, ordered: 0, allocated: 0 }),
        seen: () =>
          this.everyHost.flatMap((host) =>
            host.pids.map((pid) => {
              const isBusy = this.busy.has(pid);
              return { host: host.name, pid, isBusy, isDispensable: !isBusy };
            }),
          ),
      },
    });
  }

  host(name: string): FakeHost {
    return this.hosts.get(name) as FakeHost;
  }

  /** Time goes by, with what follows from it. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      this.clock.advance(Math.min(250, left));
      await turn();
    }
  }

  states(): string {
    return this.farm
      .machines()
      .map(({ name, state, slaves }) => `${name} ${state} ${slaves}`)
      .join(', ');
  }

  takeLog(): string[] {
    return this.log.splice(0);
  }

  told(): string[] {
    return this.events.splice(0).map((event) =>
      formatText(event, 0)
        .replace(/^.*?\] /, '')
        .trim(),
    );
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

const test = suite('machines/farm');

test('the local machine of --slaves has its slaves at once, without a timer and without a word of itself', async () => {
  const stage = new Stage({ local: 2 });
  await stage.farm.begin();
  assert.equal(stage.localEvents, ['started 1', 'started 2']);
  assert.equal([stage.states(), stage.told(), stage.clock.pending], ['local ready 2', [], 0]);
  assert.is(stage.farm.addLocal(), 3);
  assert.not(stage.farm.killLocal({ host: 'elsewhere', pid: 3 }), 'another machine may have that process id');
  assert.ok(stage.farm.killLocal({ host: 'local', pid: 3 }));
  await turn();
  assert.not(stage.farm.killLocal({ host: 'local', pid: 3 }));
  await stage.farm.end(new Set());
  assert.equal([stage.host('local').pids, stage.clock.pending], [[], 0]);
});

test('of many slaves only some start at once, and the next one as one has joined', async () => {
  const stage = new Stage({ local: 60 });
  await stage.farm.begin();
  const { pids } = stage.host('local');
  const atOnce = pids.length;
  assert.ok(atOnce >= 4 && atOnce < 60, String(atOnce));
  stage.farm.joined({ sid: 'SLAVE-0', host: 'local', pid: pids[0] as number });
  await turn();
  assert.is(stage.host('local').pids.length, atOnce + 1);
  await stage.farm.end(new Set());
  assert.equal([stage.host('local').pids, stage.clock.pending], [[], 0]);
});

test('a slave that is killed for one of its runs is started again at once, on every machine', async () => {
  const stage = new Stage({ local: 1, machines: [{ ssh: 'h1', slots: 1 }] });
  await stage.farm.begin();
  await turn();
  for (const name of ['local', 'h1']) {
    const host = stage.host(name);
    for (const [code, signal, isKilled, isAtOnce] of [
      [null, 'SIGKILL', true, true],
      [137, null, true, true],
      [1, null, true, false],
      [null, 'SIGKILL', false, false],
    ] as const) {
      const [pid = 0] = host.pids;
      if (isKilled) stage.killed.add(pid);
      host.exit(pid, code, signal);
      assert.is(host.pids.length, isAtOnce ? 1 : 0, `${name}: ${code} ${signal} ${isKilled}`);
      await stage.pass(1_000);
      assert.is(host.pids.length, 1);
    }
  }
  await stage.farm.end(new Set());
});

test('a local slave that drains is told to leave, in each of its sessions, and is not started again', async () => {
  const stage = new Stage({ local: 2 });
  await stage.farm.begin();
  const [first = 0, second] = stage.host('local').pids;
  for (const [host, pid] of [
    ['elsewhere', first],
    ['local', 99],
  ] as const)
    assert.not(stage.farm.drainLocal({ host, pid }));
  assert.ok(stage.farm.drainLocal({ host: 'local', pid: first }));
  stage.farm.joined({ sid: 'SLAVE-1', host: 'local', pid: second as number });
  assert.equal(stage.takeLog(), [`retire ${first} of local when it is idle`]);
  // Its connection was cut, and it is there again
  stage.farm.joined({ sid: 'SLAVE-2', host: 'local', pid: first });
  assert.equal(stage.takeLog(), [`retire ${first} of local when it is idle`]);
  assert.is(stage.states(), 'local ready 1');
  stage.host('local').exit(first, 0);
  await stage.pass(20_000);
  assert.equal([stage.host('local').pids, stage.states()], [[second], 'local ready 1']);
  await stage.farm.end(new Set());
  assert.equal([stage.host('local').pids, stage.clock.pending], [[], 0]);
});

test('a master without machines can still add a local slave', async () => {
  const stage = new Stage();
  await stage.farm.begin();
  assert.equal(stage.farm.machines(), []);
  assert.is(stage.farm.addLocal(), 1);
  await stage.farm.end(new Set());
  assert.equal(stage.host('local').pids, []);
});

test('each machine fills its slots, and one that fails concerns no other', async () => {
  const stage = new Stage({ machines: [{ ssh: 'a' }, { ssh: 'b', slots: 3 }, { ssh: 'c' }] });
  stage.host('b').refusal = 'no route to host; is it on?';
  stage.host('c').isSilent = true;
  await stage.farm.begin();
  await turn();
  assert.is(stage.states(), 'a ready 2, b failing 0, c starting 0');
  assert.equal(stage.told(), [
    'MACHINE "a" -> :starting',
    'MACHINE "b" -> :starting',
    'MACHINE "c" -> :starting',
    'MACHINE "a" IS a linux node 20.11.1 cores 2 memory 8000000000 bytes clock 0 ms ahead',
    'MACHINE "a" -> :ready',
    'MACHINE "a" SLAVE 0 STARTED pid 1',
    'MACHINE "a" SLAVE 1 STARTED pid 2',
    'MACHINE "b" -> :failing again in 1.0 s: no route to host; is it on?',
  ]);
  const unready = { reason: undefined, againInSeconds: undefined, processes: 0 };
  assert.equal(stage.farm.awaited(), [
    { ...unready, name: 'a', state: 'ready', processes: 2 },
    { name: 'b', state: 'failing', reason: 'no route to host; is it on?', againInSeconds: 1, processes: 0 },
    { ...unready, name: 'c', state: 'starting' },
  ]);
  await stage.pass(4_000);
  assert.is(stage.states(), 'a ready 2, b given-up 0, c starting 0');
  assert.is(stage.farm.machines()[1]?.reason, 'no route to host; is it on?');
  assert.is(stage.host('b').opened, 3);
  await stage.pass(116_500);
  assert.is(stage.states(), 'a ready 2, b given-up 0, c failing 0');
  assert.is(stage.farm.machines()[2]?.reason, 'it was not reached within 120 s');
  await stage.farm.end(new Set());
  assert.equal([stage.host('a').pids, stage.clock.pending], [[], 0]);
});

test('a machine that lends slots has as many slaves as it lends now, and more when it lends more', async () => {
  const stage = new Stage({ machines: [{ server: 'h:1' }, { server: 'h:2', slots: 2 }] });
  const [first, second] = [stage.host('h:1'), stage.host('h:2')];
  [first.slots, second.slots] = [0, 1];
  await stage.farm.begin();
  await turn();
  assert.is(stage.states(), 'h:1 ready 0, h:2 ready 1');
  [first.slots, second.slots] = [3, 9];
  first.onSlots();
  second.onSlots();
  assert.is(stage.states(), 'h:1 ready 3, h:2 ready 2');
  assert.equal(
    stage.farm.machines().map(({ slots }) => slots),
    [3, 2],
  );
  await stage.farm.end(new Set());
  first.onSlots();
  assert.equal([first.pids, second.pids], [[], []]);

  const needy = new Stage({ machines: [{ server: 'h:1' }], demand: { least: 0, most: 9 } });
  needy.host('h:1').slots = 1;
  needy.tasks = 5;
  await needy.farm.begin();
  await needy.pass(2_000);
  assert.is(needy.states(), 'h:1 ready 1');
  needy.host('h:1').slots = 4;
  await needy.pass(1_000);
  assert.is(needy.states(), 'h:1 ready 4');
  await needy.farm.end(new Set());
});

test('a machine that is lost has its tasks elsewhere at once, and comes back', async () => {
  const stage = new Stage({ machines: [{ server: 'h:1', name: 'big' }] });
  await stage.farm.begin();
  await turn();
  stage.told();
  const host = stage.host('big');
  host.onLost('the connection ended');
  assert.equal(stage.takeLog(), [
    'gone 1: the way to its machine is closed',
    'gone 2: the way to its machine is closed',
  ]);
  assert.is(stage.states(), 'big failing 0');
  await turn();
  assert.is(host.closed, 1);
  await stage.pass(1_500);
  assert.is(stage.states(), 'big ready 2');
  assert.equal(host.pids, [3, 4]);
  await stage.farm.end(new Set());
});

test('slaves that end before any has joined make their machine fail, later ones are started again', async () => {
  const stage = new Stage({ machines: [{ ssh: 'a', slots: 1, retries: 1 }] });
  await stage.farm.begin();
  await turn();
  const host = stage.host('a');
  for (let count = 0; count < 3; count++) {
    host.exit(host.pids[0] as number, 1);
    await stage.pass(1_000);
  }
  assert.is(stage.states(), 'a given-up 0');
  assert.is(stage.farm.machines()[0]?.reason, 'its slaves end before they join: exited with code 1');

  const other = new Stage({ machines: [{ ssh: 'a', slots: 1 }] });
  await other.farm.begin();
  await turn();
  other.farm.joined({ sid: 'SLAVE-0', host: 'a', pid: 1 });
  for (let count = 0; count < 9; count++) {
    const [pid] = other.host('a').pids;
    if (pid !== undefined) other.host('a').exit(pid, 1);
    await other.pass(16_000);
  }
  assert.is(other.states(), 'a ready 1');
  await stage.farm.end(new Set());
  await other.farm.end(new Set());
});

test('a validation runs on the first slave, which alone is on trial, before the others are started', async () => {
  let verdict: unknown = 'the disk is full';
  const stage = new Stage({
    machines: [{ ssh: 'a', validate: 'checkDisk' }, { ssh: 'b' }],
    verdict: () => verdict,
  });
  await stage.farm.begin();
  await turn();
  assert.is(stage.states(), 'a validating 1, b ready 2');
  const [first] = stage.host('a').pids as [number];
  assert.ok(stage.farm.isOnTrial('a', first));
  assert.not(stage.farm.isOnTrial('b', stage.host('b').pids[0] as number));
  assert.not(stage.farm.isOnTrial('elsewhere', first));
  assert.equal([stage.farm.machineOf('a', first), stage.farm.machineOf('b', first)], ['a', undefined]);
  stage.farm.joined({ sid: 'SLAVE-0', host: 'a', pid: first });
  await turn();
  assert.is(stage.states(), 'a failing 0, b ready 2');
  assert.is(stage.farm.machines()[0]?.reason, 'its validation refused it: the disk is full');
  assert.equal(stage.takeLog(), ['validate a on SLAVE-0', `gone ${first}: the way to its machine is closed`]);
  verdict = true;
  await stage.pass(1_500);
  const [second] = stage.host('a').pids as [number];
  stage.farm.joined({ sid: 'SLAVE-1', host: 'a', pid: second });
  await turn();
  assert.is(stage.states(), 'a ready 2, b ready 2');
  assert.equal(stage.takeLog(), ['validate a on SLAVE-1', `admit ${second}`]);
  assert.not(stage.farm.isOnTrial('a', second));
  await stage.farm.end(new Set());
});

test('a validation on the master starts no slave before it says yes', async () => {
  const stage = new Stage({ machines: [{ ssh: 'a', validate: () => false }], verdict: () => false });
  await stage.farm.begin();
  await turn();
  assert.is(stage.farm.machines()[0]?.reason, 'its validation refused it: it returned false');
  assert.equal(stage.host('a').pids, []);
  await stage.farm.end(new Set());
});

test('a validation may return and throw anything, and its reason is bounded', async () => {
  const nothing = Object.create(null);
  const judges: readonly (readonly [judge: () => unknown, reason: string])[] = [
    [() => '', 'it gave an empty text as its reason'],
    [() => nothing, 'it returned a value that has no text'],
    [() => Promise.reject(nothing), 'a value that has no text'],
    [() => 'x'.repeat(2_000), `${'x'.repeat(1_000)}…`],
  ];
  for (const [verdict, reason] of judges) {
    const stage = new Stage({ machines: [{ ssh: 'a', validate: () => false }], verdict });
    await stage.farm.begin();
    await turn();
    assert.is(stage.farm.machines()[0]?.reason, `its validation refused it: ${reason}`);
    await stage.farm.end(new Set());
  }
});

test('options of unregisterMachine that there are not are refused', async () => {
  const stage = new Stage({ machines: [{ ssh: 'a' }] });
  for (const options of [null, { kil: true }, { kill: 'yes' }]) {
    const refused = await stage.farm.unregisterMachine('a', options as never).catch((error: Error) => error);
    assert.match(String(refused), /^UsageError: .*unregisterMachine/);
  }
  await stage.farm.end(new Set());
});

test('an unregistered machine leaves once its slaves have; its name is free again', async () => {
  const stage = new Stage({ machines: [{ ssh: 'a' }] });
  await stage.farm.begin();
  await turn();
  assert.throws(() => stage.farm.registerMachine({ ssh: 'a' }), /there is a machine "a" already/);
  await stage.farm.unregisterMachine('b', {}).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'there is no machine "b"; there are "a"'),
  );
  let isGone = false;
  const gone = stage.farm.unregisterMachine('a', {}).then(() => {
    isGone = true;
  });
  const host = stage.host('a');
  assert.equal([stage.states(), stage.takeLog()[0]], ['a draining 0', 'retire 1 of a when it is idle']);
  host.exit(1, 0);
  await stage.pass(1_000);
  assert.equal([isGone, host.pids], [false, [2]], 'the other is busy, and is not started again');
  host.exit(2, 0);
  await gone;
  assert.equal([stage.states(), host.closed], ['', 1]);
  assert.is(stage.farm.registerMachine({ ssh: 'a' }), 'a');
  await turn();
  assert.is(stage.states(), 'a ready 2');
  const killed = stage.farm.unregisterMachine('a', { kill: true });
  await killed;
  assert.equal([stage.states(), stage.host('a').pids], ['', []]);
  await stage.farm.end(new Set());
});

test('a machine that is unregistered twice is waited for by both, also while the way to it is being closed', async () => {
  const stage = new Stage({ machines: [{ ssh: 'a' }] });
  await stage.farm.begin();
  await turn();
  let close = (): void => {};
  stage.host('a').closing = new Promise((resolve) => {
    close = resolve;
  });
  const ended: string[] = [];
  const unregister = (who: string) =>
    stage.farm.unregisterMachine('a', { kill: true }).then(() => ended.push(who));
  const first = unregister('first');
  assert.is(stage.states(), 'a gone 0');
  const second = unregister('second');
  await turn();
  assert.equal(ended, []);
  close();
  await stage.pass(1_000);
  assert.equal(ended.sort(), ['first', 'second']);
  await Promise.all([first, second]);
  await stage.farm.end(new Set());
});

test('a machine that was given up is registered again under its name', async () => {
  const stage = new Stage({ machines: [{ ssh: 'a', retries: 1 }] });
  stage.host('a').refusal = 'no route to host';
  await stage.farm.begin();
  await turn();
  assert.is(stage.states(), 'a given-up 0');
  assert.is(stage.farm.registerMachine({ ssh: 'a' }), 'a');
  await turn();
  assert.is(stage.states(), 'a ready 2');
  await stage.farm.end(new Set());
  assert.equal(stage.host('a').pids, []);
});

test('a slave that is added beside a farm of local machines is one of its own', async () => {
  const stage = new Stage({ machines: [{ local: true, slots: 4 }], demand: { least: 1, most: 4 } });
  await stage.farm.begin();
  await stage.pass(500);
  stage.farm.addLocal();
  stage.tasks = 4;
  await stage.pass(2_000);
  const changes = stage.told().filter((line) => line.startsWith('FARM'));
  assert.equal(changes, ['FARM 0 -> 1 slaves: 0 tasks', 'FARM 2 -> 4 slaves: 4 tasks']);
  await stage.farm.end(new Set());
  assert.equal(
    stage.everyHost.flatMap(({ pids }) => pids),
    [],
  );
});

test('follows the demand over its machines, and retires idle slaves for good', async () => {
  const stage = new Stage({
    machines: [{ ssh: 'a' }, { ssh: 'b', slots: 4 }],
    demand: { least: 1, most: 5 },
  });
  await stage.farm.begin();
  await stage.pass(500);
  assert.is(stage.states(), 'a ready 0, b ready 1');
  stage.tasks = 9;
  await stage.pass(2_000);
  assert.is(stage.states(), 'a ready 2, b ready 3');
  stage.tasks = 2;
  for (const pid of stage.host('a').pids) stage.busy.add(pid);
  await stage.pass(20_000);
  assert.is(stage.states(), 'a ready 2, b ready 3');
  await stage.pass(15_000);
  assert.is(stage.states(), 'a ready 2, b ready 0', 'those that are busy stay');
  await stage.pass(60_000);
  assert.is(stage.states(), 'a ready 2, b ready 0');
  stage.busy.clear();
  stage.tasks = 0;
  await stage.pass(35_000);
  assert.match(stage.states(), /^a ready 1, b ready 0$/);
  const changes = stage.told().filter((line) => line.startsWith('FARM'));
  assert.equal(changes, [
    'FARM 0 -> 1 slaves: 0 tasks',
    'FARM 1 -> 5 slaves: 9 tasks',
    'FARM 5 -> 2 slaves: 2 tasks',
    'FARM 2 -> 1 slaves: 0 tasks',
  ]);
  await stage.farm.end(new Set());
  assert.is(stage.clock.pending, 0);
});

test('nothing is started, and nothing is left, once it ends', async () => {
  const stage = new Stage({ machines: [{ ssh: 'a' }, { ssh: 'b' }], local: 1 });
  stage.host('b').isSilent = true;
  await stage.farm.begin();
  await turn();
  const draining = stage.farm.unregisterMachine('a', {});
  stage.farm.beginEnding();
  assert.throws(() => stage.farm.registerMachine({ ssh: 'c' }), /the master is ending/);
  stage.host('local').exit(1, 1);
  await stage.farm.end(new Set());
  await draining;
  await stage.pass(130_000);
  const left = [...stage.hosts.values()].flatMap(({ pids }) => pids);
  assert.equal([left, stage.clock.pending], [[], 0]);
});

test.run();
