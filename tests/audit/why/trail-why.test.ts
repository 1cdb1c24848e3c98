/** The answers of a trail about one task or slave: whole trails, those of killed masters, several masters in one file. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { formatJson } from '../../../src/audit/format/json-format.js';
import { formatText } from '../../../src/audit/format/text-format.js';
import { askTrail, TrailSearch } from '../../../src/audit/why/ask-trail.js';
import { sayWhy } from '../../../src/audit/why/say-why.js';
import { withFolder } from '../support.js';

const test = suite('audit/trail-why');

const START_MS = Date.UTC(2026, 0, 2, 3, 0, 0);

const init: AuditEvent = { type: 'init', role: 'master', memberId: 'm' };
const ready: AuditEvent = { type: 'master-ready', address: 'nats://h:1' };
const finished: AuditEvent = { type: 'master-finished', memberId: 'm' };
const joins = (number: number, kind: 'unordered' | 'ordered' = 'unordered'): AuditEvent => ({
  type: 'slave-connecting',
  sid: `SLAVE-${number}`,
  host: 'h',
  pid: 100 + number,
  memberId: 'm',
  kind,
});
const submitted = (tasks: string): AuditEvent => ({ type: 'tasks-submitted', tasks, algorithms: [] });
const settled = (fates: {
  ok?: string;
  error?: string;
  unrunnable?: string;
  times?: string;
}): AuditEvent => ({
  type: 'tasks-settled',
  algorithm: 'work',
  ...fates,
});
const lost: AuditEvent = { type: 'slave-lost', sid: 'SLAVE-0', evidence: 'silent for 30.1 s' };
const reclaimed: AuditEvent = { type: 'task-reclaimed', sid: 'SLAVE-0', taskId: 'TASK-3' };

/** One event per second. */
function ask(id: string, events: readonly AuditEvent[]): string[] {
  const search = new TrailSearch(id);
  for (const [second, event] of events.entries()) search.take(event, START_MS + second * 1_000);
  return sayWhy(search.answer('m.log')).split('\n  ');
}

const HISTORY = [
  { sid: 'SLAVE-0', attempt: 1, evidence: 'silent for 30.1 s' },
  { sid: 'SLAVE-1', attempt: 2, evidence: 'perhaps not begun; 503 for 2.0 s' },
];

test('a task with a fate: its runs, and how long the last one took', () => {
  const life = [init, ready, joins(0), submitted('0-9'), lost, reclaimed];
  assert.equal(ask('TASK-3', [...life, settled({ ok: '3', times: '4000x1' }), finished]), [
    'TASK-3 (work) has its result after a run of 4 ms.',
    'a run on SLAVE-0: it was taken back: silent for 30.1 s (perhaps not begun), noticed at 2026-01-02T03:00:05.000Z',
    'a run on an unknown slave (4 ms): it returned, noticed at 2026-01-02T03:00:06.000Z',
    '2026-01-02T03:00:03.000Z submitted, or up to a second before',
    '2026-01-02T03:00:05.000Z SLAVE-0 R TASK-3',
  ]);
  assert.equal(ask('TASK-4', [...life, settled({ ok: '4-6', times: '50x1,2000000x2' }), finished]), [
    'TASK-4 (work) has its result after a run of 50 us to 2.0 s.',
    'a run on an unknown slave: it returned, noticed at 2026-01-02T03:00:06.000Z',
    '2026-01-02T03:00:03.000Z submitted, or up to a second before',
  ]);
  const threw: AuditEvent = {
    type: 'task-threw',
    sid: 'SLAVE-1',
    taskId: 'TASK-3',
    attempt: 2,
    algorithm: 'work',
    message: 'RangeError: no',
  };
  assert.equal(ask('TASK-3', [...life, threw, settled({ error: '0-3', times: '50x1' })]), [
    'TASK-3 (work) has failed (RangeError: no).',
    'a run on SLAVE-0: it was taken back: silent for 30.1 s (perhaps not begun), noticed at 2026-01-02T03:00:05.000Z',
    'run 2 on SLAVE-1: it threw RangeError: no, noticed at 2026-01-02T03:00:07.000Z',
    '2026-01-02T03:00:03.000Z submitted, or up to a second before',
    '2026-01-02T03:00:05.000Z SLAVE-0 R TASK-3',
    '2026-01-02T03:00:06.000Z SLAVE-1 THREW TASK-3 #2 "work" RangeError: no',
  ]);
});

