/** Results of ten megabytes, which travel in many chunks. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measureLarge } from '../../bench/load/large.js';

const test = suite('large results');

test('twenty of ten megabytes arrive whole, in bounded memory', async () => {
  for (const { what, failures } of await measureLarge({ results: 20 })) assert.equal(failures, [], what);
});

test.run();
