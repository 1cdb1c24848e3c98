/** The commands to the slave of a killed run, when that is over, and who pays for a process that ends with it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeQueue } from '../../../src/algorithms/queue.js';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import type { Command, Hello } from '../../../src/wire/messages/messages.js';
import { CoreStage, type Peer } from './core-stage.js';

const test = suite('master/kills');

interface Sent {
  readonly id: number;
  readonly body: Command;
}

/** A slave that has one task of each policy; the first one is of the category that will be killed. */
function occupied(
  policies: readonly TaskPolicy[],
  hello: Partial<Hello> = {},
  taskGroup = 1,
): { stage: CoreStage; peer: Peer; sent: Sent[] } {
  const sent: Sent[] = [];
  const ports = { command: (_slave: unknown, id: number, body: Command) => void sent.push({ id, body }) };
  const stage = new CoreStage({ taskGroup }, ports);
  const peer = stage.join(0, hello);
  for (const [at, policy] of policies.entries()) {
    stage.submit(at === 0 ? { category: 'killed', ...policy } : policy);
  }
  stage.core.dispatch(0);
  assert.is(peer.read().length, policies.length);
  stage.heard();
  return { stage, peer, sent };
}

function lose(stage: CoreStage, { nonce }: Peer): string[] {
  stage.core.takeSentinelEvent({ type: 'lost', nonce, evidence: 'gone' }, 0);
  return stage.heard('slave-lost');
}

/** The tasks that another slave gets next, and how often they were charged. */
function charges(stage: CoreStage): unknown[] {
  const peer = stage.join(100);
  stage.core.dispatch(0);
  return [
    peer.read(),
    peer.record.openTasks().map(({ runs, failures, suspect }) => [runs, failures, suspect]),
  ];
}

const UNCHARGED = [
  [1, 2],
  [
    [0, 0, false],
    [0, 0, false],
  ],
];

test('it asks back what has not begun, then has the run ended in its time', () => {
  const { stage, peer, sent } = occupied([{ killGraceSeconds: 1.5 }, {}]);
  assert.is(stage.core.cancels.killTasks('killed'), 1);
  assert.equal(
    sent.map(({ body }) => body),
    [
      { command: 'recall', from: 1, to: 2 },
      { command: 'cancel', index: 0, kill: { task: 0, afterMs: 1_500 } },
    ],
  );
  assert.equal([stage.unrunnable(), peer.record.mayEnd], [['TASK-0 killed'], true]);
});

const ENDS: readonly (readonly [how: string, end: (peer: Peer, id: number) => void])[] = [
  ['the task had not begun', (peer, id) => peer.acknowledge(id, { found: 'waiting' })],
  ['the run had ended', (peer, id) => peer.acknowledge(id, { found: 'gone' })],
  ['its result comes, and is dropped', (peer) => peer.deliver(peer.write(0))],
  [
    'the slave runs nothing, and has begun it',
    (peer) => {
      peer.beat({ running: 0, begun: 1 });
      peer.beat({ running: -1, begun: 1 });
    },
  ],
  ['the slave runs a later task', (peer) => peer.beat({ running: 1 })],
];
for (const [how, end] of ENDS) {
  test(`a slave gets nothing new while a run may be killed there, and something when ${how}`, () => {
    const { stage, peer, sent } = occupied([{}], { concurrency: 2 });
    stage.core.cancels.killTasks('killed');
    stage.submit();
    stage.core.dispatch(0);
    assert.equal([peer.read(), stage.core.queued], [[], 1]);
    end(peer, sent.at(-1)?.id as number);
    stage.core.dispatch(0);
    assert.equal([peer.read(), peer.record.mayEnd, stage.unrunnable()], [[1], false, ['TASK-0 killed']]);
  });
}

test('a beat that knows nothing of a killed run yet does not end it, nor free its place in its queue', () => {
  const queue = makeQueue('killed', { limit: 1 });
  const { stage, peer, sent } = occupied([{ queue }], { concurrency: 2 });
  const other = stage.join(1);
  stage.core.cancels.killTasks('killed');
  for (const policy of [{ queue }, {}]) stage.submit(policy);
  // The task is on its way; of the run that begins between the two readings of a beat, only its begin is seen
  for (const begun of [0, 1]) {
    peer.beat({ running: -1, begun });
    stage.core.dispatch(0);
    assert.equal([peer.record.killed?.number, peer.read()], [0, []]);
  }
  assert.equal(other.read(), [2], 'the limit is reached');
  peer.acknowledge(sent.at(-1)?.id as number, { found: 'running' });
  assert.equal([peer.record.lingering.length, ...other.read()], [1]);
  peer.beat({ running: -1, begun: 1 });
  stage.core.dispatch(0);
  assert.equal([peer.record.mayEnd, peer.read()], [false, [1]]);
});