test('a trail with each run says where they were, and how long each took', () => {
  const ran = (number: number, runs: string): AuditEvent => ({
    type: 'runs-ended',
    sid: `SLAVE-${number}`,
    algorithm: 'work',
    runs,
  });
  const again: AuditEvent = {
    type: 'task-retried',
    sid: 'SLAVE-1',
    taskId: 'TASK-3',
    attempt: 2,
    algorithm: 'work',
    waitSeconds: 0,
    evidence: 'it threw RangeError: no',
  };
  const life = [init, ready, joins(0), joins(1), submitted('0-33'), ran(0, '3=77:lost,4=1'), lost, reclaimed];
  const rest = [ran(1, '3#2=5000:error,13=7'), again, ran(1, '33=4,3#3=6000,3#2=9:ignored')];
  assert.equal(ask('TASK-3', [...life, ...rest, settled({ ok: '0-33', times: '4x33,6000x1' })]).slice(0, 4), [
    'TASK-3 (work) has its result after a run of 6 ms.',
    'run 1 on SLAVE-0: it was taken back: silent for 30.1 s (perhaps not begun), noticed at 2026-01-02T03:00:07.000Z',
    'run 2 on SLAVE-1 (5 ms): it threw RangeError: no, noticed at 2026-01-02T03:00:09.000Z',
    'run 3 on SLAVE-1 (6 ms): it returned, noticed at 2026-01-02T03:00:11.000Z',
  ]);
});

test('a task that could not run, was cancelled or killed', () => {
  const life = [init, ready, joins(0), submitted('0-9')];
  const task = { taskId: 'TASK-3', algorithm: 'work' };
  const ends: AuditEvent[] = [
    { type: 'task-unrunnable', ...task, reason: 'max-attempts', history: HISTORY },
    { type: 'task-cancelled', ...task, sid: 'SLAVE-0' },
    { type: 'task-killed', ...task, category: 'default', sid: 'SLAVE-0' },
  ];
  for (const [at, expected] of [
    [
      'TASK-3 (work) is unrunnable, for max-attempts.',
      'run 1 on SLAVE-0: silent for 30.1 s',
      'run 2 on SLAVE-1: 503 for 2.0 s (perhaps not begun)',
      '2026-01-02T03:00:03.000Z submitted, or up to a second before',
      '2026-01-02T03:00:04.000Z TASK-3 UNRUNNABLE "work" max-attempts (SLAVE-0 #1 "silent for 30.1 s", SLAVE-1 #2 "perhaps not begun; 503 for 2.0 s")',
    ],
    [
      'TASK-3 (work) is unrunnable, for cancelled.',
      '2026-01-02T03:00:03.000Z submitted, or up to a second before',
      '2026-01-02T03:00:04.000Z TASK-3 CANCELLED "work" on SLAVE-0',
    ],
    [
      'TASK-3 (work) is unrunnable, for killed.',
      'a run on SLAVE-0: it was killed, noticed at 2026-01-02T03:00:04.000Z',
      '2026-01-02T03:00:03.000Z submitted, or up to a second before',
      '2026-01-02T03:00:04.000Z TASK-3 KILLED "work" category "default" on SLAVE-0',
    ],
  ].entries()) {
    assert.equal(ask('TASK-3', [...life, ends[at] as AuditEvent, settled({ unrunnable: '3' })]), expected);
  }
});

test('a task without a fate: what is known of it, and what no trail says', () => {
  const busy: AuditEvent = { type: 'slave-busy', sid: 'SLAVE-1' };
  const again: AuditEvent = {
    type: 'task-retried',
    sid: 'SLAVE-1',
    taskId: 'TASK-3',
    attempt: 1,
    waitSeconds: 60,
    evidence: 'it threw RangeError: no',
  };
  const begin = [init, ready, submitted('0-9')];
  const interrupted: AuditEvent = { type: 'interrupted', signal: 'SIGTERM' };
  const said = [
    ask('TASK-3', begin),
    ask('TASK-3', [...begin, joins(0, 'ordered'), finished]),
    ask('TASK-3', [...begin, joins(0), lost, joins(1), joins(2), busy, again, interrupted, finished]),
    ask('TASK-10', begin),
    ask('TASK-3', [submitted('100-109')]),
  ];
  assert.equal(said, [
    [
      'TASK-3 had no fate when the trail ended (its master was killed, or still runs): no slave was there.',
      '2026-01-02T03:00:02.000Z submitted, or up to a second before',
    ],
    [
      'TASK-3 had no fate when the trail ended (its master did not wait for it): 1 slave was there, only ordered ones; 0 of them with tasks; whether it was at one of them, the trail does not say.',
      '2026-01-02T03:00:02.000Z submitted, or up to a second before',
    ],
    [
      'TASK-3 had no fate when the trail ended (its master was stopped by SIGTERM): 2 slaves were there, 1 of them with tasks; whether it was at one of them, the trail does not say; the last line about it: SLAVE-1 F TASK-3 #1 again in 60.0 s: it threw RangeError: no.',
      'run 1 on SLAVE-1: it threw RangeError: no, noticed at 2026-01-02T03:00:08.000Z',
      '2026-01-02T03:00:02.000Z submitted, or up to a second before',
      '2026-01-02T03:00:08.000Z SLAVE-1 F TASK-3 #1 again in 60.0 s: it threw RangeError: no',
    ],
    ['TASK-10 was never submitted: the next task is TASK-10.'],
    ['TASK-3 is not in this trail; its first lines may be rotated away.'],
  ]);
});

