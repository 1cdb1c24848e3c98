/** A master's answers about its tasks and slaves: the core is driven into each state, and the sentence is read. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { policyOfBroadcast, resolvePolicy } from '../../../src/algorithms/policy.js';
import { makeQueue } from '../../../src/algorithms/queue.js';
import type { SharedValue } from '../../../src/algorithms/shared.js';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import type { AuditEvent } from '../../../src/audit/events.js';
import { sayWhy } from '../../../src/audit/why/say-why.js';
import { SLAVE_WORDS } from '../../../src/audit/why/slave-words.js';
import type { AwaitedMachine } from '../../../src/audit/why/task-why.js';
import { TASK_WORDS } from '../../../src/audit/why/task-words.js';
import { StoppedError, UnrunnableError } from '../../../src/errors.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { TaskFate } from '../../../src/master/model/task-fate.js';
import { TaskFuture } from '../../../src/master/model/task-future.js';
import { EndedTasks } from '../../../src/master/why/ended-tasks.js';
import { hasMessage } from '../../../src/wire/messages/share-messages.js';
import { share } from '../../../src/wire/shares/share.js';
import { MemoryStore } from '../checkpoint/memory-store.js';
import { createEntry, createTask, WALL_CLOCK_MS } from '../parts.js';
import { CoreStage, definition, type Peer } from './core-stage.js';

const test = suite('master/why');

/** As the bounds of the fate box and of the checkpoint. */
const UNTAKEN_BYTES = 128 * 1024 * 1024;
const WAITING_BYTES = 64 * 1024 * 1024;
/** As the roster's. */
const MOST_ENDED = 10_000;

const tasksSaid = new Set<string>();
const slavesSaid = new Set<string>();

/** The sentence about a task, then its facts; asking twice says the same, since it changes nothing. */
function why(stage: CoreStage, number: number, now = 0): string[] {
  const answer = stage.core.whyTask.answer(number, now);
  assert.equal(stage.core.whyTask.answer(number, now), answer);
  tasksSaid.add(answer.because);
  return sayWhy(answer).split('\n  ');
}

function sentence(stage: CoreStage, number: number, now = 0): string {
  return why(stage, number, now)[0] ?? '';
}

function whySlave(stage: CoreStage, number: number, now = 0): string {
  const answer = stage.core.whySlave.answer(number, now);
  assert.equal(stage.core.whySlave.answer(number, now), answer);
  slavesSaid.add(answer.because);
  return sayWhy(answer);
}

/** Slaves that have read what they were given. */
function staged(slaves: number, tasks: number, ...how: ConstructorParameters<typeof CoreStage>) {
  const stage = new CoreStage(...how);
  const peers = Array.from({ length: slaves }, (_, number) => stage.join(number));
  for (let count = 0; count < tasks; count++) stage.submit();
  stage.core.dispatch(0);
  for (const peer of peers) peer.read();
  return { stage, peers: peers as [Peer, Peer] };
}

function suspect(stage: CoreStage, { nonce }: Peer): void {
  stage.core.takeSentinelEvent({ type: 'suspect', nonce, evidence: 'silent for 5.0 s' }, 0);
}

function lose(stage: CoreStage, { nonce }: Peer, now = 0): void {
  stage.core.takeSentinelEvent({ type: 'lost', nonce, evidence: 'silent for 30.1 s' }, now);
}

function broadcast(stage: CoreStage, policy: TaskPolicy = {}): void {
  stage.core.broadcasts.submit({
    definition,
    args: [1],
    policy: policyOfBroadcast(resolvePolicy(policy)),
    place: undefined,
    lateComers: false,
    listener: { owe() {}, take() {} },
  });
  stage.core.dispatch(0);
}

/** A store with the results of `work(1)` and `work(2)`, in this order. */
function storeOfTwo(): MemoryStore {
  const stored = [1, 2].map((argument) => {
    const body = Buffer.from(`....${JSON.stringify([0, 1, 250, argument])}`);
    body.writeUInt32BE(body.length - 4);
    return { key: `work work [${argument}] 0`, algorithm: 'work work', result: body };
  });
  return new MemoryStore(stored);
}

function submitOf(stage: CoreStage, argument: unknown, sid?: `SLAVE-${number}`): void {
  stage.core.intake.submit(definition, [argument], resolvePolicy({ sid }));
}