test('a killed run that goes on takes a place until it has ended', () => {
  const { stage, peer, sent } = occupied([{}]);
  stage.core.cancels.killTasks('killed');
  peer.acknowledge(sent.at(-1)?.id as number, { found: 'running' });
  stage.submit();
  peer.beat({ running: 0 });
  stage.core.dispatch(0);
  assert.equal([peer.read(), peer.record.lingering.length], [[], 1]);
});

test('a process that ends for a killed run costs its neighbours nothing, and its end says why', () => {
  const { stage, peer } = occupied([{}, { maxAttempts: 1 }, { maxAttempts: 1 }], { concurrency: 2 });
  stage.core.cancels.killTasks('killed');
  stage.core.takeSentinelEvent({ type: 'overdue', nonce: peer.nonce, index: 0 }, 0);
  assert.equal(lose(stage, peer), ['slave-lost SLAVE-0 gone, because TASK-0 was killed']);
  assert.equal(stage.unrunnable(), ['TASK-0 killed']);
  assert.equal(charges(stage), UNCHARGED);
});

test('nor does a process that ends before it could tell', () => {
  const { stage, peer } = occupied([{}, { maxAttempts: 1 }, {}], { concurrency: 3 });
  stage.core.cancels.killTasks('killed');
  assert.equal(lose(stage, peer), ['slave-lost SLAVE-0 gone, while TASK-0 was being killed']);
  assert.equal(charges(stage), UNCHARGED);
});

test('a neighbour that must not run twice is unrunnable, and one that has not begun is not', () => {
  const { stage, peer } = occupied([{}, { retry: false }], { concurrency: 2 });
  stage.core.cancels.killTasks('killed');
  lose(stage, peer);
  assert.equal(stage.unrunnable(), ['TASK-0 killed', 'TASK-1 slave-lost']);
  const { stage: other, peer: single } = occupied([{}, { retry: false }]);
  other.core.cancels.killTasks('killed');
  other.core.takeSentinelEvent({ type: 'overdue', nonce: single.nonce, index: 0 }, 0);
  lose(other, single);
  assert.equal([other.unrunnable(), other.core.queued], [['TASK-0 killed'], 1]);
});

test('a slave that leaves by itself while a run is killed has another reason, and what it ran is charged', () => {
  const { stage, peer } = occupied([{}, { maxAttempts: 1 }], { concurrency: 2 });
  stage.core.cancels.killTasks('killed');
  peer.bye({ running: [0, 1], begun: 2, error: 'out of memory' });
  assert.equal(stage.heard('slave-lost'), ['slave-lost SLAVE-0 out of memory']);
  assert.equal(stage.unrunnable(), ['TASK-0 killed', 'TASK-1 max-attempts']);
});

test('a loss after a kill that is over is as any other', () => {
  const { stage, peer, sent } = occupied([{}, { maxAttempts: 1 }], { concurrency: 2 });
  stage.core.cancels.killTasks('killed');
  peer.acknowledge(sent.at(-1)?.id as number, { found: 'gone' });
  assert.equal(lose(stage, peer), ['slave-lost SLAVE-0 gone']);
  assert.equal(stage.unrunnable(), ['TASK-0 killed', 'TASK-1 max-attempts']);
});

test('a slave that comes back with a killed run is told to end it, and one with a cancelled run only to stop', () => {
  const { stage, peer, sent } = occupied([{ killGraceSeconds: 2 }, {}], { concurrency: 2 });
  stage.core.cancels.killTasks('killed');
  stage.core.cancel(1, 0);
  lose(stage, peer);
  sent.length = 0;
  stage.hello(7, {
    previous: 0,
    previousNonce: peer.nonce,
    begun: 2,
    concurrency: 2,
    runs: [
      [0, 1, 1],
      [0, 0, 1],
    ],
  });
  assert.equal(
    sent.map(({ body }) => body),
    [
      { command: 'cancel', index: 0 },
      { command: 'cancel', index: 1, kill: { task: 0, afterMs: 2_000 } },
    ],
  );
  const [back] = [...stage.core.roster];
  assert.equal(back?.killed, { number: 0, index: 1, killAfterMs: 2_000 });
});

test.run();
