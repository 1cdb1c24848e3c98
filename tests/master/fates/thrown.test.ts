/** What tasks throw, in the trail: the first messages of each kind, and how often they came. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMemoryTrail } from '../../../src/audit/memory-trail.js';
import { TaskError } from '../../../src/errors.js';
import { Thrown } from '../../../src/master/fates/thrown.js';
import type { TaskFate } from '../../../src/master/model/task-fate.js';

const test = suite('what tasks throw');

class Run {
  readonly audit = createMemoryTrail();
  readonly thrown = new Thrown(this.audit);
  #number = 0;

  throws(algorithm: string, name: string, message: string): void {
    const taskId = `TASK-${this.#number++}`;
    const run = { taskId, algorithm, sid: 'SLAVE-2', attempt: 3, submittedAt: undefined };
    const error = new TaskError({ name, message, fields: {} }, run);
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

test('a message is one bounded line, whatever is in it', () => {
  const run = new Run();
  run.throws('load', 'Error', `\u001b[31mred\nnext ${'x'.repeat(100_000)}`);
  const [line = ''] = run.audit.lines();
  assert.match(line, /^SLAVE-2 THREW TASK-0 #3 "load" Error: \\u001b\[31mred\\nnext x+…$/);
  assert.ok(line.length < 400, `${line.length}`);
});

test.run();
