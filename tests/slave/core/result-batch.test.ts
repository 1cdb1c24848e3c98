/** Results on their way into one message. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ResultBatch } from '../../../src/slave/core/result-batch.js';
import { RESULT_STATUS } from '../../../src/wire/messages/entries.js';

const batch = suite('slave/result-batch');

batch('it takes more binaries than arguments fit a call', () => {
  const raws = new Array<Uint8Array>(300_000).fill(new Uint8Array(0));
  const full = new ResultBatch(1, 0);
  full.add(1, 1, RESULT_STATUS.packet, 5, { text: '0', raws, byteLength: 1 });
  assert.is(full.body(false).raws.length, raws.length);
});

batch.run();
