/** The way of a submitted task: into the jar or a mailbox, or to a fate at once; and how it is taken back. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolvePolicy } from '../../../src/algorithms/policy.js';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import type { Checkpoint } from '../../../src/master/checkpoint/checkpoint.js';
import { Intake } from '../../../src/master/core/intake.js';
import { AbortWatch } from '../../../src/master/jar/abort-watch.js';
import { TaskMaker } from '../../../src/master/jar/task-maker.js';
import type { MasterPorts } from '../../../src/master/model/master-ports.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
import { Roster } from '../../../src/master/slaves/roster.js';
import { SlaveCommands } from '../../../src/master/slaves/slave-commands.js';
import { createEntry, makeKind, Parts } from '../parts.js';

const { definition } = createEntry();

class Stage {
  readonly parts: Parts;
  readonly roster = new Roster();
  readonly recalls: string[] = [];
  news = 0;
  /** Numbers of tasks that have a stored result. */
  readonly stored = new Set<number>();
  unblocked = 0;
  readonly intake: Intake;
  readonly aborts = new AbortWatch((tasks, cause) => this.intake.cancelBySignal(tasks, cause));

  constructor(slaves = 0) {
    this.parts = new Parts({ slaves, aborts: this.aborts });
    for (const slave of this.parts.slaves) this.roster.add(slave);
    const { jar, dispatcher, settlement } = this.parts;
    this.intake = new Intake({
      jar,
      maker: new TaskMaker([definition], 1_024),
      checkpoint: {
        recall: ({ number }: Task) => this.stored.has(number),
      } as Partial<Checkpoint> as Checkpoint,
      roster: this.roster,
      dispatcher,
      commands: new SlaveCommands(
        {
          command: ({ sid }, _id, { command }) => this.recalls.push(`${sid} ${command}`),
        } as Partial<MasterPorts> as MasterPorts,
        silentAudit,
      ),
      settlement,
      shares: this.parts.shares.registry,
      aborts: this.aborts,
      onNews: () => this.news++,
      onUnblocked: () => this.unblocked++,
    });
  }

  submit(policy: TaskPolicy = {}): string {
    return this.intake.submit(definition, [1], resolvePolicy(policy));
  }

  /** The messages of the tasks that became unrunnable since. */
  unrunnable(): string[] {
    return this.parts.fates
      .takeUnrunnable(undefined)
      .map(({ reason, error }) => `${reason}: ${error?.message}`);
  }
}

const test = suite('master/intake');

test('a task without a sid goes into the jar, under the next number', () => {
  const stage = new Stage();
  assert.equal([stage.submit(), stage.submit()], ['TASK-0', 'TASK-1']);
  assert.equal([stage.parts.jar.pending, stage.parts.jar.queued, stage.news], [2, 2, 0]);
});

test('a task whose result is stored does not go into the jar', () => {
  const stage = new Stage();
  stage.stored.add(0);
  assert.is(stage.submit(), 'TASK-0');
  assert.is(stage.parts.jar.queued, 0);
  stage.submit();
  assert.is(stage.parts.jar.queued, 1);
});

test('an ordered task waits for its slave alone, which has what it has not begun taken back for it', () => {
  const stage = new Stage(2);
  const [ordered, other] = stage.parts.slaves as [SlaveRecord, SlaveRecord];
  makeKind(ordered, 'intermingle');
  stage.submit({ sid: ordered.sid });
  assert.equal([ordered.mailbox.length, other.hasMail], [1, false]);
  assert.equal(stage.recalls, []);
  stage.parts.submit(4);
  stage.parts.dispatch();
  assert.ok(ordered.orderedOutstanding > 0 && ordered.outstanding > ordered.orderedOutstanding);
  stage.submit({ sid: ordered.sid });
  assert.equal(stage.recalls, [`${ordered.sid} recall`]);
  assert.is(stage.news, 0);
});

test('a slave that has ordered tasks only has nothing to give back', () => {
  const stage = new Stage(1);
  const [ordered] = stage.parts.slaves as [SlaveRecord];
  makeKind(ordered, 'ordered');
  for (let i = 0; i < 3; i++) stage.submit({ sid: ordered.sid });
  stage.parts.dispatch();
  assert.ok(ordered.outstanding > 1);
  stage.submit({ sid: ordered.sid });
  assert.equal(stage.recalls, []);
});

test('a task for a slave that takes no ordered ones is given up, or goes to any where its policy says so', () => {
  const stage = new Stage(1);
  const [unordered] = stage.parts.slaves as [SlaveRecord];
  stage.submit({ sid: unordered.sid });
  stage.submit({ sid: 'SLAVE-7' });
  assert.equal(
    stage.unrunnable(),
    [unordered.sid, 'SLAVE-7'].map((sid) => `unknown-sid: no ordered slave has the sid ${sid}`),
  );
  assert.equal([stage.news, stage.parts.jar.pending], [2, 0]);
  stage.submit({ sid: 'SLAVE-7', doItAnyway: true });
  assert.equal([stage.news, stage.parts.jar.queued, stage.unrunnable()], [2, 1, []]);
});

test('a signal cancels every task that hangs on it, with its reason, and none that has its fate', () => {
  const stage = new Stage();
  const end = new AbortController();
  for (let i = 0; i < 3; i++) stage.submit({ signal: end.signal });
  stage.submit();
  const second = stage.parts.jar.find(1) as Task;
  stage.parts.settlement.giveUp(second, 'cancelled', 'it is not wanted');
  assert.equal(stage.unrunnable(), ['cancelled: it is not wanted']);
  const { news } = stage;
  end.abort('enough');
  assert.equal(stage.unrunnable(), [
    'cancelled: TASK-0 was cancelled by its signal: enough',
    'cancelled: TASK-2 was cancelled by its signal: enough',
  ]);
  assert.equal([stage.news, stage.parts.jar.pending], [news + 1, 1]);
});

for (const [what, reason, words] of [
  ['no reason', undefined, ''],
  ['a text', 'too slow', ': too slow'],
  ['an error', new RangeError('too far'), ': RangeError: too far'],
  ['an AbortError', Object.assign(new Error('x'), { name: 'AbortError' }), ''],
  ['something else', { code: 5 }, ''],
] as const) {
  test(`a signal that was aborted before with ${what} cancels at once`, () => {
    const stage = new Stage();
    stage.submit({ signal: AbortSignal.abort(reason) });
    assert.equal(stage.unrunnable(), [`cancelled: TASK-0 was cancelled by its signal${words}`]);
    assert.equal([stage.parts.jar.pending, stage.news], [0, 1]);
  });
}

test('a task that has its fate at once does not hang on its signal', () => {
  const stage = new Stage();
  const end = new AbortController();
  stage.submit({ sid: 'SLAVE-7', signal: end.signal });
  assert.is(stage.unrunnable().length, 1);
  end.abort();
  assert.equal([stage.unrunnable(), stage.news], [[], 1]);
});

test('a task is submitted again with the arguments that it had, under a new number', () => {
  const stage = new Stage();
  stage.submit({ tag: 'a' });
  const task = stage.parts.jar.find(0) as Task;
  assert.is(stage.intake.resubmit(task, resolvePolicy({ tag: 'b' })), 'TASK-1');
  const again = stage.parts.jar.find(1) as Task;
  assert.equal([again.text, again.policy.tag, stage.parts.jar.pending], [task.text, 'b', 2]);
});

test.run();
