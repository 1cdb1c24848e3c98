/** Errors of tasks in the trail: the first messages of each kind, and how often they came. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMemoryTrail } from '../../../src/audit/memory-trail.js';
import { TaskError } from '../../../src/errors.js';
import { ownFrame } from '../../../src/master/fates/own-frame.js';
import { Thrown } from '../../../src/master/fates/thrown.js';
import type { TaskFate } from '../../../src/master/model/task-fate.js';

const test = suite('what tasks throw');

class Run {
  readonly audit = createMemoryTrail();
  readonly thrown = new Thrown(this.audit);
  #number = 0;

  throws(algorithm: string, name: string, message: string, stack = ''): void {
    const taskId = `TASK-${this.#number++}`;
    const run = { taskId, algorithm, sid: 'SLAVE-2', attempt: 3, submittedAt: undefined };
    const error = new TaskError({ name, message, fields: {} }, run);
    // As from a slave whose program has no file
    error.stack = stack;
    this.thrown.note({ algorithm, taskId, sid: 'SLAVE-2', error } as unknown as TaskFate, 3);
  }
}

test('the first of a kind is told, and how often it came at powers of ten and at the end', () => {
  const run = new Run();
  for (let n = 0; n < 25; n++) run.throws('load', 'Error', `no file ${n}.txt`);
  run.throws('load', 'RangeError', 'too far');
  run.thrown.end();
  assert.equal(run.audit.lines(), [
    'SLAVE-2 THREW TASK-0 #3 "load" Error: no file 0.txt',
    'THREW 10 times "load" Error: no file 0.txt',
    'SLAVE-2 THREW TASK-25 #3 "load" RangeError: too far',
    'THREW 25 times "load" Error: no file 0.txt',
  ]);
});

test('numbers of any length leave a long message of one kind', () => {
  const run = new Run();
  for (const n of [1, 22, 333]) run.throws('load', 'Error', `no file ${n}.txt ${'in there '.repeat(100)}`);
  run.thrown.end();
  const [first = '', ...others] = run.audit.lines();
  assert.match(first, /^SLAVE-2 THREW TASK-0 #3 "load" Error: no file 1\.txt in there .*…$/);
  assert.equal(
    others.map((line) => line.slice(0, 40)),
    ['THREW 3 times "load" Error: no file 1.tx'],
  );
});

test('beyond five kinds of an algorithm they are counted together', () => {
  const run = new Run();
  for (const letter of 'abcdefgh') run.throws('parse', 'SyntaxError', letter);
  run.throws('load', 'Error', 'a');
  run.thrown.end();
  assert.equal(run.audit.lines().slice(4), [
    'SLAVE-2 THREW TASK-4 #3 "parse" SyntaxError: e',
    'THREW 1 times "parse"',
    'SLAVE-2 THREW TASK-8 #3 "load" Error: a',
    'THREW 3 times "parse"',
  ]);
});

test('an observer is told every error once, also those beyond five kinds: by class and line, and then together', () => {
  const run = new Run();
  const news = (most = 100) =>
    run.thrown
      .takeNews(most)
      .map(({ message, frame, count }) => `${count} ${message}${frame === undefined ? '' : ` at ${frame}`}`);
  for (const letter of 'abcdeaa') run.throws('parse', 'E', letter);
  assert.equal(news(2), ['3 E: a', '1 E: b']);
  assert.equal(news(), ['1 E: c', '1 E: d', '1 E: e']);
  for (const letter of 'bxyz') run.throws('parse', 'E', letter, 'E\n    at f (jobs.js:1:2)');
  for (let line = 0; line < 30; line++)
    run.throws('parse', 'E', `w${line}w`, `E\n    at g (jobs.js:${line}:2)`);
  const [first, second, third, ...rest] = news();
  assert.equal(
    [first, second, third],
    ['1 E: b', '3 E: x at f (jobs.js:1:2)', '1 E: w0w at g (jobs.js:0:2)'],
  );
  assert.equal([rest.length, rest.at(-1)], [19, '11 undefined']);
  assert.equal(news(), []);
});

test('a message is one bounded line, whatever is in it', () => {
  const run = new Run();
  run.throws('load', 'Error', `\u001b[31mred\nnext ${'x'.repeat(100_000)}`);
  const [line = ''] = run.audit.lines();
  assert.match(line, /^SLAVE-2 THREW TASK-0 #3 "load" Error: \\u001b\[31mred\\nnext x+…$/);
  assert.ok(line.length < 400, `${line.length}`);
});

test("an error came from the first line of its stack that is the program's own, in few words", () => {
  const stackOf = (...lines: string[]): string => ['E: at once (x.js:1:1)', ...lines].join('\n');
  const inner = '    at node:internal/process/task_queues:95:5';
  const library = '    at run (file:///home/me/app/node_modules/ts-mw/dist/lib/index.js:1:1)';
  const cases: [string | undefined, string | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    [stackOf(inner, library), undefined],
    [stackOf(inner, '    at work (file:///home/me/app/jobs.js:12:9)', library), 'work (app/jobs.js:12:9)'],
    [
      stackOf('    at async Object.<anonymous> (/a/b.js:1:2)', '    at /a/b/c.js:3:4'),
      'async Object.<anonymous> (a/b.js:1:2)',
    ],
    [stackOf('    at Array.map (<anonymous>)', '    at /a/b/c.js:3:4'), 'b/c.js:3:4'],
    [stackOf('    at work (C:\\me\\app\\jobs.js:1:2)'), 'work (app\\jobs.js:1:2)'],
    [stackOf(`    at ${'f'.repeat(200)} (jobs.js:1:2)`), `…${'f'.repeat(106)} (jobs.js:1:2)`],
    [stackOf(...new Array<string>(60).fill(inner), '    at work (jobs.js:1:2)'), undefined],
  ];
  for (const [stack, frame] of cases) assert.is(ownFrame(stack), frame);
});

test.run();
