/** The report on a trail, as text and as a page that needs nothing else. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { formatJson } from '../../../src/audit/format/json-format.js';
import { formatText } from '../../../src/audit/format/text-format.js';
import { SavedPage } from '../../../src/dashboard/saved/saved-page.js';
import { addActivity, type BusyStretch, spreadActivity } from '../../../src/picture/report/activity.js';
import { type Report, reportTrail } from '../../../src/picture/report/report-trail.js';
import { TimeTable } from '../../../src/picture/report/time-table.js';
import { joining } from '../joining.js';

const START_MS = new Date(2026, 0, 2, 3, 0, 0).getTime();

type Timed = readonly [second: number, event: AuditEvent];

const joins = (second: number, ...slave: Parameters<typeof joining>): Timed => [second, joining(...slave)];

/** Two algorithms on three slaves of two hosts; one is lost, and joins again. */
const LIFE: readonly Timed[] = [
  [0, { type: 'init', role: 'master', memberId: 'my <member>' }],
  [0, { type: 'master-ready', address: 'nats://h:1' }],
  joins(0, 0, 'alpha'),
  joins(0, 1, 'beta'),
  [
    1,
    {
      type: 'tasks-submitted',
      tasks: '0-99',
      algorithms: [
        { algorithm: 'hello', count: 60 },
        { algorithm: '<b>&"', count: 40 },
      ],
    },
  ],
  [1, { type: 'tasks-sent', sid: 'SLAVE-0', count: 50 }],
  [1, { type: 'tasks-sent', sid: 'SLAVE-1', count: 50 }],
  [5, { type: 'results-received', sid: 'SLAVE-0', count: 50 }],
  [5, { type: 'slave-computed', sid: 'SLAVE-0', count: 50, micros: 5_000_000 }],
  [5, { type: 'tasks-settled', algorithm: 'hello', ok: '0-49', times: '100000x50' }],
  [6, { type: 'slave-lost', sid: 'SLAVE-1', evidence: '503 for 2.0 s' }],
  [6, { type: 'slave-disconnected', sid: 'SLAVE-1' }],
  [6, { type: 'task-reclaimed', sid: 'SLAVE-1', taskId: 'TASK-50' }],
  joins(7, 2, 'beta'),
  [7, { type: 'slave-rejoined', sid: 'SLAVE-2', previousSid: 'SLAVE-1' }],
  [7, { type: 'tasks-sent', sid: 'SLAVE-2', count: 50 }],
  [9, { type: 'results-received', sid: 'SLAVE-2', count: 49 }],
  [9, { type: 'slave-computed', sid: 'SLAVE-2', count: 49, micros: 1_500_000 }],
  [9, { type: 'tasks-settled', algorithm: 'hello', error: '50-59', times: '200000x10' }],
  [9, { type: 'tasks-settled', algorithm: '<b>&"', ok: '60-98', unrunnable: '99', times: '3000x20,9000x19' }],
  [10, { type: 'slave-disconnected', sid: 'SLAVE-0' }],
  [10, { type: 'slave-left', sid: 'SLAVE-2', reason: 'it said goodbye' }],
  [10, { type: 'master-finished', memberId: 'my <member>' }],
];

type Found = Readonly<Record<string, unknown>>;

/** Of all pages. */
function dataOf(page: string): Found {
  const [, data = ''] = / id="saved">(.*?)<\/script>/s.exec(page) ?? [];
  return JSON.parse(data) as Found;
}

function expectSharesOf(page: string): void {
  const { lanes } = dataOf(page).stream as { lanes: { runs: number[][] }[] };
  for (const [, share = -1] of lanes.flatMap(({ runs }) => runs)) assert.ok(share >= 0 && share <= 100);
}

