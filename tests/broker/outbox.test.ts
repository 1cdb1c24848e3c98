/** The outbox before a socket whose kernel takes all, or nothing for a while. */
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Outbox } from '../../src/broker/outbox.js';

interface Stage {
  readonly outbox: Outbox;
  /** The writes that the kernel was given, each a string; several parts are one write. */
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
  const take = (read: () => string, done: () => void): void => {
    const index = writes.push(read()) - 1;
    const finish = (): void => {
      // Only now are the bytes copied: nobody may have written into them.
      writes[index] = read();
      done();
    };
    if (kernelIsFull) waiting.push(finish);
    else finish();
  };
  const socket = new Writable({
    write: (chunk: Buffer, _, done) => take(() => chunk.toString(), done),
    writev: (chunks, done) => take(() => chunks.map(({ chunk }) => String(chunk)).join(''), done),
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

const BLOCK = 64 * 1024;
const KEPT = 16 * 1024;

outbox('it is ripe when a block is full, unless the kernel is', async () => {
  for (const kernelIsFull of [false, true]) {
    const here = stage(kernelIsFull);
    append(here, 'x'.repeat(BLOCK - 1));
    assert.not(here.outbox.isRipe);
    append(here, 'y');
    assert.ok(here.outbox.isRipe);
    here.outbox.flush();
    assert.not(here.outbox.isRipe);
    append(here, 'z'.repeat(2 * BLOCK));
    assert.is(here.outbox.isRipe, !kernelIsFull);
    assert.is(here.outbox.pending, (kernelIsFull ? 3 : 2) * BLOCK);
    assert.is(here.total(), here.outbox.pending);
    here.outbox.close();
    assert.not(here.outbox.isRipe);
    await here.release();
  }
});

outbox('it keeps large pieces that will not change, and copies all others', () => {
  for (const [size, owned, isKept] of [
    [KEPT, true, true],
    [KEPT - 1, true, false],
    [KEPT, false, false],
  ] as const) {
    const here = stage(false);
    const bytes = Buffer.alloc(size + 20, 'x');
    here.outbox.append(bytes, 10, 10 + size, owned);
    bytes.fill('y');
    here.outbox.flush();
    assert.equal(here.writes, [(isKept ? 'y' : 'x').repeat(size)], `${size} ${owned}`);
  }
});

outbox('it takes exactly the piece of the bytes that it is told to, at every size', () => {
  const here = stage(false);
  const bytes = Buffer.from(Array.from({ length: 100 }, (_, n) => `${n}:`).join(''));
  let expected = '';
  for (const size of [0, 1, 2, 127, 128, 129, 200]) {
    for (const start of [0, 1, 50]) {
      here.outbox.append(bytes, start, start + size, false);
      expected += bytes.toString('latin1', start, start + size);
    }
  }
  assert.is(here.outbox.pending, expected.length);
  here.outbox.flush();
  assert.equal(here.writes, [expected]);
});

outbox('it fills a block to its last byte, and goes on in the next', () => {
  for (const size of [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK]) {
    const here = stage(false);
    append(here, 'x'.repeat(size));
    append(here, 'yz');
    here.outbox.flush();
    append(here, 'after');
    here.outbox.flush();
    assert.equal(here.writes, [`${'x'.repeat(size)}yz`, 'after'], `${size}`);
    assert.is(here.total(), 0);
  }
});

outbox('two of them never fill the same block', async () => {
  const [busy, other] = [stage(true), stage(false)];
  append(busy, 'first');
  busy.outbox.flush();
  for (let round = 0; round < 3; round++) {
    append(other, 'other');
    other.outbox.flush();
  }
  append(busy, 'second');
  append(other, 'third');
  other.outbox.flush();
  await busy.release();
  await busy.release();
  assert.equal(busy.writes, ['first', 'second']);
  assert.equal(other.writes, ['other', 'other', 'other', 'third']);
});

outbox('it gives all to the socket at its end, though an earlier write is under way', async () => {
  const here = stage(true);
  append(here, 'first');
  here.outbox.flush();
  append(here, 'second');
  append(here, 'x'.repeat(KEPT), true);
  here.outbox.finish();
  assert.is(here.inSocket(), 'firstsecond'.length + KEPT);
  assert.is(here.outbox.pending, here.inSocket());
  assert.is(here.total(), here.inSocket());
  here.outbox.finish();
  here.outbox.flush();
  assert.is(here.inSocket(), 'firstsecond'.length + KEPT, 'nothing is left to give');
  here.outbox.close();
  here.outbox.close();
  assert.equal([here.outbox.pending, here.total()], [0, 0]);
  await here.release();
  await here.release();
  assert.equal(here.writes.join(''), `firstsecond${'x'.repeat(KEPT)}`, 'what the socket has is sent');
});

outbox('it writes nothing where nothing waits, and nothing after its end', () => {
  const here = stage(false);
  here.outbox.flush();
  here.outbox.finish();
  append(here, '');
  here.outbox.flush();
  append(here, 'x');
  here.outbox.close();
  here.outbox.flush();
  here.outbox.finish();
  append(here, 'y');
  here.outbox.finish();
  assert.equal([here.writes, here.outbox.pending, here.total()], [[], 0, 0]);
});

outbox('it says once when all is written, not before, and to each who asks once', async () => {
  const here = stage(true);
  const told: string[] = [];
  const [a, b] = ['a', 'b'].map((name) => () => void told.push(name));
  append(here, 'first');
  for (const listener of [a, b, a]) here.outbox.whenWritten(listener as () => void);
  here.outbox.flush();
  append(here, 'second');
  await here.release();
  assert.equal([told, here.outbox.pending], [[], 'second'.length]);
  await here.release();
  assert.equal([told, here.outbox.pending], [['a', 'b'], 0]);
  append(here, 'third');
  here.outbox.flush();
  await here.release();
  assert.equal(told.splice(0), ['a', 'b']);
});

outbox('it says so also when all is written at once, and when nothing will be', () => {
  for (const end of ['flush', 'finish', 'close'] as const) {
    const here = stage(false);
    let told = 0;
    append(here, 'x');
    here.outbox.whenWritten(() => told++);
    here.outbox[end]();
    assert.is(told, 1, end);
    here.outbox[end]();
    assert.is(told, 1, end);
  }
});

outbox.run();