test('without slaves, or with those of other groups only', () => {
  const stage = new CoreStage();
  stage.submit();
  const said = [sentence(stage, 0)];
  stage.core.groups.allocate(1, 'ordered');
  const peer = stage.welcome(0);
  said.push(sentence(stage, 0), whySlave(stage, 0));
  peer.beat();
  said.push(sentence(stage, 0), whySlave(stage, 0));
  assert.equal(said, [
    'TASK-0 (work) waits for a slave: there are none; start some with --slave or --slaves N.',
    'TASK-0 (work) waits for a slave: 1 slave is joining.',
    'SLAVE-0 (h:0) was welcomed, and has not answered yet.',
    'TASK-0 (work) waits for a slave that runs tasks without a sid; the slaves here: 1 of the group ordered.',
    "SLAVE-0 (h:0) is ordered, and no task has its sid: the master's tasks are 1 queued for slaves of another group, or at a limit such as that of their queue.",
  ]);
});

test('without slaves: the machines that could have some, those first that need somebody', () => {
  let machines: AwaitedMachine[] = [];
  const stage = new CoreStage({}, { machines: () => machines });
  const add = (name: string, state: AwaitedMachine['state'], more: Partial<AwaitedMachine> = {}): void =>
    void machines.push({ name, state, reason: undefined, againInSeconds: undefined, processes: 0, ...more });
  stage.submit();
  const said: (string | undefined)[] = [];
  const reason = 'its validation refused it: too little memory';
  add('ada@big', 'given-up', { reason });
  said.push(sentence(stage, 0));
  add('local', 'ready', { processes: 2 });
  add('h:1', 'starting', { reason });
  add('h:2', 'failing', { reason: 'no route', againInSeconds: 8 });
  said.push(...why(stage, 0));
  machines = [];
  add('a', 'validating');
  add('b', 'unknown');
  add('c', 'ready');
  said.push(sentence(stage, 0));
  machines = [];
  add('d', 'draining');
  said.push(sentence(stage, 0));
  for (let number = 0; number < 20; number++) add(`${number}`, 'given-up', { reason: 'x'.repeat(9_000) });
  const lines = why(stage, 0);
  assert.equal([lines.length, lines.at(-1), lines.join().length < 9_000], [12, 'and 11 more machines', true]);
  const none = 'TASK-0 (work) waits for a slave: there are none; machine';
  assert.equal(said, [
    `${none} ada@big was given up (${reason}); start some with --slave or --slaves N.`,
    `${none} ada@big was given up (${reason}), machine h:2 fails (no route) and is tried again in 8.0 s, machine h:1 is being reached (it failed before: ${reason}) and 1 more.`,
    `machine ada@big was given up (${reason})`,
    'machine h:2 fails (no route) and is tried again in 8.0 s',
    `machine h:1 is being reached (it failed before: ${reason})`,
    'machine local is ready and 2 slave processes start there',
    `${none} a is being validated, machine b has not begun yet and machine c is ready and has no slave process.`,
    `${none} d is unregistered; start some with --slave or --slaves N.`,
  ]);
});

test('a slave on trial for its machine, which runs nothing of the program', () => {
  const big = { name: 'big', reason: undefined, againInSeconds: undefined, processes: 1 };
  const other = { ...big, name: 'other', state: 'ready' } as const;
  const stage = new CoreStage(
    {},
    {
      isOnTrial: () => true,
      machines: () => [{ ...big, state: 'validating' }, other],
      machineOf: (host, pid) => (`${host} ${pid}` === 'h 0' ? 'big' : undefined),
    },
  );
  stage.join(0);
  stage.submit();
  stage.core.dispatch(0);
  const said = [sentence(stage, 0), whySlave(stage, 0)];
  const slave = stage.core.roster.findByNumber(0) as SlaveRecord;
  stage.core.groups.endTrial(slave);
  said.push(sentence(stage, 0));
  assert.equal(said, [
    'TASK-0 (work) waits for a slave that runs tasks without a sid; the slaves here: 1 on trial for a machine that is not valid yet; machine big is being validated.',
    'SLAVE-0 (h:0) is on trial, and gets tasks once machine big is valid; it runs nothing.',
    'TASK-0 (work) is given out in its turn, with the next dispatch.',
  ]);
});

