/** Many small tasks, queued and drawn. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measureMillion } from '../../bench/load/million.js';

const test = suite('many tasks');

test('twenty thousand of a kilobyte have one fate each, in bounded memory', async () => {
  for (const { what, failures } of await measureMillion({ tasks: 20_000 })) assert.equal(failures, [], what);
});

test.run();
