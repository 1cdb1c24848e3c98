/** The events of a master at its terminal: few lines, gathered, bounded, and in the order of what happened. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { MasterNotices } from '../../../src/picture/notices/master-notices.js';

const test = suite('notices of a master');

/** A fold whose clock is moved by hand. */
class Terminal {
  readonly fold = new MasterNotices();
  readonly lines: string[] = [];
  now = 0;

  see(...events: readonly AuditEvent[]): this {
    for (const event of events) for (const { text } of this.fold.take(event, this.now)) this.lines.push(text);
    return this;
  }

  /** Lets time pass as a timer would. */
  wait(ms: number): this {
    const end = this.now + ms;
    for (let due = this.fold.dueMs; due !== undefined && due <= end; due = this.fold.dueMs) {
      this.now = due;
      for (const { text } of this.fold.tick(due)) this.lines.push(text);
    }
    this.now = end;
    return this;
  }
}

const joins = (number: number, host = 'h', pid = number + 100): AuditEvent => ({
  type: 'slave-connecting',
  sid: `SLAVE-${number}`,
  host,
  pid,
  memberId: 'm',
  kind: 'unordered',
});
const lost = (number: number, evidence: string): AuditEvent => ({
  type: 'slave-lost',
  sid: `SLAVE-${number}`,
  evidence,
});
const url = 'nats://127.0.0.1:4222';
const command = 'node app.js --slave --master-port 4222';
const begin: AuditEvent = { type: 'version', version: '1' };
const end: AuditEvent = { type: 'master-finished', memberId: 'm' };

test('a life without trouble takes four lines', () => {
  const terminal = new Terminal().see(
    begin,
    { type: 'init', role: 'master', memberId: 'm' },
    { type: 'broker-ready', broker: 'embedded', url },
    { type: 'no-token', url },
    { type: 'master-ready', address: url },
    { type: 'join-command', command },
    { type: 'local-slave-started', index: 0, pid: 100 },
    { type: 'local-slave-started', index: 1, pid: 101 },
  );
  terminal.wait(500).see(joins(0), { type: 'slave-idle', sid: 'SLAVE-0' });
  assert.is(terminal.lines.length, 2, 'another one is expected');
  terminal.see(joins(1));
  assert.is(terminal.lines.length, 3, 'none is');
  terminal.see(
    { type: 'tasks-sent', sid: 'SLAVE-0', count: 10 },
    { type: 'slave-busy', sid: 'SLAVE-0' },
    { type: 'results-received', sid: 'SLAVE-0', count: 10 },
    { type: 'tasks-submitted', tasks: '0-9', algorithms: [{ algorithm: 'hello', count: 10 }] },
    { type: 'tasks-settled', algorithm: 'hello', ok: '0-9', times: '5x10' },
    { type: 'shutdown-sent', sid: 'SLAVE-0' },
    { type: 'slave-disconnected', sid: 'SLAVE-0' },
    { type: 'local-slave-exited', index: 0, pid: 100, code: 0 },
    end,
  );
  assert.equal(terminal.lines, [
    'ready at nats://127.0.0.1:4222, for all users of this machine',
    `to add a slave: ${command}`,
    '2 slaves joined (SLAVE-0, SLAVE-1 on h)',
    'ended: 10 tasks, 0 failed, 2 slaves, 0.5 s',
  ]);
});

test('what happens to many slaves within a moment is one line', () => {
  const terminal = new Terminal();
  for (let n = 0; n < 300; n++) terminal.see(joins(n, n % 2 ? 'a' : 'b')).wait(1);
  assert.equal(terminal.wait(300).lines, ['300 slaves joined (SLAVE-0 … SLAVE-299 on 2 hosts)']);
  for (let n = 0; n < 40; n++) terminal.see(lost(n, `silent for ${30 + n / 10} s`)).wait(100);
  assert.is(terminal.wait(300).lines.length, 1 + 4, 'each second one');
  assert.is(terminal.lines[1], '10 slaves lost (SLAVE-0 … SLAVE-9): silent for 30 s');
  terminal.see(lost(77, 'process ended by SIGKILL'), joins(400), {
    type: 'slave-rejoined',
    sid: 'SLAVE-401',
    previousSid: 'SLAVE-1',
  });
  terminal.see(joins(401)).wait(300);
  assert.equal(terminal.lines.slice(5), [
    'SLAVE-77 lost: process ended by SIGKILL',
    'SLAVE-400 joined on h',
    'SLAVE-401 joined again (was SLAVE-1)',
  ]);
});

test('the first of each error is told as it comes, and counts at the end', () => {
  const terminal = new Terminal().see(
    begin,
    joins(0),
    {
      type: 'task-threw',
      sid: 'SLAVE-0',
      taskId: 'TASK-7',
      attempt: 1,
      algorithm: 'load',
      message: 'Error: no',
    },
    { type: 'tasks-threw', algorithm: 'load', count: 10, message: 'Error: no' },
    { type: 'tasks-submitted', tasks: '0-29', algorithms: [{ algorithm: 'load', count: 30 }] },
    { type: 'tasks-settled', algorithm: 'load', ok: '0-4', error: '5-20,22', unrunnable: '21,23-25' },
    {
      type: 'task-unrunnable',
      taskId: 'TASK-21',
      algorithm: 'load',
      reason: 'max-attempts',
      history: [{ sid: 'SLAVE-1', attempt: 3, evidence: 'process ended by SIGABRT' }],
    },
    { type: 'task-cancelled', taskId: 'TASK-23', algorithm: 'load' },
    { type: 'task-killed', taskId: 'TASK-24', algorithm: 'load', category: 'a', sid: 'SLAVE-0' },
    { type: 'task-killed', taskId: 'TASK-25', algorithm: 'load', category: 'a', sid: 'SLAVE-0' },
    { type: 'tasks-threw', algorithm: 'load', count: 17, message: 'Error: no' },
    { type: 'tasks-threw', algorithm: 'load', count: 2 },
    end,
  );
  assert.equal(terminal.lines, [
    'SLAVE-0 joined on h',
    'TASK-7 of load threw on SLAVE-0: Error: no',
    'TASK-21 of load will not run again (max-attempts; the last run on SLAVE-1: process ended by SIGABRT)',
    'load threw 17 times: Error: no',
    'load threw 2 times: errors of further kinds',
    'ended: 26 of 30 tasks, 18 failed, 1 cancelled, 2 killed, 1 slave, 0.0 s',
  ]);
});

