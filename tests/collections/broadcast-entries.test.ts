/** Entries of a broadcast: their readers, the end of an iteration, and those that nobody reads. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BroadcastEntry } from '../../src/algorithms/submitter.js';
import type { SlaveId } from '../../src/algorithms/types.js';
import { BroadcastEntries } from '../../src/collections/parts/broadcast-entries.js';
import { UsageError } from '../../src/errors.js';
import { rejection } from './farm.js';

const test = suite('collections/broadcast entries');

class Stage {
  readonly end = new AbortController();
  readonly entries = new BroadcastEntries<number>(this.end.signal);
  readonly reader = this.entries[Symbol.asyncIterator]();
  stops = 0;

  /** The broadcast of a master that has these slaves. */
  constructor(...sids: number[]) {
    for (const sid of sids) this.entries.owe(`SLAVE-${sid}`);
    this.entries.begun(() => this.stops++);
  }

  /** The slave's packet is its number. */
  take(...sids: number[]): void {
    for (const sid of sids) this.entries.take({ sid: `SLAVE-${sid}`, status: 'ok', packet: sid });
  }

  async read(): Promise<SlaveId | 'end'> {
    const { done, value } = await this.reader.next();
    return done ? 'end' : (value as BroadcastEntry<number>).sid;
  }
}

test('all of the call come in the order of the slaves, however they arrive, and are still to be read', async () => {
  const stage = new Stage(0, 1);
  const all = stage.entries.all();
  stage.entries.owe('SLAVE-2');
  stage.take(2, 1, 0);
  assert.equal(
    (await all).map(({ sid }) => sid),
    ['SLAVE-0', 'SLAVE-1'],
  );
  assert.equal(await stage.entries.all(), await all);
  assert.equal(
    [await stage.read(), await stage.read(), await stage.read()],
    ['SLAVE-2', 'SLAVE-1', 'SLAVE-0'],
  );
});

test('each is read once, by whoever waits longest, and all end together', async () => {
  const stage = new Stage(0);
  const reads = [stage.read(), stage.read(), stage.read()];
  stage.take(0);
  stage.entries.stop();
  stage.entries.stop();
  assert.equal(await Promise.all(reads), ['SLAVE-0', 'end', 'end']);
  assert.equal([await stage.read(), stage.entries.pending, stage.stops], ['end', 0, 2]);
});

test('after stop it goes on until those that owe one are heard of', async () => {
  const stage = new Stage(0);
  stage.entries.stop();
  const reads = [stage.read(), stage.read()];
  assert.is(stage.entries.pending, 1);
  stage.take(0);
  assert.equal(await Promise.all(reads), ['SLAVE-0', 'end']);
});

test('the end of the master rejects what waits, but what has come can be read', async () => {
  const stage = new Stage(0, 1);
  stage.take(0);
  const all = rejection(stage.entries.all());
  assert.is(await stage.read(), 'SLAVE-0');
  const read = rejection(stage.read());
  stage.end.abort(new Error('the end'));
  for (const error of [await all, await read, await rejection(stage.read())]) {
    assert.is((error as Error).message, 'the end');
  }
  const complete = new Stage(0);
  complete.take(0);
  complete.entries.stop();
  complete.end.abort(new Error('the end'));
  assert.equal([await complete.read(), await complete.read()], ['SLAVE-0', 'end']);
  assert.is((await complete.entries.all()).length, 1);
});

test('beyond ten thousand the oldest are dropped, which is said once', async () => {
  const stage = new Stage();
  for (let sid = 0; sid < 10_003; sid++) {
    stage.entries.owe(`SLAVE-${sid}`);
    stage.take(sid);
  }
  const error = await rejection(stage.read());
  assert.ok(error instanceof UsageError && /^the 3 oldest entries .*10000 were unread/.test(error.message));
  assert.is(await stage.read(), 'SLAVE-3');
});

test.run();
