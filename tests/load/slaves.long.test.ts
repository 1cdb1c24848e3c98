/** Many slave processes on one master. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measureSlaves } from '../../bench/load/slaves.js';

const test = suite('slave processes');

test('thirty of them all work, and none is lost', async () => {
  for (const { what, failures } of await measureSlaves({ slaves: 30 })) assert.equal(failures, [], what);
});

test.run();