test('what goes wrong again and again is told at powers of ten', () => {
  const terminal = new Terminal();
  for (let n = 0; n < 2_000; n++) {
    terminal.see({ type: 'hello-refused', host: 'h', pid: n, reason: 'other code of hello' });
    terminal.see({ type: 'local-slave-started', index: 0, pid: n });
    terminal.see({ type: 'local-slave-exited', index: 0, pid: n, code: 1 });
  }
  assert.is(terminal.lines.length, 8);
  assert.equal(terminal.lines.slice(0, 3), [
    'refused a slave on h (process 0): other code of hello',
    'a local slave ended with 1 before it had joined; it is started again',
    'refused a slave on h (process 9): other code of hello (10 times by now)',
  ]);
});

test('a signal is answered at once, with those that still compute', () => {
  const interrupted: AuditEvent = { type: 'interrupted', signal: 'SIGINT' };
  const busy = (number: number): AuditEvent => ({ type: 'slave-busy', sid: `SLAVE-${number}` });
  const terminal = new Terminal().see(busy(0), busy(1), busy(2), busy(3));
  terminal.see({ type: 'slave-idle', sid: 'SLAVE-1' }, { type: 'slave-disconnected', sid: 'SLAVE-2' });
  assert.equal(terminal.see(interrupted, interrupted).lines, [
    'stopping (Ctrl-C): 2 slaves still compute; again Ctrl-C to end at once',
    'ends at once',
  ]);
  const other = new Terminal().see(busy(0), lost(0, 'gone')).see({ type: 'interrupted', signal: 'SIGTERM' });
  assert.equal(other.lines, [
    'SLAVE-0 lost: gone',
    'stopping (SIGTERM): no slave computes; again SIGTERM to end at once',
  ]);
});

test('WAITING and the ends with 255 say what to do', () => {
  const terminal = new Terminal().see({ type: 'slaves-missing', queued: 5, waitedSeconds: 10.04 });
  terminal.see({ type: 'join-command', command }, { type: 'slaves-missing', queued: 1, waitedSeconds: 10 });
  terminal.see({ type: 'slaves-missing', queued: 1, waitedSeconds: 10, hint: 'did you mean --slaves?' });
  terminal.see(
    { type: 'wrong-exit-code', value: 'undefined' },
    { type: 'master-algorithm-missing' },
    { type: 'other-master-found', memberId: 'm', evidence: 'it answers' },
  );
  assert.equal(terminal.lines, [
    'WAITING: 5 tasks and no slave for 10 s; start the program with --slave, or the master with --slaves N',
    `to add a slave: ${command}`,
    `WAITING: 1 task and no slave for 10 s; start ${command}`,
    `WAITING: 1 task and no slave for 10 s (did you mean --slaves?); start ${command}`,
    'exits with 255: the algorithm returned undefined, not an integer from 0 to 255',
    'exits with 255: the program has no master algorithm; call defineMaster before initialize',
    'exits with 255: another master of member m is alive (it answers)',
  ]);
});

test('what is gathered at the end is not lost', () => {
  const terminal = new Terminal().see(joins(3));
  assert.equal(
    terminal.fold.end().map(({ text }) => text),
    ['SLAVE-3 joined on h'],
  );
  assert.is(terminal.fold.dueMs, undefined);
});

test('the progress of each minute is a line of its own', () => {
  const progress = { type: 'progress', done: 120, submitted: 500, failed: 2, slaves: 1, busy: 1 } as const;
  const { lines } = new Terminal().see({ ...progress, perSecond: 10, remainingSeconds: 38.2 }, progress);
  const known = '120 of 500 tasks, 2 failed, 1 slave, 1 busy';
  assert.equal(lines, [`${known}, about 38 s left`, known]);
});

test('machines are told of as they come and go', () => {
  const terminal = new Terminal().see(begin);
  const machine = 'h:11111';
  const failing = (againSeconds: number, reason: string) =>
    ({ type: 'machine-state', machine, state: 'failing', againSeconds, reason }) as const;
  terminal.see(
    failing(1, 'nothing listens'),
    failing(2, 'nothing listens'),
    { type: 'machine-state', machine, state: 'ready' },
    { type: 'machine-granted', machine, slots: 2, wanted: 4 },
    { type: 'machine-slave-started', machine, index: 0, pid: 7 },
    failing(1, 'it closed the connection'),
    { type: 'machine-refused', machine, reason: 'it asks for a token' },
    failing(1, 'it asks for a token'),
  );
  const said = terminal.lines.join('\n');
  for (const part of [
    'machine h:11111 fails: nothing listens; it is tried again',
    'machine h:11111 lends 2 of 4 slots',
    'machine h:11111 fails: it closed the connection; it is tried again',
    'machine h:11111 fails: it asks for a token; it is tried again',
  ]) {
    assert.is(said.split(part).length, 2, `${part}\n${said}`);
  }
});

test.run();