test('busy slaves, with what and since when', () => {
  const { stage } = staged(2, 7);
  assert.equal(
    [sentence(stage, 0, 2_500), sentence(stage, 3, 2_500), whySlave(stage, 0, 2_500)],
    [
      'TASK-0 (work) runs on SLAVE-0 (h:0), to which it was given 2.5 s ago.',
      'TASK-3 (work) waits at SLAVE-1 (h:1), to which it was given 2.5 s ago, after 1 other task: the slave runs TASK-1 (work, given 2.5 s ago).',
      'SLAVE-0 (h:0) is busy: it runs TASK-0 (work, given 2.5 s ago), and 1 more task waits there.',
    ],
  );
  assert.equal(why(stage, 6, 2_500), [
    'TASK-6 (work) waits for a free slave: SLAVE-0 runs TASK-0 (work, given 2.5 s ago) and SLAVE-1 runs TASK-1 (work, given 2.5 s ago).',
    'SLAVE-0 has enough: runs TASK-0 (work, given 2.5 s ago), 1 more wait there',
    'SLAVE-1 has enough: runs TASK-1 (work, given 2.5 s ago), 1 more wait there',
  ]);
  const free = new CoreStage();
  free.join(0);
  free.submit();
  assert.equal(
    [sentence(free, 0), whySlave(free, 0)],
    [
      'TASK-0 (work) is given out in its turn, with the next dispatch.',
      'SLAVE-0 (h:0) gets tasks with the next dispatch.',
    ],
  );
});

test('slaves that rest, since a few keep up with tasks that are so quick', () => {
  let busyMs = 0;
  const { stage, peers } = staged(9, 9, {}, { busyMs: () => (busyMs += 60) });
  for (const [number, peer] of peers.entries()) peer.deliver(peer.write(number, 1, false, 1), 60);
  for (let count = 0; count < 18; count++) stage.submit();
  stage.core.dispatch(120);
  for (const peer of peers)
    for (const number of peer.read()) peer.deliver(peer.write(number, 1, false, 1), 130);
  for (let count = 0; count < 40; count++) stage.submit();
  stage.core.dispatch(180);
  const [busy, resting] = peers.reduce<[number[], number[]]>(
    (all, { record }) => {
      all[record.outstanding > 0 ? 0 : 1].push(record.number);
      return all;
    },
    [[], []],
  );
  assert.equal([busy.length, resting.length], [5, 4]);
  const { queued } = stage.core;
  assert.ok(queued > 0);
  const [first] = resting as [number];
  assert.is(
    whySlave(stage, first, 180),
    `SLAVE-${first} (h:${first}) rests: 5 slaves run tasks that are so quick as fast as the master gives them out (${queued} tasks are queued).`,
  );
  const last = 66;
  assert.match(sentence(stage, last, 180), /^TASK-66 \(work\) waits for a free slave: SLAVE-\d runs TASK/);
  assert.ok(
    why(stage, last, 180).includes(
      `SLAVE-${first} rests while others keep up with such quick tasks: runs nothing`,
    ),
    why(stage, last, 180).join('\n'),
  );
});

test('slaves that are suspected, leave, move or drain', () => {
  const silent = staged(1, 3);
  suspect(silent.stage, silent.peers[0]);
  const leaving = staged(1, 3);
  leaving.peers[0].bye({ sent: 99 });
  const moving = staged(1, 3);
  moving.stage.core.groups.allocate(1, 'ordered');
  const draining = staged(1, 3);
  draining.stage.core.groups.retire(draining.peers[0].record);
  assert.equal(
    [silent, leaving, moving, draining].map(({ stage }) => [
      sentence(stage, 0, 1_000),
      sentence(stage, 2, 1_000),
      whySlave(stage, 0, 1_000),
    ]),
    [
      [
        'TASK-0 (work) was given to SLAVE-0 (h:0) 1.0 s ago, and that slave is suspected (silent for 5.0 s): the task goes on if the slave is heard again, and is taken back if it is lost.',
        'TASK-2 (work) waits for a free slave: SLAVE-0 is suspected (silent for 5.0 s) and runs TASK-0 (work, given 1.0 s ago); a suspected slave gets nothing until it is heard again, or is lost.',
        'SLAVE-0 (h:0) is suspected (silent for 5.0 s): it gets no task until it is heard again, or is lost; it runs TASK-0 (work, given 1.0 s ago), and 1 more task waits there.',
      ],
      [
        'TASK-0 (work) runs on SLAVE-0 (h:0), to which it was given 1.0 s ago.',
        'TASK-2 (work) waits for a free slave: SLAVE-0 leaves and runs TASK-0 (work, given 1.0 s ago).',
        'SLAVE-0 (h:0) has said goodbye, and its last results are on their way; it runs TASK-0 (work, given 1.0 s ago), and 1 more task waits there.',
      ],
      [
        'TASK-0 (work) runs on SLAVE-0 (h:0), to which it was given 1.0 s ago.',
        'TASK-2 (work) waits for a slave that runs tasks without a sid; the slaves here: 1 on the way to another group.',
        'SLAVE-0 (h:0) moves to the group ordered as soon as it runs nothing; it runs TASK-0 (work, given 1.0 s ago), and 1 more task waits there.',
      ],
      [
        'TASK-0 (work) runs on SLAVE-0 (h:0), to which it was given 1.0 s ago.',
        'TASK-2 (work) waits for a slave that runs tasks without a sid; the slaves here: 1 that will leave.',
        'SLAVE-0 (h:0) gets no new task, and leaves as soon as it has run what it has begun; it runs TASK-0 (work, given 1.0 s ago), and 1 more task waits there.',
      ],
    ],
  );
});

