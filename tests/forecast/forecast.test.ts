/** Forecasts of tasks that are known, and what is said about them. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compute } from '../../src/forecast/computation.js';
import { forecast } from '../../src/forecast/forecast.js';
import { forecastText } from '../../src/forecast/forecast-text.js';
import { TaskWork, type WorkTask } from '../../src/forecast/task-work.js';

const test = suite('forecast');

const SECOND = 1_000_000;

const workOf = (tasks: readonly WorkTask[], isDedicated = true): TaskWork =>
  new TaskWork(['work'], tasks.length, tasks, isDedicated);

const equal = (count: number, seconds: number, task: Partial<WorkTask> = {}): WorkTask[] =>
  Array.from({ length: count }, () => ({ submittedMs: 0, micros: seconds * SECOND, ...task }));

/** The number of slaves, then the seconds. */
type Row = readonly [slaves: number, seconds: number];

interface Case {
  readonly what: string;
  readonly tasks: readonly WorkTask[];
  /** Without them, the numbers that the forecast chooses. */
  readonly slaves?: readonly number[];
  readonly places?: number;
  readonly isDedicated?: boolean;
  readonly rows: readonly Row[];
  readonly says: RegExp;
}

const CASES: readonly Case[] = [
  {
    what: 'one task',
    tasks: equal(1, 3),
    rows: [[1, 3]],
    says: /More than 1 slave hardly helps: TASK-0 of work alone takes 3\.0 s\./,
  },
  {
    what: 'equal tasks',
    tasks: equal(16, 1),
    rows: [
      [1, 16],
      [2, 8],
      [4, 4],
      [8, 2],
      [16, 1],
    ],
    says: /More than 16 slaves hardly help: TASK-0 of work alone takes 1\.0 s\./,
  },
  {
    what: 'numbers that were asked for, once each and in order',
    tasks: equal(120, 1),
    slaves: [10, 2, 10, 3],
    rows: [
      [2, 60],
      [3, 40],
      [10, 12],
    ],
    says: /More than 10 slaves may still help: no number of them needs less than 1\.0 s; type --slaves 10,20 to see/,
  },
  {
    what: 'one long task beside short ones',
    tasks: [...equal(1, 10), ...equal(30, 1)],
    rows: [
      [1, 40],
      [2, 20],
      [4, 10],
    ],
    says: /More than 4 slaves hardly help: TASK-0 of work alone takes 10\.0 s\./,
  },
  {
    what: 'a task that is submitted late',
    tasks: [...equal(8, 1), { submittedMs: 20_000, micros: 2 * SECOND, number: 17 }],
    rows: [[1, 22]],
    says: /More than 1 slave hardly helps: the program submitted TASK-17 of work after 20\.0 s, and it takes 2\.0 s\./,
  },
  {
    what: 'tasks in two waves',
    tasks: [...equal(8, 1), ...equal(8, 1, { submittedMs: 4_000 })],
    slaves: [1, 2, 4, 8, 16],
    rows: [
      [1, 16],
      [2, 8],
      [4, 6],
      [8, 5],
      [16, 5],
    ],
    says: /More than 8 slaves hardly help: the program submitted TASK-8 of work after 4\.0 s/,
  },
  {
    what: 'tasks that failed, and ran again after a wait',
    tasks: [
      ...equal(1, 1, {
        next: [
          { micros: 2 * SECOND, waitMs: 4_000 },
          { micros: SECOND, waitMs: 0 },
        ],
      }),
      ...equal(4, 1),
    ],
    slaves: [1, 2],
    rows: [
      [1, 8],
      [2, 8],
    ],
    says: /More than 1 slave hardly helps: TASK-0 of work alone takes 8\.0 s\./,
  },
  {
    what: 'tasks that were resubmitted when others had failed',
    tasks: [...equal(4, 1), ...equal(2, 3, { submittedMs: 2_000 })],
    slaves: [1, 2, 4],
    rows: [
      [1, 10],
      [2, 5],
      [4, 5],
    ],
    says: /More than 2 slaves hardly help: TASK-4 of work alone takes 3\.0 s\./,
  },
  {
    what: 'ordered tasks, whose slaves run nothing else where there are enough',
    tasks: [...equal(10, 1, { addressee: 0 }), ...equal(10, 1, { addressee: 1 }), ...equal(20, 1)],
    slaves: [1, 2, 4, 22],
    rows: [
      [1, 40],
      [2, 20],
      [4, 10],
      [22, 10],
    ],
    says: /More than 4 slaves hardly help: the tasks of one ordered slave take 10\.0 s one after another\./,
  },
  {
    what: 'ordered tasks on slaves that run others too',
    tasks: [...equal(6, 1, { addressee: 0 }), ...equal(6, 1)],
    isDedicated: false,
    slaves: [2, 3],
    rows: [
      [2, 6],
      [3, 6],
    ],
    says: /the tasks of one ordered slave take 6\.0 s/,
  },
  {
    what: 'slaves of several tasks at once',
    tasks: equal(32, 1),
    places: 4,
    rows: [
      [1, 8],
      [2, 4],
      [4, 2],
      [8, 1],
    ],
    says: /32 tasks, 32\.0 s of runs; it took 40\.0 s with 1 slave, 4 tasks at once each/,
  },
  {
    what: 'tasks that take no time',
    tasks: equal(10, 0),
    rows: [[1, 0]],
    says: /A run takes 0 us on the average. The time of the master and of the network/,
  },
];

