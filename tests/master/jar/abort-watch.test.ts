/** Tasks that hang on signals: cancelled together, and no listener outlives them. */

import { getEventListeners } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { createEntry, Parts } from '../parts.js';

const test = suite('master/abort-watch');
const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

test('a signal cancels all its tasks, queued and running, and no other', () => {
  const parts = new Parts();
  const controller = new AbortController();
  const { signal } = controller;
  const tasks = parts.submit(20, createEntry(), { signal });
  for (const task of tasks) parts.aborts.watch(task, signal);
  parts.submit(1);
  assert.is(listeners(signal), 1, 'one for all: more would bring a warning of a leak');
  parts.dispatch();
  controller.abort();
  assert.equal(
    parts.takeFates(),
    tasks.map(({ number }) => `${number} cancelled`),
  );
  assert.is(parts.jar.pending, 1);
  assert.is(listeners(signal), 0);
});

test('a signal is let go with its last task, and by a master that stops', () => {
  const parts = new Parts();
  const { signal } = new AbortController();
  const [slave] = parts.slaves as [SlaveRecord];
  const tasks = parts.submit(2, createEntry(), { signal });
  for (const task of tasks) parts.aborts.watch(task, signal);
  parts.dispatch();
  parts.results(slave, 0, [[0, 1]]);
  assert.is(listeners(signal), 1);
  parts.results(slave, 0, [[1, 1]]);
  assert.is(listeners(signal), 0);
  for (const task of parts.submit(2, createEntry(), { signal })) parts.aborts.watch(task, signal);
  parts.aborts.close();
  assert.is(listeners(signal), 0);
});

test.run();
