/** Tasks that hang on signals: cancelled together, and no listener outlives them. */

import { getEventListeners } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { Task } from '../../../src/master/model/task.js';
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

test('a scope cancels its tasks in their order, whichever have their fates, and also those that have its signal', () => {
  const parts = new Parts();
  const controller = new AbortController();
  const { signal } = controller;
  const [slave] = parts.slaves as [SlaveRecord];
  const entry = createEntry();
  const inScope = parts.submit(6, entry, {}, signal);
  const [both] = parts.submit(1, entry, { signal }, signal);
  const [own] = parts.submit(1, entry, { signal });
  for (const task of [...inScope, both, both, own]) parts.aborts.watch(task as Task, signal);
  parts.dispatch();
  parts.results(slave, 0, [[1, 1]]);
  parts.aborts.forget(inScope[1] as Task, signal);
  parts.aborts.forget(inScope[4] as Task, signal);
  parts.aborts.forget(inScope[4] as Task, signal);
  parts.takeFates();
  assert.is(listeners(signal), 1);
  controller.abort();
  const cancelled = [0, 2, 3, 5].map((place) => inScope[place] as Task);
  assert.equal(
    parts.takeFates(),
    [...cancelled, both as Task, own as Task].map(({ number }) => `${number} cancelled`),
  );
  assert.is(listeners(signal), 0);
});

test.run();
