/** A master algorithm that takes its results more slowly than they come. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measureBacklog } from '../../bench/load/backlog.js';

const test = suite('a backlog of results');

test('what comes too fast is held back, and nothing is lost', async () => {
  for (const { what, failures } of await measureBacklog({ share: 0.02 })) assert.equal(failures, [], what);
});

test.run();
