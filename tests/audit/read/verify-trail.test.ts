/** The proof of its tasks' fates in a trail: whole ones, ones with a fault, and ones that are not fit to tell. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { formatJson } from '../../../src/audit/format/json-format.js';
import { formatText } from '../../../src/audit/format/text-format.js';
import { type Answer, verifyTrail } from '../../../src/audit/read/verify-trail.js';

const TIME_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

const init: AuditEvent = { type: 'init', role: 'master', memberId: 'm' };
const ready: AuditEvent = { type: 'master-ready', address: 'nats://h:1' };
const end: AuditEvent = { type: 'master-finished', memberId: 'm' };
const submitted = (tasks: string): AuditEvent => ({ type: 'tasks-submitted', tasks, algorithms: [] });
const ok = (tasks: string): AuditEvent => ({ type: 'tasks-settled', algorithm: 'a', ok: tasks });
const settled = (fates: { ok?: string; error?: string; unrunnable?: string }): AuditEvent => ({
  type: 'tasks-settled',
  algorithm: 'a',
  ...fates,
});
const dropped: AuditEvent = { type: 'audit-dropped', count: 3, reason: 'ENOSPC' };

async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'verify-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Format = typeof formatText;

const written = (events: readonly AuditEvent[], format: Format): string =>
  events.map((event) => `${format(event, TIME_MS)}\n`).join('');

/** Writes the files of a set, the newest last, and has them verified. */
function verify(format: Format, ...files: readonly (readonly AuditEvent[] | string)[]): Promise<Answer> {
  return inFolder(async (folder) => {
    const path = join(folder, 'm.log');
    for (const [index, content] of files.entries()) {
      const name = index === files.length - 1 ? path : `${path}.${files.length - 1 - index}`;
      writeFileSync(name, typeof content === 'string' ? content : written(content, format));
    }
    const { code, text } = await verifyTrail(path);
    assert.ok(text.startsWith(`${path}: `), text);
    assert.not.match(text, '\n');
    return { code, text: text.slice(path.length + 2) };
  });
}

const verifying = suite('audit verify');

const CASES: readonly (readonly [name: string, code: number, text: string, events: readonly AuditEvent[]])[] =
  [
    [
      'tells tasks that a signal cut off from those for which the program did not wait',
      1,
      'TASK-1 has no fate: its master was stopped by SIGTERM',
      [init, ready, submitted('0-1'), ok('0'), { type: 'interrupted', signal: 'SIGTERM' }, end],
    ],
    [
      'proves that each task had one fate',
      0,
      'every task had exactly one fate (tasks 11: ok 8, error 2, unrunnable 1; runs 1)',
      [
        init,
        ready,
        submitted('0-9'),
        settled({ ok: '0-2,5', error: '3-4' }),
        submitted('10'),
        ok('6-8,10'),
        settled({ unrunnable: '9' }),
        end,
      ],
    ],
    ['takes a run without tasks', 0, '(tasks 0: ', [init, ready, end]],
    [
      'takes several runs, numbered anew',
      0,
      '(tasks 4: ok 4, error 0, unrunnable 0; runs 2)',
      [init, ready, submitted('0-1'), ok('0-1'), end, init, ready, submitted('0-1'), ok('0-1'), end],
    ],
    [
      'takes a master that has no init line',
      0,
      'runs 2',
      [ready, submitted('0'), ok('0'), end, ready, submitted('0'), ok('0'), end],
    ],
    [
      'shows a task without a fate',
      1,
      'TASK-3 has no fate (nor have others, 2 in all): the master algorithm did not wait for it',
      [ready, submitted('0-9'), ok('0-2,4-8'), end],
    ],
    [
      'shows what was open when the trail ended',
      1,
      'TASK-1 has no fate: the trail ends before it',
      [ready, submitted('0-1'), ok('0')],
    ],
    [
      'shows what was open when the next master began',
      1,
      'TASK-0 has no fate',
      [init, ready, submitted('0'), init, ready, end],
    ],
    [
      'shows a second fate of the same kind',
      1,
      'TASK-1 has a second fate (ok, at 2026-01-02T03:04:05.000Z)',
      [ready, submitted('0-4'), ok('0-2'), ok('1'), ok('3-4'), end],
    ],
    [
      'shows a second fate of another kind',
      1,
      'TASK-4 has a second fate (error',
      [ready, submitted('0-4'), settled({ ok: '0-4', error: '4' }), end],
    ],
    [
      'shows a second fate in one list',
      1,
      'TASK-2 has a second fate',
      [ready, submitted('0-4'), ok('0-2,2-4'), end],
    ],
    [
      'shows a fate of what was not submitted',
      1,
      'TASK-5 has a fate (ok, at 2026-01-02T03:04:05.000Z) and was never submitted',
      [ready, submitted('0-4'), ok('0-5'), end],
    ],
    ['shows a fate before all submissions', 1, 'TASK-0 has a fate', [ready, ok('0'), end]],
    [
      'shows a submission that is not told',
      1,
      'TASK-5 is missing',
      [ready, submitted('0-4'), submitted('6'), ok('0-4,6'), end],
    ],
    [
      'shows that the first submissions are not told',
      1,
      'TASK-0 is missing',
      [ready, submitted('1-4'), ok('1-4'), end],
    ],
    [
      'shows a second submission',
      1,
      'TASK-4 was submitted twice',
      [ready, submitted('0-4'), submitted('4'), ok('0-4'), end],
    ],
    [
      'says in which run',
      1,
      'run 2: TASK-0 has no fate',
      [ready, submitted('0'), ok('0'), end, ready, submitted('0'), end],
    ],
    [
      'shows the first fault of several',
      1,
      'TASK-9 has a second fate',
      [ready, submitted('0-9'), ok('9'), ok('9'), end],
    ],
    [
      'does not blame the master for lines that the disk refused',
      255,
      'nothing is proven: TASK-1 has no fate: the master algorithm did not wait for it, but 3 lines were dropped',
      [ready, submitted('0-1'), ok('0'), dropped, end],
    ],
    [
      'proves in spite of dropped lines what is there',
      0,
      '(tasks 2: ',
      [ready, dropped, submitted('0-1'), ok('0-1'), end],
    ],
    [
      'does not prove what has no end',
      255,
      'nothing is proven: the last line of a master is missing',
      [ready, submitted('0-1'), ok('0-1')],
    ],
    [
      'does not prove what has no beginning',
      255,
      'nothing is proven: its first lines are missing',
      [ok('0-7'), submitted('9-10'), ok('8-10'), end],
    ],
    [
      'shows a fault in what has no beginning',
      1,
      'TASK-10 has a second fate',
      [ok('0-7'), submitted('9-10'), ok('8-10'), ok('10'), end],
    ],
    [
      'leaves out what has no beginning when a whole run follows',
      0,
      '(tasks 1: ok 1, error 0, unrunnable 0; runs 1); the run before',
      [ok('0-7'), end, ready, submitted('0'), ok('0'), end],
    ],
    [
      "refuses a slave's trail",
      255,
      'has no lines of a master',
      [
        { type: 'init', role: 'slave', memberId: 'm' },
        { type: 'id-received', sid: 'SLAVE-0' },
      ],
    ],
  ];