async function report(
  life: readonly Timed[],
  format: typeof formatText = formatText,
  ending = '',
): Promise<Report & { page: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  try {
    const [file, page] = [join(folder, 'm.log'), join(folder, 'm.html')];
    writeFileSync(
      file,
      life.map(([second, event]) => `${format(event, START_MS + second * 1_000)}\n`).join('') + ending,
    );
    const saved = new SavedPage();
    const answer = await reportTrail(file, {
      page: {
        file: page,
        take: (event, timeMs) => saved.take(event, timeMs),
        html: (summary, name) => saved.html(summary, name),
      },
    });
    return { ...answer, page: readFileSync(page, 'utf8').replaceAll(file, 'm.log') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The rows of a table: its lines after the heading, in columns. */
function rowsOf(text: string, title: string): string[][] {
  const [, section = ''] = text.split(`${title}\n${'='.repeat(title.length)}\n`);
  return (section.split('\n\n\n')[0] ?? '').split('\n').map((line) => line.trim().split(/ {2,}/));
}

function rowOf(text: string, title: string, first: string): string[] {
  const row = rowsOf(text, title).find(([cell]) => cell === first);
  assert.ok(row, `no row ${first} in ${title}:\n${text}`);
  return row;
}

const reporting = suite('audit report');

reporting('it tells of slaves, hosts and algorithms the same from both forms', async () => {
  const { text, warnings } = await report(LIFE);
  assert.equal(warnings, []);
  const json = await report(LIFE, formatJson);
  assert.is(json.text, text);
  const from = '2026-01-02 03:00:00';
  assert.equal(rowOf(text, 'Runs', '1'), [
    '1',
    'my <member>',
    from,
    '2026-01-02 03:00:10',
    '10.0',
    'finished',
  ]);
  assert.match(text, 'Sessions: 3; at most 2 at a time; the median lasted 6.0 s.');
  assert.match(text, 'Ends: 1 shut down, 1 lost, 1 left; joined again: 1.');
  assert.match(text, 'Tasks taken back from lost slaves: 1.');
  assert.equal(rowOf(text, 'Slaves', '503 for N s'), ['503 for N s', '1']);
  assert.equal(rowOf(text, 'Hosts', 'alpha'), ['alpha', '1', '50', '5.0', '50.0 %']);
  assert.equal(rowOf(text, 'Hosts', 'beta'), ['beta', '2', '49', '1.5', '16.7 %']);
  const hello = ['hello', '60', '50', '10', '0', '100 ms', '200 ms', '200 ms', '200 ms', '7.0'];
  assert.equal(rowOf(text, 'Algorithms', 'hello'), hello);
  assert.equal(rowOf(text, 'Algorithms', '<b>&"').slice(0, 8), [
    '<b>&"',
    '40',
    '39',
    '0',
    '1',
    '3 ms',
    '9 ms',
    '9 ms',
  ]);
});

reporting('it tells what each slave did, and what was when', async () => {
  const { text } = await report(LIFE);
  const from = '2026-01-02 03:00:0';
  const slave = (sid: string): string[] => rowOf(text, 'Each slave', sid).slice(1);
  assert.equal(slave('SLAVE-0'), ['alpha:100', `${from}0`, '10.0', '50', '50', '5.0', '50.0 %', 'shut down']);
  assert.equal(slave('SLAVE-1'), [
    'beta:101',
    `${from}0`,
    '6.0',
    '50',
    '0',
    '0.0',
    '0.0 %',
    'lost: 503 for 2.0 s',
  ]);
  assert.equal(slave('SLAVE-2'), [
    'beta:102',
    `${from}7`,
    '3.0',
    '50',
    '49',
    '1.5',
    '50.0 %',
    'left: it said goodbye',
  ]);
  // from, submitted, sent, results, fates of hello, fates of the other, joined, gone, slaves
  assert.equal(rowOf(text, 'Over time', `${from}1`).slice(1), ['100', '100', '0', '0', '0', '0', '0', '2']);
  assert.equal(rowOf(text, 'Over time', `${from}6`).slice(1), ['0', '0', '0', '0', '0', '0', '1', '1']);
  assert.equal(rowOf(text, 'Over time', `${from}9`).slice(1), ['0', '0', '49', '10', '40', '0', '0', '2']);
  assert.is(rowOf(text, 'Over time', `${from.slice(0, -1)}10`).at(-1), '0');
});

const BEGIN: readonly Timed[] = [
  [0, { type: 'init', role: 'master', memberId: 'm' }],
  [0, { type: 'master-ready', address: 'nats://h:1' }],
];

const computed = (second: number, number: number, seconds: number): Timed => [
  second,
  { type: 'slave-computed', sid: `SLAVE-${number}`, count: 1, micros: seconds * 1_000_000 },
];

reporting('busy is a share of all places, and of the life that was seen', async () => {
  const life: readonly Timed[] = [
    ...BEGIN,
    joins(0, 0, 'alpha', 4),
    joins(0, 1, 'beta'),
    joins(2, 2, 'gamma'),
    joins(5, 3, 'delta'),
    // Four places wholly busy for five seconds, then one of them for five
    computed(5, 0, 20),
    computed(10, 0, 5),
    // A run that began before the slave joined again, and one that is told after its end
    computed(3, 1, 3),
    [6, { type: 'slave-lost', sid: 'SLAVE-1', evidence: 'silent for 30.1 s' }],
    computed(9, 1, 30),
    computed(3, 2, 60),
    // The clock is set back
    computed(4, 3, 2),
    [4, { type: 'slave-left', sid: 'SLAVE-3', reason: 'it said goodbye' }],
    [10, { type: 'master-finished', memberId: 'm' }],
  ];
  const { text, page } = await report(life);
  const busy = (title: string, first: string): string | undefined =>
    rowOf(text, title, first).find((cell) => / %$|^-$/.test(cell));
  assert.is(busy('Each slave', 'SLAVE-0'), '62.5 %');
  assert.is(busy('Each slave', 'SLAVE-1'), '100.0 %');
  assert.is(busy('Each slave', 'SLAVE-2'), '12.5 %');
  assert.is(busy('Each slave', 'SLAVE-3'), '-');
  assert.is(busy('Hosts', 'alpha'), '62.5 %');
  assert.is(busy('Hosts', 'beta'), '100.0 %');
  assert.equal(rowOf(text, 'Each slave', 'SLAVE-0').slice(3, 5), ['10.0', '4'], 'it has four places');
  for (const [, share] of text.matchAll(/(-?[\d.]+) %/g)) {
    assert.ok(Number(share) >= 0 && Number(share) <= 100, share);
  }
  expectSharesOf(page);
  assert.not.match(text, /(?<![\w-])-\d/, 'nothing is less than nothing');
});

reporting('busy is never above the whole, whatever comes when', async () => {
  let state = 7;
  const random = (most: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % most;
  };
  for (let round = 0; round < 50; round++) {
    const life: Timed[] = [...BEGIN];
    for (let number = 0; number < 3; number++) life.push(joins(random(10), number, 'h', 1 + random(4)));
    for (let step = 0; step < 700; step++) life.push(computed(random(60), random(3), random(40)));
    const { text, page } = await report(life);
    for (const [, share] of text.matchAll(/([\d.]+) %/g))
      assert.ok(Number(share) <= 100, `${round}: ${share}`);
    if (round === 0) expectSharesOf(page);
  }
});

reporting('its page is written over no file of the trail, nor over its trace', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  try {
    const file = join(folder, 'm.log');
    const text = LIFE.map(([second, event]) => `${formatText(event, START_MS + second * 1_000)}\n`).join('');
    for (const name of [file, `${file}.1`]) writeFileSync(name, text);
    const pageIn = (page: string) => ({ file: page, take: () => {}, html: () => 'a page' });
    for (const [page, trace, complaint] of [
      [
        file,
        undefined,
        /^UsageError: --html would overwrite the trail .*m\.log; name another file after --html$/,
      ],
      [`${file}.1`, undefined, /--html would overwrite the trail .*m\.log\.1; name another file/],
      ['out', './out', /^UsageError: --html and --trace both name \.\/out; name another file after --trace$/],
    ] as const) {
      const refusal: unknown = await reportTrail(file, { page: pageIn(page), trace }).catch(
        (error: unknown) => error,
      );
      assert.match(String(refusal), complaint);
    }
    for (const name of [file, `${file}.1`]) assert.is(readFileSync(name, 'utf8'), text);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

reporting('what took long is drawn from where it began', () => {
  let activity: BusyStretch[] = [];
  for (const [toMs, micros] of [
    [1_000, 0],
    [2_000, 500_000],
    [3_000, 2_000_000],
  ] as const) {
    activity = addActivity(activity, 0, toMs, micros);
  }
  const micros = (places: number) => spreadActivity(activity, places).map((piece) => piece.micros);
  assert.equal(micros(1), [500_000, 1_000_000, 1_000_000]);
  assert.equal(micros(2), [0, 500_000, 2_000_000]);
});

reporting('it tells why runs failed, and what was run again', async () => {
  const retried = (task: number, evidence: string): Timed => [
    2,
    { type: 'task-retried', sid: 'SLAVE-0', taskId: `TASK-${task}`, attempt: 1, waitSeconds: 0.5, evidence },
  ];
  const attempt = { sid: 'SLAVE-0', attempt: 2, evidence: 'process ended by SIGABRT' };
  const life: readonly Timed[] = [
    ...BEGIN,
    ...[1, 2, 3].map((task) => retried(task, `it threw Error: row ${task}`)),
    retried(4, 'it took longer than 2 s'),
    [
      3,
      {
        type: 'task-unrunnable',
        taskId: 'TASK-9',
        algorithm: 'hello',
        reason: 'max-attempts',
        history: [{ ...attempt, attempt: 1, evidence: 'silent for 30.1 s' }, attempt],
      },
    ],
    [3, { type: 'task-unrunnable', taskId: 'TASK-8', algorithm: 'hello', reason: 'cancelled', history: [] }],
    ...[6, 7].map(
      (task): Timed => [
        3,
        { type: 'task-killed', taskId: `TASK-${task}`, algorithm: 'hello', category: 'a', sid: 'SLAVE-0' },
      ],
    ),
    ...Array.from({ length: 30 }, (_, index) => retried(5, `it threw Error: kind ${'x'.repeat(index)}`)),
  ];
  const { text, page } = await report(life);
  assert.match(text, 'Runs that failed and were repeated: 34.');
  const rows = rowsOf(text, 'Failures').slice(5);
  assert.equal(rows[0], ['run again', '-', 'it threw Error: row 1', '3']);
  for (const row of [
    ['unrunnable', 'hello', 'max-attempts: process ended by SIGABRT', '1'],
    ['unrunnable', 'hello', 'cancelled', '1'],
    ['unrunnable', 'hello', 'killed by the program', '2'],
    ['run again', '-', 'it took longer than 2 s', '1'],
  ]) {
    assert.ok(
      rows.some((one) => one.join() === row.join()),
      row.join(),
    );
  }
  assert.match(text, 'Further reasons: 15 times.');
  const { groups } = dataOf(page).failures as { groups: { errorClass: string }[] };
  assert.ok(groups.some(({ errorClass }) => errorClass === 'max-attempts: process ended by SIGABRT'));
});

reporting('it tells what tasks threw, and how often in all runs', async () => {
  const threw = (count: number, message: string | undefined): Timed => [
    2,
    { type: 'tasks-threw', algorithm: 'hello', count, message },
  ];
  const first = { sid: 'SLAVE-0', taskId: 'TASK-1', attempt: 1, algorithm: 'hello' };
  const run: readonly Timed[] = [
    ...BEGIN,
    [2, { type: 'task-threw', ...first, message: 'Error: row 7' }],
    [2, { type: 'task-threw', ...first, message: 'TypeError: once' }],
    threw(10, 'Error: row 7'),
    threw(100, 'Error: row 7'),
    threw(123, 'Error: row 7'),
    threw(4, undefined),
    [9, { type: 'master-finished', memberId: 'm' }],
  ];
  const rows = async (life: readonly Timed[]) =>
    rowsOf((await report(life)).text, 'Failures').filter(([what]) => what === 'threw');
  assert.equal(await rows(run), [
    ['threw', 'hello', 'Error: row 7', '123'],
    ['threw', 'hello', 'other reasons', '4'],
    ['threw', 'hello', 'TypeError: once', '1'],
  ]);
  assert.equal(
    (await rows([...run, ...run])).map((row) => row.at(-1)),
    ['246', '8', '2'],
  );
});

reporting('nothing in a trail moves the cursor of its reader', async () => {
  const algorithm = 'a\x1b[31mb\nc\u202e';
  const { text } = await report([
    ...BEGIN,
    [2, { type: 'task-threw', sid: 'SLAVE-0', taskId: 'TASK-1', attempt: 1, algorithm, message: 'no\x07\r' }],
    [9, { type: 'master-finished', memberId: 'm' }],
  ]);
  assert.not.match(text, /[^\P{Cc}\n]|\u202e/u);
  assert.match(text, 'a\\u001b[31mb\\nc\\u202e');
  assert.match(text, 'no\\u0007\\r');
});

reporting('a median is one', async () => {
  const lasting = (...seconds: number[]): Timed[] => [
    ...BEGIN,
    ...seconds.map((_, number) => joins(0, number, 'h')),
    ...seconds.map(
      (second, number): Timed => [second, { type: 'slave-disconnected', sid: `SLAVE-${number}` }],
    ),
  ];
  for (const [seconds, expected] of [
    [[5], '5.0'],
    [[1, 9], '5.0'],
    [[1, 2, 9], '2.0'],
    [[4, 4, 4, 4], '4.0'],
    [[1, 2, 3, 9], '2.5'],
  ] as const) {
    assert.match((await report(lasting(...seconds))).text, `the median lasted ${expected} s.`);
  }
  assert.equal(rowsOf((await report(LIFE)).text, 'Algorithms')[2]?.slice(5, 7), ['median', 'p90']);
});

reporting(
  'the page is one file that asks for nothing, and has the texts of the trail as data alone',
  async () => {
    const { page } = await report(LIFE);
    assert.match(page, /^<!doctype html>/);
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    assert.match(
      policy,
      /^default-src 'none'; script-src 'sha256-[^']{44}'; style-src 'sha256-[^']{44}'; base-uri 'none'/,
    );
    const hashOf = (text = ''): string => createHash('sha256').update(text).digest('base64');
    const [, script = ''] = /<script>(.*?)<\/script>/s.exec(page) ?? [];
    const [, style = ''] = /<style>(.*?)<\/style>/s.exec(page) ?? [];
    assert.match(policy, `'sha256-${hashOf(script)}'; style-src 'sha256-${hashOf(style)}'`);
    assert.is(page.match(/<script/g)?.length, 2);
    const rest = page.replace(script, '').replace(style, '');
    assert.not.match(rest, /https?:|<link|<img|<iframe|src=|href=|javascript:| on\w+=/i);
    assert.match(page, '<title>Audit trail m.log</title>');
    const { overview, stream, slaves, trail } = dataOf(page) as Readonly<
      Record<'overview' | 'stream' | 'slaves' | 'trail', Found>
    >;
    assert.equal([overview.done, overview.submitted, overview.failed], [100, 100, 11]);
    assert.is((overview.facts as Found).isFinished, true);
    assert.equal(
      (overview.algorithms as Found[]).map(({ name }) => name),
      ['hello', '<b>&"'],
    );
    assert.equal(
      (slaves.rows as Found[]).map(({ sid, state }) => `${sid} ${state}`),
      ['SLAVE-2 left', 'SLAVE-0 shut-down', 'SLAVE-1 lost'],
    );
    const lanes = stream.lanes as { name: string; runs: number[][]; marks: Found[] }[];
    assert.equal(
      lanes.map(({ name, marks }) => [name, marks.map(({ kind }) => kind)]),
      [
        ['SLAVE-0', []],
        ['SLAVE-1', ['lost']],
        ['SLAVE-2', []],
      ],
    );
    for (const { runs } of lanes)
      assert.is(
        runs.reduce((sum, [cells = 0]) => sum + cells, 0),
        stream.cells,
      );
    assert.ok((trail.lines as Found[]).some(({ text }) => String(text).includes('"<b>&\\""')));
  },
);

reporting('it makes the best of a trail without beginning, end, or anything to tell', async () => {
  const { text } = await report(LIFE.slice(5));
  assert.is(rowOf(text, 'Each slave', 'SLAVE-0')[1], 'unknown');
  assert.match((await report(LIFE.slice(0, 12))).text, 'no last line: killed, or still running');
  const short = await report(LIFE.slice(0, 2));
  assert.not.match(JSON.stringify(dataOf(short.page)) + short.text, /NaN|Infinity|undefined/);
  const torn = await report(LIFE, formatText, '01/02/2026 03:00:10 [A] SLA');
  assert.match(torn.warnings[0] ?? '', /: its last line is cut in the middle and was left out$/);
  const twice = await report([...LIFE, ...LIFE.map(([second, event]) => [second + 20, event] as const)]);
  assert.is(rowOf(twice.text, 'Algorithms', 'hello')[1], '120');
  assert.is(rowOf(twice.text, 'Each slave', '2/SLAVE-0')[5], '50');
});

reporting('it refuses in one line what is no trail, and a page that cannot be written', async () => {
  const message = async (attempt: Promise<unknown>): Promise<string> => {
    try {
      await attempt;
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };
  assert.match(await message(report([], formatText, 'nothing\n')), /is not an audit trail/);
  assert.match(await message(report([[0, { type: 'results-sent', count: 1 }]])), /has no lines of a master/);
  assert.match(await message(reportTrail('/no/such')), 'cannot read /no/such: there is no such file');
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  try {
    writeFileSync(join(folder, 'm'), `${formatText({ type: 'master-ready', address: 'x' }, START_MS)}\n`);
    const page = join(folder, 'none', 'm.html');
    assert.is(
      await message(reportTrail(join(folder, 'm'), { page: { file: page, take: () => {}, html: () => '' } })),
      `cannot write ${page} (ENOENT); name another file after --html`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

reporting('counts over time keep their sums in bounded memory', () => {
  const table = new TimeTable();
  for (let second = 0; second < 1_000_000; second++) table.add('a', START_MS + second * 1_000, 2);
  table.add('a', START_MS - 5_000, 1);
  for (const rows of [1, 24, 240]) {
    const grid = table.grid(rows, 1_000);
    assert.ok(grid.rows <= rows, `${grid.rows} of ${rows}`);
    const counts = table.read('a', grid);
    assert.is(
      counts.reduce((sum, count) => sum + count),
      2_000_001,
    );
  }
  assert.equal(table.read('none', { rows: 2, widthMs: 1_000 }), [0, 0]);
});

reporting.run();