test('sessions that take nothing now', () => {
  const stage = new CoreStage({ maxMessageBytes: 2 * 1024 * 1024 });
  stage.join(0);
  for (let count = 0; count < 3; count++) submitOf(stage, 'x'.repeat(800_000));
  stage.core.dispatch(0);
  const said = [sentence(stage, 1, 1_000), sentence(stage, 2, 1_000), whySlave(stage, 0, 1_000)];
  const cut = new CoreStage();
  cut.join(0);
  cut.isOpen = false;
  cut.submit();
  cut.core.dispatch(0);
  said.push(sentence(cut, 0, 1_000));
  assert.equal(said, [
    'TASK-1 (work) waits for a free slave: SLAVE-0 has not taken what was sent before and runs TASK-0 (work, given 1.0 s ago).',
    'TASK-2 (work) waits for a free slave: SLAVE-0 has not taken what was sent before and runs TASK-0 (work, given 1.0 s ago).',
    'SLAVE-0 (h:0) gets no task, since its session takes nothing now (800286 bytes wait, 248290 more are granted); it runs TASK-0 (work, given 1.0 s ago).',
    'TASK-0 (work) was given to SLAVE-0 (h:0) 1.0 s ago, and has not left the master: the link takes nothing now.',
  ]);
});

test('a run that failed, the wait for the next, its result, and what is left of it', () => {
  const said: unknown[] = [];
  const note = (now: number): void => void said.push(why(stage, 0, now));
  const emit = ({ type }: AuditEvent): void => {
    if (type === 'task-retried') note(1_000);
  };
  const stage: CoreStage = new CoreStage({ audit: { emit } }, { wallClock: () => WALL_CLOCK_MS });
  const peer = stage.join(0);
  stage.submit({ retryErrors: true, backoffSeconds: 10 });
  stage.core.dispatch(0);
  peer.read();
  peer.deliver(peer.write(0, 1, true), 1_000);
  stage.core.dispatch(1_000);
  note(3_000);
  said.push(whySlave(stage, 0));
  stage.core.dispatch(11_000);
  note(12_000);
  peer.read();
  peer.deliver(peer.write(0, 2), 13_000);
  note(13_000);
  said.push(whySlave(stage, 0));
  stage.results();
  note(13_000);
  said.push(sentence(stage, 1));
  assert.equal(said, [
    [
      'TASK-0 (work) has ended a run, and its next step is being decided.',
      'run 1 on SLAVE-0 (1 ms): it threw RangeError: no, noticed at 2023-11-14T22:13:20.000Z',
    ],
    [
      'TASK-0 (work) is run again in 8.0 s: 1 run has failed, and its policy asks for a wait.',
      'run 1 on SLAVE-0 (1 ms): it threw RangeError: no, noticed at 2023-11-14T22:13:20.000Z',
    ],
    "SLAVE-0 (h:0) has nothing to do: the master's tasks are 1 until their backoff is over.",
    [
      'TASK-0 (work) runs on SLAVE-0 (h:0), to which it was given 1.0 s ago as run 2; its algorithm takes 1 ms on average.',
      'run 1 on SLAVE-0 (1 ms): it threw RangeError: no, noticed at 2023-11-14T22:13:20.000Z',
    ],
    [
      'TASK-0 (work) has its result, which the program has not taken.',
      'run 1 on SLAVE-0 (1 ms): it threw RangeError: no, noticed at 2023-11-14T22:13:20.000Z',
      'run 2 on SLAVE-0 (1 ms): it returned',
    ],
    'SLAVE-0 (h:0) has nothing to do: the master has no task.',
    [
      'TASK-0 has had its fate, and the program took it: a master remembers a fate until then, or with --dashboard the last 10,000; the audit trail knows more (--audit-report FILE --why TASK-n), and each run if it was written with --audit-runs.',
    ],
    'TASK-1 was never submitted: the next task is TASK-1.',
  ]);
});