for (const { what, tasks, slaves, places = 1, isDedicated, rows, says } of CASES) {
  test(`it is right about ${what}`, () => {
    const work = workOf(tasks, isDedicated);
    const made = forecast(work, places, slaves);
    assert.equal(
      made.rows.map(({ slaves, ms }): Row => [slaves, Math.round(ms / 10) / 100]),
      rows,
    );
    for (const { busy, speed, slaves, ms } of made.rows) {
      const share = ms === 0 ? 0 : work.totalMicros / 1_000 / (ms * slaves * places);
      assert.ok(Math.abs(busy - share) < 0.001, `${busy} of ${share}`);
      assert.ok(speed >= 1);
    }
    const trail = { work, places, slaves: 1, tookMs: 40_000, remarks: [] };
    assert.match(forecastText('m.log', trail, made), says);
  });
}

test('a table has a line for each number of slaves', () => {
  const work = workOf(equal(4, 1.5));
  const trail = { work, places: 1, slaves: 3, tookMs: 3_100, remarks: [] };
  assert.equal(forecastText('m.log', trail, forecast(work, 1)).split('\n'), [
    'm.log: 4 tasks, 6.0 s of runs; it took 3.1 s with 3 slaves',
    '',
    'slaves  seconds   busy  times as fast as one',
    '     1      6.0  100 %                  1.00',
    '     2      3.0  100 %                  2.00',
    '     4      1.5  100 %                  4.00',
    '',
    'More than 4 slaves hardly help: TASK-0 of work alone takes 1.5 s.',
    '',
  ]);
});

test('tasks of mixed length take about as long as on slaves that take the next one when they are free', () => {
  for (const slaves of [1, 3, 10, 50]) {
    for (const scale of [0.1, 1]) {
      let random = 7;
      const tasks = Array.from({ length: 700 }, (_, at): WorkTask => {
        random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
        const seconds = scale * (0.01 - Math.log(1 - random / 2 ** 32) * 0.1);
        return { submittedMs: at * scale * 0.5, micros: Math.round(seconds * SECOND) };
      });
      const freeAt = new Array<number>(slaves).fill(0);
      for (const { submittedMs, micros } of tasks) {
        const at = Math.min(...freeAt);
        freeAt[freeAt.indexOf(at)] = Math.max(at, submittedMs) + micros / 1_000;
      }
      const greedyMs = Math.max(...freeAt);
      const { ms, busyMs } = compute(workOf(tasks), slaves);
      if (slaves === 3) {
        const speeds = [[3], [1, 3]].map(
          (numbers) => forecast(workOf(tasks), 1, numbers).rows.at(-1)?.speed ?? 0,
        );
        assert.ok(Math.abs((speeds[0] ?? 0) - (speeds[1] ?? 0)) < 0.001, String(speeds));
      }
      assert.ok(ms > greedyMs * 0.97 && ms < greedyMs * 1.1, `${slaves} slaves: ${ms} ms, ${greedyMs} ms`);
      assert.ok(Math.abs(busyMs - workOf(tasks).totalMicros / 1_000) < 0.001);
    }
  }
});

test.run();
