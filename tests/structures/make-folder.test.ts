/** `makeFolder`: whole paths, folders that are there, and places where none can be made. */
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeFolder } from '../../src/structures/make-folder.js';

const test = suite('structures/make-folder');
const folder = mkdtempSync(join(tmpdir(), 'ts-mw-make-folder-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const codeOf = (path: string): unknown => {
  try {
    makeFolder(path);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
};

test('it makes a folder with those above it, and leaves one alone that is there', () => {
  const deep = join(folder, 'a', 'b', 'c');
  makeFolder(deep, 0o700);
  makeFolder(deep);
  makeFolder(`${join(folder, 'd', 'e')}/../f/`);
  for (const path of [join(folder, 'a'), deep]) assert.is(statSync(path).mode & 0o777, 0o700);
  assert.ok(existsSync(join(folder, 'd', 'f')));
  symlinkSync(deep, join(folder, 'link'));
  assert.is(codeOf(join(folder, 'link')), undefined);
});

test('it throws what the system says, and returns', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  symlinkSync(join(folder, 'gone'), join(folder, 'dangling'));
  assert.equal([file, join(file, 'x', 'y'), join(folder, 'dangling', 'x'), ''].map(codeOf), [
    'EEXIST',
    'ENOTDIR',
    'EEXIST',
    'ENOENT',
  ]);
  // There, Node's own call for a whole path never returns
  if (existsSync('/proc/self')) assert.is(codeOf('/proc/nope/x'), 'ENOENT');
});

test.run();