test('tasks whose fates were taken, while somebody looks: the last 10,000, and their runs', () => {
  const stage = new CoreStage({}, { wallClock: () => WALL_CLOCK_MS });
  stage.core.keepEnded();
  const peer = stage.join(0);
  const run = (number: number, attempt: number, isError = false): void => {
    stage.core.dispatch(0);
    peer.read();
    peer.deliver(peer.write(number, attempt, isError), 1_000);
  };
  stage.submit({ retryErrors: true, maxAttempts: 2 });
  run(0, 1, true);
  run(0, 2, true);
  stage.submit();
  run(1, 1);
  stage.submit();
  stage.core.cancel(2, 1_000);
  const untaken = sentence(stage, 0);
  stage.results();
  stage.unrunnable();
  assert.equal(
    [untaken, ...[0, 1, 2].map((number) => why(stage, number))],
    [
      'TASK-0 (work) has failed (RangeError: no), which the program has not taken.',
      [
        'TASK-0 (work) has failed (RangeError: no); the program has taken its fate.',
        'run 1 on SLAVE-0 (1 ms): it threw RangeError: no, noticed at 2023-11-14T22:13:20.000Z',
        'run 2 on SLAVE-0 (1 ms): it threw RangeError: no, noticed at 2023-11-14T22:13:20.000Z',
      ],
      [
        'TASK-1 (work) has its result; the program has taken its fate.',
        'run 1 on SLAVE-0 (1 ms): it returned, noticed at 2023-11-14T22:13:20.000Z',
      ],
      [
        'TASK-2 (work) is unrunnable, for cancelled (UnrunnableError: TASK-2 was cancelled by the program); the program has taken its fate.',
      ],
    ],
  );
  const found = stage.core.findTasks({ state: 'ended', text: 'WORK' });
  assert.equal(
    found.tasks.map(({ taskId, state, sid, attempt }) => [taskId, state, sid, attempt]),
    [
      ['TASK-2', 'unrunnable', undefined, 0],
      ['TASK-1', 'ok', 'SLAVE-0', 1],
      ['TASK-0', 'error', 'SLAVE-0', 2],
    ],
  );
  assert.equal(stage.core.findTasks({ state: 'ended', text: 'unrun' }).tasks.length, 1);
});

test('what is kept of ended tasks is bounded', () => {
  const ended = new EndedTasks(() => WALL_CLOCK_MS);
  const number = 11_000;
  const entry = createEntry();
  for (let at = 0; at < number; at++) {
    const task = createTask(at, entry);
    const error = new UnrunnableError(task.identity, 'cancelled', 'x'.repeat(2_000), []);
    ended.ended(task, at % 2 === 0 ? TaskFate.ok(task, 1, 1, 0.5, 8) : TaskFate.unrunnable(task, 1, error));
  }
  const stories = [999, 1_000, 1_001, number - 2_001, number - 1_999].map((at) => ended.find(at)?.facts);
  assert.equal(
    stories.map((facts) => facts && `${facts.status} ${facts.error?.length}`),
    [undefined, 'ok undefined', 'unrunnable undefined', 'unrunnable undefined', 'unrunnable 1000'],
  );
  const { tasks, more } = ended.search('');
  assert.equal([tasks.length, more, tasks[0]?.taskId], [100, 9_900, 'TASK-10999']);
});

test('a task that may have ended a slave', () => {
  const { stage, peers } = staged(2, 2);
  lose(stage, peers[0], 1_000);
  stage.core.dispatch(1_000);
  const said: unknown[] = [why(stage, 0, 2_000), whySlave(stage, 0), whySlave(stage, 1, 2_000)];
  peers[1].deliver(peers[1].write(1), 2_000);
  stage.submit();
  stage.core.dispatch(2_000);
  said.push(sentence(stage, 0, 2_000), sentence(stage, 2, 2_000), whySlave(stage, 1, 2_000));
  assert.equal(said, [
    [
      'TASK-0 (work) may have ended a slave, so it runs alone, and waits for a slave that runs nothing: SLAVE-1 runs TASK-1 (work, given 2.0 s ago); SLAVE-1 gets nothing more until it is free.',
      'run 1 on SLAVE-0: silent for 30.1 s',
      'SLAVE-1 has enough: runs TASK-1 (work, given 2.0 s ago)',
    ],
    'SLAVE-0 was declared dead: silent for 30.1 s.',
    'SLAVE-1 (h:1) is kept free for a task that must run alone; it runs TASK-1 (work, given 2.0 s ago).',
    'TASK-0 (work) runs on SLAVE-1 (h:1), to which it was given 0.0 s ago as run 2; its algorithm takes 1 ms on average.',
    'TASK-2 (work) waits for a free slave: SLAVE-1 runs TASK-0 (work, given 0.0 s ago), which must run alone.',
    'SLAVE-1 (h:1) runs a task that must run alone, and gets no other: it runs TASK-0 (work, given 0.0 s ago).',
  ]);
});

