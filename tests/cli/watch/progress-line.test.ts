/** The text of the progress line at each width, and where it is shown. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clock, type LineParams, progressLine, rateText } from '../../../src/cli/watch/progress-line.js';
import { chooseProgress, type ProgressPlace } from '../../../src/cli/watch/progress-mode.js';
import type { Progress } from '../../../src/picture/progress.js';

const test = suite('progress line');

const PROGRESS: Progress = {
  done: 1234,
  submitted: 5000,
  total: 5000,
  failed: 12,
  algorithms: [
    { name: 'square', done: 1000, submitted: 4000 },
    { name: 'hello', done: 234, submitted: 1000 },
  ],
  otherAlgorithms: 3,
  slaves: 4,
  busy: 3,
  perSecond: 103.4,
  elapsedSeconds: 12,
  remainingSeconds: 36.5,
};

const lineOf = (columns: number, changes: Partial<Progress> = {}, params: Partial<LineParams> = {}): string =>
  progressLine({ ...PROGRESS, ...changes }, { columns, coloured: false, ...params });

test('it drops what is least important first', () => {
  const whole =
    '1234 of 5000, 24 % | 12 failed | 4 slaves, 3 busy | 103/s | 0:12, about 0:37 left | square 1000/4000 | hello 234/1000 | 3 more';
  const table: [columns: number, line: string][] = [
    [Number.POSITIVE_INFINITY, whole],
    [120, whole.replace(' | 3 more', '')],
    [100, whole.replace(' | hello 234/1000 | 3 more', '')],
    [80, '1234 of 5000, 24 % | 12 failed | 4 slaves, 3 busy | 0:12, about 0:37 left'],
    [60, '1234 of 5000, 24 % | 12 failed | 4 slaves, 3 busy'],
    [40, '1234 of 5000, 24 % | 12 failed'],
    [20, '1234 of 5000, 24 %'],
    [10, '1234 of 50'],
  ];
  for (const [columns, line] of table) {
    assert.is(lineOf(columns), line);
  }
});

test('it says only what is known', () => {
  const unknown = {
    total: undefined,
    perSecond: undefined,
    remainingSeconds: undefined,
    failed: 0,
    slaves: 1,
  };
  assert.is(
    lineOf(200, { ...unknown, algorithms: [], otherAlgorithms: 0, busy: 1 }),
    '1234 done so far | 1 slave, 1 busy | 0:12',
  );
  const late = lineOf(200, { ...unknown, algorithms: [{ name: 'square', done: 7, submitted: 0 }], busy: 1 });
  assert.is(late, '1234 done so far | 1 slave, 1 busy | 0:12 | square 7 | 3 more');
  assert.is(lineOf(30, { done: 0, submitted: 0, slaves: 0, busy: 0, failed: 0 }), 'no task yet | no slave');
  assert.match(lineOf(200, {}, { silentSeconds: 70, linesDropped: 9 }), '9 lines lost | no line for 1:10 |');
  assert.not.match(lineOf(200, {}, { silentSeconds: 5 }), 'no line');
});

test('failures are red, and so is a queue without slaves; a name cannot control the terminal', () => {
  const shown = lineOf(200, { slaves: 0, busy: 0 }, { coloured: true });
  assert.ok(shown.includes('\u001b[31m12 failed\u001b[0m'), shown);
  assert.ok(shown.includes('\u001b[31mno slave\u001b[0m'), shown);
  assert.not.match(lineOf(200, { slaves: 0, done: 5000, failed: 0 }, { coloured: true }), '\u001b');
  const named = (name: string): string => lineOf(300, { algorithms: [{ name, done: 1, submitted: 2 }] });
  assert.match(named('\u001b[2Jx\n'), '| \\u001b[2Jx\\n 1/2 |');
  assert.match(named('n'.repeat(50)), `| ${'n'.repeat(23)}… 1/2 |`);
});

test('rates and times have readable units', () => {
  assert.equal([0, 0.0005, 0.5, 1, 2.55, 9.96, 103.4].map(rateText), [
    '0/s',
    '1.8/h',
    '30/min',
    '1/s',
    '2.5/s',
    '10/s',
    '103/s',
  ]);
  assert.equal([0, 59.9, 61, 3_600, 90_061].map(clock), ['0:00', '0:59', '1:01', '1:00:00', '1 d 1:01:01']);
});

test('auto is a line at a terminal of the program alone', () => {
  const here: ProgressPlace = { isTerminal: true, place: 'program', env: { TERM: 'xterm' } };
  const table = [
    ['auto', here, 'line'],
    ['auto', { ...here, isTerminal: false }, 'off'],
    ['auto', { ...here, place: 'embedded' }, 'off'],
    ['auto', { ...here, env: { TERM: 'dumb' } }, 'off'],
    ['auto', { ...here, env: { CI: 'true' } }, 'off'],
    ['auto', { ...here, env: { CI: 'false' } }, 'line'],
    ['line', { ...here, env: { CI: 'true' }, place: 'embedded' }, 'line'],
    ['line', { ...here, isTerminal: false }, 'unable'],
    ['line', { ...here, place: 'prompt' }, 'unable'],
    ['auto', { ...here, place: 'prompt' }, 'off'],
    ['line', { ...here, env: { TERM: 'dumb' } }, 'unable'],
    ['log', { ...here, isTerminal: false }, 'log'],
    ['off', here, 'off'],
  ] as const;
  for (const [wanted, place, mode] of table) assert.is(chooseProgress(wanted, place), mode);
});

test.run();
