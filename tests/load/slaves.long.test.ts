/** Many slave processes on one master. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measureSlaves } from '../../bench/load/slaves.js';

const test = suite('slave processes');

test('twelve of them all work, and none is lost', async () => {
  for (const { what, failures } of await measureSlaves({ slaves: 12 })) assert.equal(failures, [], what);
});

test.run();
