/** A trail is read while another process writes it: lines in two pieces, rotations, files that go and come. */
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatText } from '../../../src/audit/format/text-format.js';
import { followTrailFile } from '../../../src/audit/read/follow-trail-file.js';
import { UsageError } from '../../../src/errors.js';

const test = suite('following a trail');

const line = (text: string): string => `${formatText({ type: 'warning', text }, 0)}\n`;

/** Acts whenever all is read, in turn, and returns the texts of all warnings; ends when there is nothing more to do. */
async function follow(path: string, ...acts: (() => void)[]): Promise<string[]> {
  const texts: string[] = [];
  const { signal } = new AbortController();
  const reader = followTrailFile(path, {
    signal,
    onCaughtUp: () => {
      const act = acts.shift();
      act?.();
      return act === undefined;
    },
  });
  for await (const { event } of reader) if (event.type === 'warning') texts.push(event.text);
  return texts;
}

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'follow-'));
  try {
    await body(join(folder, 'trail'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('old files first, then what comes, also in pieces and after a rotation', () =>
  inFolder(async (path) => {
    writeFileSync(`${path}.2`, line('one'));
    writeFileSync(`${path}.1`, `${line('two')}cut`);
    writeFileSync(path, line('three'));
    const next = line('four');
    const texts = await follow(
      path,
      () => appendFileSync(path, next.slice(0, 30)),
      () => appendFileSync(path, next.slice(30)),
      () => {
        appendFileSync(path, line('five'));
        renameSync(path, `${path}.1`);
      },
      () => writeFileSync(path, line('six')),
      () => writeFileSync(path, ''),
      () => writeFileSync(path, line('seven')),
    );
    assert.equal(texts, ['one', 'two', 'three', 'four', 'five', 'six', 'seven']);
  }));

test('a file that is not there is refused, and a signal ends the reading', () =>
  inFolder(async (path) => {
    const error = await follow(path).catch((thrown: unknown) => thrown);
    assert.instance(error, UsageError);
    assert.match((error as UsageError).message, 'there is no such file');
    writeFileSync(path, line('one'));
    const abort = new AbortController();
    const reader = followTrailFile(path, { signal: abort.signal, onCaughtUp: () => false });
    for await (const _ of reader) abort.abort();
  }));

test.run();
