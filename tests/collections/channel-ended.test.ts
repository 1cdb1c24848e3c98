/** A channel whose master has ended: nobody waits for what cannot come. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { portable } from '../../src/algorithms/portable.js';
import { registerSubmitter } from '../../src/algorithms/submitter-context.js';
import { type Channel, makeChannel } from '../../src/collections/channel.js';
import { ComputingSubmitter } from './parts/computing-submitter.js';

const test = suite('collections/channel-ended');

const square = portable((n: number) => n * n);
const ENDED = new Error('the master has ended');

/** A full channel of a master that has not ended yet. */
async function full(): Promise<{
  readonly channel: Channel<number>;
  readonly submitter: ComputingSubmitter;
}> {
  const submitter = new ComputingSubmitter();
  const unregister = registerSubmitter(submitter);
  try {
    const channel = makeChannel<number>({ fixedCapacity: 1 });
    await channel.submitTask(square, 3);
    await submitter.computeAll();
    return { channel, submitter };
  } finally {
    unregister();
  }
}

test('a submission that waits for room rejects at the end, and a later one throws', async () => {
  const { channel, submitter } = await full();
  const waiting = channel.submitTask(square, 4).catch((error: unknown) => error);
  assert.is(channel.pending, 1);
  submitter.end.abort(ENDED);
  assert.is(await waiting, ENDED);
  assert.throws(
    () => channel.submitTask(square, 5),
    (error: unknown) => error === ENDED,
  );
  assert.equal([channel.pending, submitter.submitted], [0, 1]);
});

test('results that have come are received, and then the end', async () => {
  const { channel, submitter } = await full();
  submitter.end.abort(ENDED);
  assert.is(await channel.receiveResult(), 9);
  assert.is(await channel.receiveResult().catch((error: unknown) => error), ENDED);
  assert.is(await channel.tryReceiveResult({ timeout: 9 }).catch((error: unknown) => error), ENDED);
  const values: number[] = [];
  for await (const value of channel) values.push(value);
  assert.equal(values, [], 'nothing is pending');
});

test.run();
