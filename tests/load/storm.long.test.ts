/** Slaves that come and go faster than any tasks could be worth it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measureStorm } from '../../bench/load/storm.js';

const test = suite('a storm of slaves');

test('each task has one fate while forty slaves join and leave each second', async () => {
  for (const { what, failures } of await measureStorm({ rate: 40, seconds: 3 }))
    assert.equal(failures, [], what);
});

test.run();