for (const [name, code, text, events] of CASES) {
  verifying(`it ${name}`, async () => {
    for (const format of [formatText, formatJson]) {
      const answer = await verify(format, events);
      assert.ok(answer.text.includes(text), answer.text);
      assert.is(answer.code, code, answer.text);
    }
  });
}

verifying('it reads a rotated set in its order, whatever line a file ends with', async () => {
  const files = [[init, ready, submitted('0-9')], [ok('0-4')], [ok('5-8')], [ok('9'), end]];
  for (const format of [formatText, formatJson]) {
    assert.is((await verify(format, ...files)).code, 0);
    const torn = files.map((events) => written(events, format));
    torn[1] += '11/04/2010 21:43:59 [A] SLAVE-0 -> :id';
    assert.is((await verify(format, ...torn)).code, 0, 'a line that was cut by a kill spoils no other');
  }
  const many = Array.from({ length: 12 }, (_, index) => [ok(String(index))]);
  assert.is(
    (await verify(formatText, [ready, submitted('0-11')], ...many, [end])).code,
    0,
    '10 comes before 9',
  );
});

verifying('it takes nothing for proven when the last line is cut', async () => {
  const whole = written([ready, submitted('0-1'), ok('0-1'), end], formatText);
  const { code, text } = await verify(formatText, whole.slice(0, -1));
  assert.equal([code, text], [255, 'nothing is proven: its last line is cut in the middle']);
  const open = written([ready, submitted('0-1'), ok('0')], formatText);
  assert.equal(await verify(formatText, `${open}11/04/2010 21:4`), {
    code: 1,
    text: 'TASK-1 has no fate: its last line is cut in the middle',
  });
});

verifying('it refuses foreign files, empty ones and those that are not there', async () => {
  const foreign = 'is not an audit trail: it has no line of ts-mw';
  for (const content of ['', 'hello\nworld\n', '\0\x01\xff', '{"a":1}\n']) {
    assert.equal(await verify(formatText, content), { code: 255, text: `it ${foreign}` });
  }
  await inFolder(async (folder) => {
    for (const [path, why] of [
      [join(folder, 'none'), 'there is no such file'],
      [folder, 'it is a folder; name a file in it'],
    ] as const) {
      try {
        await verifyTrail(path);
        assert.unreachable();
      } catch (error) {
        assert.is((error as Error).message, `cannot read ${path}: ${why}`);
      }
    }
    const compressed = join(folder, 'audit.txt.1.gz');
    writeFileSync(compressed, gzipSync('hello'));
    const refused = await verifyTrail(compressed).catch((error: Error) => error.message);
    assert.is(refused, `${compressed} is compressed; give what gunzip makes of it`);
  });
});

verifying(
  'it needs no memory for what is done: a hundred million tasks in a few thousand lines',
  async () => {
    const events: AuditEvent[] = [ready];
    for (let first = 0; first < 100_000_000; first += 50_000) {
      events.push(
        submitted(`${first}-${first + 49_999}`),
        ok(`${first + 10}-${first + 49_999},${first}-${first + 9}`),
      );
    }
    const before = process.memoryUsage().heapUsed;
    const { code } = await verify(formatText, [...events, end]);
    assert.is(code, 0);
    assert.ok(process.memoryUsage().heapUsed - before < 50e6);
  },
);

verifying.run();