test('slaves: their end, and where they were last', () => {
  const suspected: AuditEvent = { type: 'slave-suspected', sid: 'SLAVE-1', evidence: 'silent for 5.0 s' };
  const rejoined: AuditEvent = { type: 'slave-rejoined', sid: 'SLAVE-2', previousSid: 'SLAVE-0' };
  const gone: AuditEvent = { type: 'slave-disconnected', sid: 'SLAVE-2' };
  const life = [init, ready, joins(0), joins(1), suspected, lost, rejoined, joins(2), gone];
  assert.equal(
    [0, 1, 2, 3].map((number) => ask(`SLAVE-${number}`, life)[0]),
    [
      'SLAVE-0 (h:100) was declared dead: silent for 30.1 s; it is here again as SLAVE-2.',
      'SLAVE-1 (h:101) was there when the trail ended, without tasks, and was suspected (silent for 5.0 s); its master was killed, or still runs.',
      'SLAVE-2 (h:102) has left: its master told it to stop.',
      'SLAVE-3 has never joined: the next slave is SLAVE-3.',
    ],
  );
  assert.equal(ask('SLAVE-1', [joins(1), { type: 'slave-busy', sid: 'SLAVE-1' }, finished]), [
    'SLAVE-1 (h:101) was there when the trail ended, with tasks.',
  ]);
});

test('the last master that has it answers, and its lines are bounded', () => {
  const first = [init, ready, submitted('0-9'), settled({ ok: '0-9' }), finished];
  const second = [init, ready, submitted('0-4')];
  const sentences = ['TASK-3', 'TASK-8'].map((id) => ask(id, [...first, ...second])[0]);
  assert.equal(sentences, [
    'TASK-3 had no fate when the trail ended (its master was killed, or still runs): no slave was there.',
    'TASK-8 (work) has its result, by master 1 of 2 in this trail.',
  ]);
  const dropped: AuditEvent = { type: 'result-dropped', sid: 'SLAVE-0', taskId: 'TASK-3', reason: 'twice' };
  const many = ask('TASK-3', [...second, ...Array.from({ length: 1_000 }, () => dropped)]);
  assert.equal([many.length, many.at(-1)], [24, '900 lines between them are left out']);
});

test('a file: rotated, in both forms, cut in the middle, or of something else', () =>
  withFolder(async (folder) => {
    for (const format of [formatText, formatJson]) {
      const file = join(folder, 'm.log');
      const text = (events: readonly AuditEvent[]): string =>
        events.map((event) => `${format(event, START_MS)}\n`).join('');
      writeFileSync(file, text([init, ready, submitted('0-9')]));
      renameSync(file, `${file}.1`);
      writeFileSync(file, `${text([settled({ ok: '3', times: '7x1' })])}01/02`);
      const { text: said, warnings } = await askTrail(file, 'TASK-3');
      assert.match(said, /^TASK-3 \(work\) has its result after a run of 7 us\.\n(?: {2}.*\n){2}$/);
      assert.equal(warnings, [`${file}: its last line is cut in the middle and was left out`]);
      writeFileSync(join(folder, 'other'), 'nothing\n');
      await rejects(askTrail(join(folder, 'other'), 'TASK-3'), /is not an audit trail/);
      writeFileSync(join(folder, 'slave'), text([{ type: 'init', role: 'slave', memberId: 'm' }]));
      await rejects(askTrail(join(folder, 'slave'), 'TASK-3'), /give the trail of the master's process/);
      await rejects(askTrail(join(folder, 'none'), 'TASK-3'), /there is no such file/);
    }
  }));

async function rejects(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  const message = await promise.then(
    () => 'it resolved',
    (error: Error) => error.message,
  );
  assert.match(message, pattern);
}

test.run();