test('values of futures, and fates that nobody takes', () => {
  const { stage } = staged(1, 0);
  const futures = [0, 1, 2].map(() => new TaskFuture(() => false)) as [TaskFuture, TaskFuture, TaskFuture];
  const one = stage.core.intake.submit(definition, [1], resolvePolicy({}), futures[0]);
  const values = [futures[0].of(one), futures[1].of('TASK-77'), futures[2].of('TASK-78')];
  futures[1].resolve(1);
  submitOf(stage, values);
  stage.core.dispatch(0);
  const said = [sentence(stage, 1)];
  const entry = stage.core.entryOf(definition);
  stage.core.fates.put(TaskFate.ok(createTask(50, entry), 0, 1, 0.5, UNTAKEN_BYTES));
  stage.submit();
  stage.core.dispatch(0);
  said.push(sentence(stage, 2), ...why(stage, 50));
  assert.equal(said, [
    'TASK-1 (work) waits for the values of TASK-0 (running) and TASK-78 (of another master).',
    'TASK-2 (work) waits until the program takes results: those of work that it has not taken are 1 (128.0 MB); from 200000, or 128.0 MB with those to come, its tasks wait until half are taken.',
    'TASK-50 (work) has its result, which the program has not taken.',
    'run 1 on SLAVE-0 (0.5 s): it returned',
  ]);
});

test('queues: a limit, a rate, a share', () => {
  const { stage } = staged(3, 0);
  const [limited, slow, heavy] = [
    makeQueue('why-limited', { limit: 1 }),
    makeQueue('why-slow', { perSecond: 1 }),
    makeQueue('why-heavy', { weight: 2 }),
  ];
  for (const queue of [limited, limited, slow, slow]) stage.submit({ queue });
  stage.core.dispatch(0);
  const idle = whySlave(stage, 2);
  for (let count = 0; count < 8; count++) stage.submit(count < 5 ? { queue: heavy } : {});
  stage.core.dispatch(0);
  assert.equal([1, 3, 8].map((number) => sentence(stage, number, 250)).concat(idle), [
    'TASK-1 (work) waits in the queue "why-limited": its limit is 1, and it has 1 task at slaves.',
    'TASK-3 (work) waits in the queue "why-slow": its rate is 1 per second, and the next task may begin in 0.8 s.',
    'TASK-8 (work) waits in the queue "why-heavy", of weight 2, for a slave: SLAVE-0 runs TASK-0 (work, given 0.3 s ago), SLAVE-1 runs TASK-2 (work, given 0.3 s ago) and SLAVE-2 runs TASK-9 (work, given 0.3 s ago).',
    "SLAVE-2 (h:2) has nothing to do: the master's tasks are 2 at slaves and 2 queued for slaves of another group, or at a limit such as that of their queue.",
  ]);
});

test('shared values that its slave does not have yet', () => {
  const { stage, peers } = staged(1, 0);
  using table = share(new Uint8Array(1_000));
  stage.core.intake.submit(definition, [table], resolvePolicy({}));
  stage.core.dispatch(0);
  peers[0].read();
  assert.match(
    sentence(stage, 0),
    /^TASK-0 \(work\) waits until SLAVE-0 has the shared value that it needs, 1\d\d\d bytes\.$/,
  );
  assert.is(whySlave(stage, 0), 'SLAVE-0 (h:0) fetches the shared values that a task needs.');
});

