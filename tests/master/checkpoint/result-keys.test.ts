/** The keys of stored results: what is in them, and how long they are. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import { keyBytes, writeKey } from '../../../src/master/checkpoint/result-keys.js';
import { Task } from '../../../src/master/model/task.js';
import { createEntry, createTask } from '../parts.js';

const test = suite('master/result-keys');

function keyOf(task: Task, algorithm: number, from: number): string {
  const into = Buffer.alloc(100, '.');
  const end = writeKey(task, algorithm, into, from);
  assert.is(end - from, keyBytes(task));
  return into.toString('latin1', 0, end);
}

test('a key has the algorithm, the arguments with their binaries, and the occurrence', () => {
  const raws = [Buffer.from('ab'), Buffer.from('c')];
  const task = new Task(3, createEntry(), '[3]', raws, 6, DEFAULT_POLICY, undefined);
  assert.is(keyOf(task, 5, 2), '..\0\0\0\x05[3]abc\0\0\0\0', 'the first of its kind');
  task.storeUnder({ occurrence: 2, digest: undefined });
  assert.is(keyOf(task, 258, 0), '\0\0\x01\x02[3]abc\0\0\0\x02');
});

test('large arguments are replaced by their digest, after a byte that no arguments begin with', () => {
  const task = createTask(3, createEntry());
  task.storeUnder({ occurrence: 1, digest: Buffer.from('digest') });
  assert.is(keyOf(task, 5, 1), '.\0\0\0\x05\0digest\0\0\0\x01');
});

test.run();
