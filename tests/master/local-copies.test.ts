import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ShareCopy, SharedContent, SharedValue } from '../../src/algorithms/shared.js';
import { LocalCopies } from '../../src/master/local-copies.js';
import { readCopy } from '../../src/slave/shares/read-copy.js';
import { share } from '../../src/wire/shares/share.js';
import { shareFile } from '../../src/wire/shares/share-file.js';

const it = suite('master/local-copies');

const folder = mkdtempSync(join(tmpdir(), 'ts-mw-test-'));
const contentOf = (handle: unknown): SharedContent => (handle as SharedValue).content as SharedContent;
/** Not a multiple of what is written or read at a time. */
const content = contentOf(share(new Uint8Array(9_000_001).map((_, index) => index % 251)));
const onLinux = process.platform === 'linux' ? it : it.skip;

const madeBy = (copies: LocalCopies, of: SharedContent): Promise<ShareCopy | undefined> =>
  new Promise((resolve) => copies.make(of, resolve));

function contentRead(path: string, bytes: number, mark?: string): Promise<Buffer | undefined> {
  const room = Buffer.alloc(bytes);
  const came: Uint8Array[] = [];
  return new Promise((resolve) => {
    readCopy({ path, mark }, room, {
      onRead: (bytes) => came.push(bytes),
      onEnd: (isRead) => resolve(isRead ? Buffer.concat(came) : undefined),
    });
  });
}

onLinux('a copy has all bytes and no name, for its user only', async () => {
  const copies = new LocalCopies(folder);
  const { path, head, mark } = (await madeBy(copies, content)) as ShareCopy;
  assert.is(head.byteLength, 0);
  assert.equal(readdirSync(folder), []);
  assert.is(statSync(path).mode & 0o777, 0o600);
  const bytes = await contentRead(path, content.size, mark);
  assert.is(bytes?.compare(content.read(0, content.size)), 0);
  assert.is(await contentRead(path, content.size, mark?.replace(/./, 'x')), undefined, 'another file');
  assert.is(await contentRead(path, content.size), undefined);
  copies.close();
  copies.close();
  await until(() => statSync(path, { throwIfNoEntry: false }) === undefined);
});

onLinux('another copy of it may be made at once, and the first one is never told of', async () => {
  const copies = new LocalCopies(folder);
  let told = 0;
  copies.make(content, () => told++);
  copies.remove(content.key);
  assert.ok(await madeBy(copies, content));
  assert.is(told, 0);
  copies.close();
});

it('there is none where the folder takes none, or the content cannot be read', async () => {
  assert.is(await madeBy(new LocalCopies(join(folder, 'missing')), content), undefined);
  const unreadable: SharedContent = {
    key: 'x'.repeat(43),
    size: 9,
    value: () => 0,
    read: () => {
      throw new Error('it has changed');
    },
  };
  assert.is(await madeBy(new LocalCopies(folder), unreadable), undefined);
  const huge = { ...unreadable, size: Number.MAX_SAFE_INTEGER };
  assert.is(await madeBy(new LocalCopies(folder), huge), undefined);
  assert.equal(readdirSync(folder), []);
});

it('a shared file is its own copy, behind its name', async () => {
  const path = join(folder, 'words.txt');
  writeFileSync(path, 'words');
  const shared = contentOf(await shareFile(path));
  const copies = new LocalCopies(folder);
  const copy = (await madeBy(copies, shared)) as ShareCopy;
  copies.close();
  assert.equal([copy.path, copy.mark], [path, undefined]);
  const bytes = (await contentRead(path, 5)) as Buffer;
  assert.equal(Buffer.concat([copy.head, bytes]), shared.read(0, shared.size));
  rmSync(path);
});

it('only a file of just that size is read', async () => {
  const path = join(folder, 'five');
  writeFileSync(path, 'words');
  mkdirSync(join(folder, 'folder'));
  const paths: [string, number][] = [
    [path, 4],
    [path, 6],
    [join(folder, 'missing'), 5],
    [join(folder, 'folder'), 5],
  ];
  if (process.platform !== 'win32') {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    paths.push([join(folder, 'pipe'), 5], ['/dev/zero', 5]);
  }
  for (const [path, bytes] of paths) assert.is(await contentRead(path, bytes), undefined, path);
});

it('nothing is said of a read that was stopped', async () => {
  const path = join(folder, 'five');
  let said = 0;
  const stop = readCopy({ path }, Buffer.alloc(5), { onRead: () => said++, onEnd: () => said++ });
  stop();
  assert.ok(await contentRead(path, 5));
  assert.is(said, 0);
});

it.after(() => rmSync(folder, { recursive: true }));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

it.run();