test('tasks behind one that needs a shared value which only one slave has', () => {
  const { stage, peers } = staged(2, 0);
  const values = ['a', 'b', 'c'].map((value) => share(value));
  const [, b, c] = values as unknown as SharedValue[];
  for (const argument of [...values, 1]) stage.core.intake.submit(definition, [argument], resolvePolicy({}));
  stage.core.dispatch(0);
  const said = [2, 3].map((number) => sentence(stage, number));
  const [, holder] = peers;
  holder.session.post(hasMessage([b?.key ?? '', c?.key ?? ''], []));
  holder.session.flush((frame) => {
    holder.deliver(Buffer.from(frame));
    return true;
  }, 0);
  stage.core.dispatch(0);
  const slaves = 'SLAVE-0 fetches shared values and SLAVE-1 fetches shared values.';
  assert.equal(said.concat([1, 2, 3].map((number) => sentence(stage, number, 250))), [
    `TASK-2 (work) waits for a free slave: ${slaves}`,
    `TASK-3 (work) waits for a free slave: ${slaves}`,
    'TASK-1 (work) runs on SLAVE-1 (h:1), to which it was given 0.3 s ago.',
    'TASK-2 (work) waits at SLAVE-1 (h:1), to which it was given 0.3 s ago, after 1 other task: the slave runs TASK-1 (work, given 0.3 s ago).',
    'TASK-3 (work) runs on SLAVE-0 (h:0), to which it was given 0.3 s ago.',
  ]);
});

test('broadcasts, and ordered tasks', () => {
  const { stage } = staged(1, 3);
  broadcast(stage);
  const said = [sentence(stage, 2, 250), sentence(stage, 3, 250), whySlave(stage, 0, 250)];
  const other = new CoreStage();
  other.core.groups.allocate(1, 'intermingle');
  other.join(0);
  other.submit();
  for (let count = 0; count < 3; count++) other.submit({ sid: 'SLAVE-0' });
  other.core.dispatch(0);
  said.push(sentence(other, 3, 250), sentence(other, 0, 250), whySlave(other, 0, 250));
  const failing = staged(1, 0);
  broadcast(failing.stage, { retryErrors: true, backoffSeconds: 4 });
  failing.peers[0].read();
  failing.peers[0].deliver(failing.peers[0].write(0, 1, true), 1_000);
  failing.stage.submit();
  failing.stage.core.dispatch(1_000);
  said.push(
    sentence(failing.stage, 0, 2_000),
    sentence(failing.stage, 1, 2_000),
    whySlave(failing.stage, 0, 2_000),
  );
  assert.equal(said, [
    'TASK-2 (work) waits until each slave that could run it has run a broadcast (TASK-3, work).',
    'TASK-3 (work) waits for SLAVE-0, the only slave that may run it: SLAVE-0 was asked to give tasks back and runs TASK-0 (work, given 0.3 s ago).',
    'SLAVE-0 (h:0) was asked for tasks that it has not begun, and gets none until it answers; it runs TASK-0 (work, given 0.3 s ago), and 1 more task waits there; 1 task waits for it alone.',
    'TASK-3 (work) waits for SLAVE-0, the only slave that may run it: SLAVE-0 runs TASK-1 (work, given 0.3 s ago).',
    'TASK-0 (work) waits for a free slave: SLAVE-0 runs TASK-1 (work, given 0.3 s ago).',
    'SLAVE-0 (h:0) is busy: it runs TASK-1 (work, given 0.3 s ago), and 1 more task waits there; 1 task waits for it alone.',
    'TASK-0 (work) is run again in 3.0 s: 1 run has failed, and its policy asks for a wait.',
    'TASK-1 (work) waits until each slave that could run it has run a broadcast (TASK-0, work).',
    'SLAVE-0 (h:0) gets nothing before its next run of a broadcast (TASK-0, work), which waits for 3.0 s after one that failed.',
  ]);
});

test('the checkpoint: its order, its disk, its room', () => {
  const stage = new CoreStage({ store: storeOfTwo(), maxMessageBytes: 2 * WAITING_BYTES });
  submitOf(stage, 2);
  submitOf(stage, 'x', 'SLAVE-9');
  const said = [sentence(stage, 0), sentence(stage, 1)];
  submitOf(stage, 'x'.repeat(WAITING_BYTES), 'SLAVE-9');
  submitOf(stage, 3);
  stage.join(0);
  stage.core.dispatch(0);
  said.push(sentence(stage, 3), whySlave(stage, 0));
  const fresh = staged(1, 1, { store: new MemoryStore() });
  fresh.peers[0].deliver(fresh.peers[0].write(0));
  said.push(sentence(fresh.stage, 0));
  assert.equal(said, [
    'TASK-0 (work) has a stored result, which comes in the order in which results were stored (in line: 1).',
    'TASK-1 (work) is unrunnable, for unknown-sid (UnrunnableError: no ordered slave has the sid SLAVE-9), which comes after the stored results of earlier runs (in line: 1).',
    'TASK-3 (work) waits for the checkpoint: 2 results wait for its disk or their turn (64.0 MB); from 100000, or 64.0 MB, no task is given out.',
    "SLAVE-0 (h:0) gets no task, since the checkpoint takes no more results now: the master's tasks are 1 for their turn, with stored results and 1 queued for slaves of another group, or at a limit such as that of their queue.",
    "TASK-0 (work) has its result, and waits until that is on the checkpoint's disk.",
  ]);
});

