/** The log that makes results safe from SIGKILL: what it reads again, and when it empties its files. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { crc32, slowCrc32 } from '../../../src/master/checkpoint/crc32.js';
import {
  encodeBatch,
  placeOf,
  ResultLog,
  resultsOf,
  VALUE_HEAD_BYTES,
} from '../../../src/master/checkpoint/result-log.js';
import type { Task } from '../../../src/master/model/task.js';
import { createEntry, createTask } from '../parts.js';

const log = suite('result log');
const work = createEntry('work');

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-log-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function task(number: number): Task {
  const task = createTask(number, work);
  task.storeUnder({ occurrence: 7, digest: undefined });
  return task;
}

const batchOf = (first: number, texts: readonly string[]) =>
  encodeBatch(
    first,
    texts.map((text, index) => ({
      task: task(index),
      algorithm: 5,
      body: { text, raws: [Buffer.from('!')] },
    })),
  );

log('reads what it wrote, whole', () =>
  inFolder(async (folder) => {
    const { log } = ResultLog.open(folder);
    await log.append(batchOf(0, ['a', 'é']));
    await log.append(batchOf(2, ['c']));
    log.close();
    const { log: again, batches } = ResultLog.open(folder);
    again.close();
    assert.equal(
      batches.map(({ first, count }) => [first, count]),
      [
        [0, 2],
        [2, 1],
      ],
    );
    const results = batches.flatMap((batch) => [...resultsOf(batch)]);
    assert.equal(
      results.map(({ algorithm, key, value }) => [
        algorithm,
        Buffer.from(key).toString('latin1'),
        placeOf(key, value),
        Buffer.from(value)
          .subarray(VALUE_HEAD_BYTES + 4)
          .toString(),
      ]),
      [
        [5, '\0\0\0\x05[0]\0\0\0\x07', 0, 'a!'],
        [5, '\0\0\0\x05[1]\0\0\0\x07', 1, 'é!'],
        [5, '\0\0\0\x05[0]\0\0\0\x07', 2, 'c!'],
      ],
    );
  }),
);

log('has its files take turns, and empties one when the store has it', () =>
  inFolder(async (folder) => {
    const { log } = ResultLog.open(folder);
    const sizes = (): boolean[] => ['log.0', 'log.1'].map((name) => statSync(join(folder, name)).size > 0);
    const large = 'x'.repeat(9_000_000);
    await log.append(batchOf(0, [large]));
    await log.append(batchOf(1, ['a']));
    assert.equal(sizes(), [true, true]);
    log.release(0);
    assert.equal(sizes(), [true, true], 'its result is not in the store');
    await log.append(batchOf(2, [large]));
    await log.append(batchOf(3, ['b']));
    log.release(1);
    assert.equal(sizes(), [false, true]);
    await log.append(batchOf(4, ['c']));
    assert.equal(sizes(), [true, true]);
    log.close();
    const { log: again, batches } = ResultLog.open(folder);
    assert.equal(
      batches.map(({ first }) => first),
      [1, 2, 3, 4],
    );
    again.clear();
    assert.equal(sizes(), [false, false]);
    again.close();
  }),
);

log('has the checksum of zlib, also on a Node whose zlib has none', () => {
  const bytes = Buffer.from('123456789');
  for (const one of [crc32, slowCrc32]) {
    assert.is(one(bytes, 0), 0xcbf43926);
    assert.is(one(bytes.subarray(4), one(bytes.subarray(0, 4), 0)), 0xcbf43926);
  }
});

log('reads no batch that was cut off or damaged, nor what follows it', () =>
  inFolder(async (folder) => {
    const whole = [batchOf(0, ['a']).bytes, batchOf(1, ['b']).bytes] as const;
    const path = join(folder, 'log.0');
    const firsts = (bytes: Uint8Array): number[] => {
      writeFileSync(path, bytes);
      const { log, batches } = ResultLog.open(folder);
      log.close();
      return batches.map(({ first }) => first);
    };
    const both = Buffer.concat(whole);
    assert.equal(firsts(both), [0, 1]);
    const { length } = whole[0];
    for (const cut of [length, length + 1, length + 31, length + 32, both.length - 1]) {
      assert.equal(firsts(both.subarray(0, cut)), [0], `${cut} bytes`);
    }
    for (const at of [0, 20, length - 1]) {
      const damaged = Buffer.from(both);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
      assert.equal(firsts(damaged), [], `byte ${at}`);
    }
    assert.equal(firsts(Buffer.alloc(0)), []);
  }),
);

log('tells bytes that the disk has changed from those that were stored', () => {
  const [result] = resultsOf(batchOf(4, ['a']));
  if (result === undefined) throw new Error('a batch of one has none');
  const { key, value } = result;
  assert.is(placeOf(key, value), 4);
  for (const at of [0, 8, value.length - 1]) {
    const damaged = Buffer.from(value);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    assert.is(placeOf(key, damaged), undefined, `byte ${at}`);
  }
  assert.is(placeOf(Buffer.from('another'), value), undefined);
  assert.is(placeOf(key, value.subarray(0, VALUE_HEAD_BYTES - 1)), undefined);
});

log.run();
