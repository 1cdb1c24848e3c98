/** The view of a slave that a master shows: as the slave is, whatever became of its tasks. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { viewOf } from '../../../src/master/slaves/slave-view.js';
import { createEntry, Parts } from '../parts.js';

const views = suite('slave view');

views('a task that is cancelled before it began is no longer one of the slave', () => {
  const parts = new Parts();
  const [slave] = parts.slaves;
  assert.ok(slave);
  const [first, second] = parts.submit(2, createEntry());
  assert.ok(first && second);
  parts.dispatch();
  assert.is(viewOf(slave).tasks, 2);
  parts.settlement.giveUp(second, 'cancelled', 'test');
  assert.is(viewOf(slave).tasks, 1);
});

views.run();