test('a result on its way, a busy master, and the end', () => {
  const { stage, peers } = staged(1, 2);
  peers[0].beat({ begun: 1 });
  peers[0].beat({ begun: 1, running: -1 });
  const said = [sentence(stage, 0, 1_000)];
  stage.core.tick(0);
  said.push(sentence(stage, 0, 5_000));
  stage.core.end(new StoppedError('stopped by SIGTERM', { pending: 1, untaken: 0 }));
  said.push(sentence(stage, 1, 5_000), whySlave(stage, 0));
  stage.core.slaves.beginShutdown();
  said.push(whySlave(stage, 0));
  assert.equal(said, [
    'TASK-0 (work) has ended on SLAVE-0 (h:0), to which it was given 1.0 s ago, and its result is on its way.',
    "TASK-0 (work) is running, and the master's event loop has not turned for 5.0 s: until it does, no task goes out and no result is read.",
    'TASK-1 (work) stays running, since its master has ended: StoppedError: stopped by SIGTERM.',
    'SLAVE-0 (h:0) gets no task, since the master has ended: StoppedError: stopped by SIGTERM.',
    'SLAVE-0 (h:0) was told to stop.',
  ]);
});

test('runs that were cancelled or killed', () => {
  const { stage, peers } = staged(1, 3);
  stage.core.cancel(0, 0);
  peers[0].acknowledge(stage.commandIds.at(-1) as number, { found: 'running' });
  const said = [whySlave(stage, 0, 1_000), sentence(stage, 2, 1_000), ...why(stage, 0)];
  const other = staged(1, 2);
  other.stage.core.cancel(0, 0, true);
  said.push(whySlave(other.stage, 0, 1_000), ...why(other.stage, 0));
  assert.equal(said, [
    'SLAVE-0 (h:0) has no free place: cancelled runs go on there (TASK-0); it runs nothing, and 1 more task waits there.',
    'TASK-2 (work) waits for a free slave: SLAVE-0 has cancelled runs that go on.',
    'TASK-0 (work) is unrunnable, for cancelled (UnrunnableError: TASK-0 was cancelled by the program), which the program has not taken.',
    'SLAVE-0 (h:0) may be ended for TASK-0, which was killed: it gets no new task; it runs nothing, and 1 more task waits there.',
    'TASK-0 (work) is unrunnable, for killed (TaskKilledError: TASK-0 of the category "default" was killed by the program), which the program has not taken.',
    'run 1 on SLAVE-0: it was killed',
  ]);
});

test('slaves that are not there', () => {
  const { stage, peers } = staged(1, 0);
  const said = [whySlave(stage, 0), whySlave(stage, 7)];
  peers[0].bye();
  said.push(whySlave(stage, 0));
  const again = stage.hello(1, { previous: 0, previousNonce: peers[0].nonce, begun: 0 });
  assert.ok(again);
  said.push(whySlave(stage, 0));
  const { roster } = stage.core;
  const gone = stage.join(2).record;
  for (let count = 0; count < MOST_ENDED; count++) {
    const { address } = gone;
    const other = { nonce: `n${count}`, number: 100 + count, address, history: [], concurrency: 1 };
    roster.remove(other as unknown as SlaveRecord, { how: 'left', evidence: 'test' });
  }
  said.push(whySlave(stage, 0));
  assert.equal(said, [
    'SLAVE-0 (h:0) has nothing to do: the master has no task.',
    'SLAVE-7 has never joined: the next slave is SLAVE-1.',
    'SLAVE-0 has left: it said goodbye.',
    'SLAVE-0 has left: it said goodbye; it is here again as SLAVE-1.',
    'SLAVE-0 has gone, and a master remembers why for the last 10,000 slaves; the audit trail knows more (--audit-report FILE --why SLAVE-n).',
  ]);
});

test('every reason that a master gives was read, and only trails have others', () => {
  const missing = (words: object, said: Set<string>): string[] =>
    Object.keys(words).filter((because) => !said.has(because));
  assert.equal(missing(TASK_WORDS, tasksSaid), ['settled', 'trail-ends']);
  assert.equal(missing(SLAVE_WORDS, slavesSaid), ['trail-ends']);
});

test.run();
