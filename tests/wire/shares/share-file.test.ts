import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SharedContent, SharedValue } from '../../../src/algorithms/shared.js';
import { UsageError } from '../../../src/errors.js';
import { openShare } from '../../../src/wire/shares/share-body.js';
import { shareFile } from '../../../src/wire/shares/share-file.js';

const it = suite('share-file');

let folder = '';
it.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'ts-mw-test-'));
});
it.after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const contentOf = async (path: string): Promise<SharedContent> =>
  ((await shareFile(path)) as unknown as SharedValue).content as SharedContent;

it('has the name and the bytes of the file, read in pieces', async () => {
  for (const size of [0, 1, 5_000]) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
    const content = await contentOf(file('data.bin', bytes));
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < content.size; at += 999)
      pieces.push(content.read(at, Math.min(content.size, at + 999)));
    const body = openShare(Buffer.concat(pieces));
    assert.is(body.file, 'data.bin');
    assert.ok(body.file !== undefined && bytes.equals(body.bytes));
  }
});

it('has another key for another name or other bytes', async () => {
  const keys = [
    await shareFile(file('a.txt', 'x')),
    await shareFile(file('b.txt', 'x')),
    await shareFile(file('a.txt', 'y')),
  ].map(({ key }) => key);
  assert.is(new Set(keys).size, 3);
  assert.is((await shareFile(file('a.txt', 'x'))).key, keys[0]);
});

it('refuses a name that a slave could not give its copy, before a task needs it', async () => {
  const error: unknown = await shareFile(file('a\\b.txt', 'x')).catch((refusal: unknown) => refusal);
  assert.instance(error, UsageError);
  assert.match(String(error), /name has a backslash, and not every machine can have that; rename it/);
});

it('refuses what is not a file, or not there', async () => {
  const refused = async (path: string): Promise<unknown> =>
    shareFile(path).then(
      () => undefined,
      (error: unknown) => error,
    );
  assert.instance(await refused(folder), UsageError);
  assert.match(String(await refused(join(folder, 'none'))), /ENOENT/);
  const url = new URL('file:///a.txt') as unknown as string;
  assert.match(
    String(await refused(url)),
    /takes the path of a file; got file:\/\/\/a\.txt; write shareFile\(fileURLToPath\(url\)\)/,
  );
});

it('does not read a file that has changed', async () => {
  const path = file('log.txt', 'one\n');
  const content = await contentOf(path);
  appendFileSync(path, 'two\n');
  assert.throws(() => content.read(0, content.size), /log\.txt has changed since it was shared/);
  const other = file('same.txt', 'abc');
  const same = await contentOf(other);
  writeFileSync(other, 'xyz');
  utimesSync(other, 1, 1);
  assert.throws(() => same.read(0, same.size), /has changed/);
});

it.run();
