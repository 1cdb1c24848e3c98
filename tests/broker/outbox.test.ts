/** The outbox before a socket whose kernel takes all, or nothing for a while. */
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Outbox } from '../../src/broker/outbox.js';

interface Stage {
  readonly outbox: Outbox;
  /** What the kernel was given, a string a write; several parts are one write. */
  readonly writes: string[];
  /** Lets the kernel take what it was given. */
  release(): Promise<void>;
  total(): number;
  /** Bytes that the socket has not got rid of. */
  inSocket(): number;
}

function stage(kernelIsFull: boolean): Stage {
  const writes: string[] = [];
  const waiting: (() => void)[] = [];
  const take = (bytes: string, done: () => void): void => {
    writes.push(bytes);
    if (kernelIsFull) waiting.push(done);
    else done();
  };
  const socket = new Writable({
    write: (chunk: Buffer, _, done) => take(chunk.toString(), done),
    writev: (chunks, done) => take(chunks.map(({ chunk }) => String(chunk)).join(''), done),
  });
  let total = 0;
  const outbox = new Outbox(socket as Socket, (change) => {
    total += change;
  });
  return {
    outbox,
    writes,
    total: () => total,
    inSocket: () => socket.writableLength,
    async release() {
      for (const done of waiting.splice(0)) done();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function append({ outbox }: Stage, text: string, owned = false): void {
  outbox.append(Buffer.from(text), 0, text.length, owned);
}

const outbox = suite('broker outbox');

outbox('it sends what came together in one write', () => {
  const here = stage(false);
  append(here, 'a');
  append(here, 'b'.repeat(20_000), true);
  append(here, 'c');
  here.outbox.flush();
  assert.equal(here.writes, [`a${'b'.repeat(20_000)}c`]);
  assert.is(here.outbox.pending, 0);
  assert.is(here.total(), 0);
});

outbox('it keeps the order of pieces larger than its blocks', () => {
  const here = stage(false);
  const text = Array.from({ length: 40_000 }, (_, index) => `${index},`).join('');
  append(here, text);
  append(here, text, true);
  append(here, 'end');
  here.outbox.flush();
  assert.is(here.writes.join(''), `${text}${text}end`);
});

outbox('it writes nothing while the kernel is full, and then all of it at once', async () => {
  const here = stage(true);
  append(here, 'first');
  here.outbox.flush();
  for (let i = 0; i < 100; i++) {
    append(here, 'x');
    here.outbox.flush();
  }
  assert.equal(here.writes, ['first']);
  // Each write would take a block of its own: a hundred bytes would hold six megabytes.
  assert.is(here.inSocket(), 'first'.length);
  assert.is(here.outbox.pending, 105);
  assert.is(here.total(), 105);
  await here.release();
  assert.equal(here.writes, ['first', 'x'.repeat(100)]);
  await here.release();
  assert.is(here.outbox.pending, 0);
  assert.is(here.total(), 0);
});

outbox('it does not write into bytes that are on their way', async () => {
  const here = stage(true);
  append(here, 'first');
  here.outbox.flush();
  append(here, 'second');
  await here.release();
  assert.equal(here.writes, ['first', 'second']);
});

outbox('it counts nothing any more once it is closed', async () => {
  const here = stage(true);
  append(here, 'first');
  here.outbox.flush();
  append(here, 'second');
  here.outbox.close();
  assert.is(here.total(), 0);
  append(here, 'third');
  await here.release();
  assert.is(here.total(), 0);
  assert.equal(here.writes, ['first']);
});

outbox.run();
