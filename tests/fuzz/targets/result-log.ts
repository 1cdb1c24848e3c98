/**
 * The log of a checkpoint, damaged: edits of five bytes each (which file, what, where twice, a value). The
 * batches that are read back were written, whole and byte for byte, or the log is refused in words.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeBatch, ResultLog, resultsOf } from '../../../src/master/checkpoint/result-log.js';
import { createEntry, createTask } from '../../master/parts.js';
import type { Random } from '../../wire/values/random-value.js';
import type { FuzzTarget } from '../driver.js';

const BATCHES = 6;
const entry = createEntry();

const written = Array.from({ length: BATCHES }, (_, batch) => {
  const results = Array.from({ length: 3 }, (_, index) => {
    const task = createTask(batch * 3 + index, entry);
    task.storeUnder({ occurrence: 0, digest: undefined });
    return { task, algorithm: 1, body: { text: `[0,1,5,"result ${batch} ${index}"]`, raws: [] } };
  });
  return encodeBatch(batch * 3, results).bytes;
});
const originals = new Set(written.map((bytes) => bytes.toString('latin1')));
const FILES = [Buffer.concat(written.slice(0, 3)), Buffer.concat(written.slice(3))];

let folder: string | undefined;

function damaged(edits: Buffer): Buffer[] {
  const files: Buffer[] = FILES.map((file) => Buffer.from(file));
  for (let at = 0; at + 5 <= edits.length; at += 5) {
    const [which = 0, what = 0, value = 0] = [edits[at], edits[at + 1], edits[at + 4]];
    const number = which & 1;
    const file = files[number] as Buffer;
    const place = edits.readUInt16BE(at + 2) % (file.length + 1);
    if (what % 6 === 0) files[number] = file.subarray(0, place);
    else if (what % 6 === 1) files.reverse();
    else if (what % 6 === 2)
      files[number] = Buffer.concat([file, FILES[1 - number] as Buffer]).subarray(0, 8_192);
    else if (what % 6 === 3) files[number] = file.subarray(place);
    else if (place < file.length) file[place] = value;
  }
  return files;
}

export const resultLogTarget: FuzzTarget = {
  name: 'result-log',
  seeds: () => [
    Buffer.alloc(0),
    Buffer.from([0, 4, 0, 40, 9]),
    Buffer.from([0, 1, 0, 0, 0]),
    Buffer.from([1, 0, 0, 99, 0]),
  ],
  dictionary: ['\x00\x02\x00\x00\x00', '\x01\x01\x00\x00\x00'],
  mostBytes: 100,
  generate: (random: Random) =>
    Uint8Array.from({ length: 5 * (1 + random.below(4)) }, () => random.below(256)),
  run(input) {
    folder ??= mkdtempSync(join(tmpdir(), 'ts-mw-fuzz-'));
    for (const [index, bytes] of damaged(input).entries()) writeFileSync(join(folder, `log.${index}`), bytes);
    const { log, batches } = ResultLog.open(folder);
    log.close();
    let results = 0;
    for (const batch of batches) {
      if (!originals.has(batch.bytes.toString('latin1')))
        throw new Error('a batch was read that was never written');
      results += [...resultsOf(batch)].length;
    }
    return `${batches.map(({ first }) => first).join()} ${results}`;
  },
  close() {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  },
};
