/** Rotation of audit files: names, what is kept, many processes at one file, and what stands in its way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AuditTrail, createAuditTrail } from '../../../src/audit/audit-trail.js';
import type { AuditEvent } from '../../../src/audit/events.js';
import { type FileOwner, thisOwner } from '../../../src/audit/write/file-owner.js';
import { rotate } from '../../../src/audit/write/rotation.js';
import { PATIENCE } from '../../support/patience.js';
import { linesOf, sent, withFolder } from '../support.js';

const CHILD = fileURLToPath(new URL('../emitting-child.js', import.meta.url));
const LIMIT_MS = 20_000 * PATIENCE;
const LINE_BYTES = '11/04/2010 21:43:59 [A] SLAVE-0 <- 1000 tasks\n'.length;
const MAX_BYTES = 4096;

/** Of a trail and what was rotated away, the oldest first. */
function filesOf(file: string): string[] {
  const old: string[] = [];
  for (let number = 1; existsSync(`${file}.${number}`); number++) old.unshift(`${file}.${number}`);
  return [...old, file];
}

/** Every number of tasks sent, in the order of the set; other lines are left out. */
function countsOf(file: string): number[] {
  return filesOf(file)
    .flatMap(linesOf)
    .flatMap((line) => / <- (\d+) tasks$/.exec(line)?.[1] ?? [])
    .map(Number);
}

/** Emits as much as fills the file, and waits until it has been rotated. */
async function fill(audit: AuditTrail, from: number): Promise<number> {
  const rotated = heard(audit, 'audit-rotated');
  let count = from;
  for (let bytes = 0; bytes < MAX_BYTES; bytes += LINE_BYTES) audit.emit(sent(count++));
  await audit.flush();
  await rotated;
  return count;
}

function heard(audit: AuditTrail, type: AuditEvent['type']): Promise<AuditEvent> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`no ${type}`)), LIMIT_MS);
    const stop = audit.onEvent((event) => {
      if (event.type !== type) return;
      clearTimeout(limit);
      stop();
      resolve(event);
    });
  });
}

const rotation = suite('audit rotation');

rotation('it shifts the names, keeps so many, and loses no line that is kept', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const audit = createAuditTrail({ file, format: 'text', rotation: { maxBytes: MAX_BYTES, keep: 3 } });
    let count = 1000;
    const ends: number[] = [];
    try {
      for (let round = 0; round < 5; round++) {
        count = await fill(audit, count);
        ends.push(count);
      }
      audit.emit(sent(count));
    } finally {
      await audit.close();
    }
    assert.equal(readdirSync(folder).sort(), ['m.log', 'm.log.1', 'm.log.2', 'm.log.3']);
    const counts = countsOf(file);
    assert.is(counts[0], ends[1], 'two files of five are gone');
    assert.is(counts.at(-1), count);
    for (const [index, value] of counts.entries()) assert.is(value, (ends[1] as number) + index);
    assert.match(linesOf(file)[0] ?? '', /AUDIT ROTATED ".*m\.log\.1"$/);
    for (const old of filesOf(file).slice(0, -1)) {
      const { size } = statSync(old);
      assert.ok(size >= MAX_BYTES && size < 3 * MAX_BYTES, `${old} has ${size} bytes`);
    }
  }),
);

rotation('it loses and splits no line of several processes that share a file', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const count = 6_000;
    const pauses = [0, 1, 2, 5];
    const exits = pauses.map(async (pauseMs, number) => {
      const args = [CHILD, 'rotates', file, `SLAVE-${number}`, String(count), String(pauseMs)];
      const child = spawn(process.execPath, args, { stdio: 'inherit', timeout: LIMIT_MS });
      const [code] = await once(child, 'exit');
      return code;
    });
    assert.equal(
      await Promise.all(exits),
      pauses.map(() => 0),
    );
    const files = filesOf(file);
    assert.ok(files.length > 3, `${files.length} files`);
    assert.is(existsSync(`${file}.lock`), false);
    const next = pauses.map(() => 0);
    for (const line of files.flatMap(linesOf)) {
      if (/ AUDIT ROTATED "/.test(line)) continue;
      const [, slave, value] = /^\S+ \S+ \[A\] SLAVE-(\d) <- (\d+) tasks$/.exec(line) ?? [];
      assert.is(Number(value), next[Number(slave)], `lines of a process stand in their order: ${line}`);
      (next[Number(slave)] as number)++;
    }
    assert.equal(
      next,
      pauses.map(() => count),
    );
  }),
);

rotation('it goes well with SIGHUP, in whatever order they come', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const audit = createAuditTrail({ file, format: 'text', rotation: { maxBytes: MAX_BYTES, keep: 1_000 } });
    let count = 0;
    try {
      for (let round = 0; round < 300; round++) {
        for (let line = 0; line < 40; line++) audit.emit(sent(count++));
        if (round % 3 === 0) audit.reopen();
        if (round % 5 === 0) await audit.flush();
        if (round % 7 === 0) audit.reopen();
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      await audit.close();
    }
    assert.ok(filesOf(file).length > 1);
    assert.equal(
      countsOf(file),
      Array.from({ length: count }, (_, index) => index),
    );
  }),
);

rotation('a trail that is closed has ended its rotation: no name is missing, and no lock is left', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const old = Array.from({ length: 300 }, (_, index) => `m.log.${index + 1}`);
    for (const name of old) writeFileSync(join(folder, name), 'x\n');
    const audit = createAuditTrail({ file, format: 'text', rotation: { maxBytes: MAX_BYTES, keep: 1_000 } });
    try {
      for (let bytes = 0; bytes < MAX_BYTES; bytes += LINE_BYTES) audit.emit(sent(bytes));
    } finally {
      await audit.close();
    }
    assert.equal(readdirSync(folder).sort(), ['m.log', ...old, 'm.log.301'].sort());
  }),
);

rotation('it writes again what went to a file that others have rotated out of existence', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const audit = createAuditTrail({ file, format: 'text', rotation: { maxBytes: 2 ** 20, keep: 1 } });
    try {
      audit.emit(sent(1));
      await audit.flush();
      unlinkSync(file);
      for (let count = 2; count < 1_000; count++) audit.emit(sent(count));
      await audit.flush();
      assert.is(countsOf(file).at(0), 2);
      unlinkSync(file);
      audit.emit(sent(1_000));
      audit.flushSync();
      assert.equal(countsOf(file).at(-1), 1_000, 'also at the end of a process');
    } finally {
      await audit.close();
    }
  }),
);

rotation('it says so when a file that is gone cannot be opened anew, and goes on when it can', () =>
  withFolder(async (folder) => {
    const inner = join(folder, 'logs');
    const file = join(inner, 'm.log');
    mkdirSync(inner);
    const audit = createAuditTrail({ file, format: 'text', rotation: { maxBytes: 2 ** 20, keep: 1 } });
    try {
      rmSync(inner, { recursive: true });
      const complained = heard(audit, 'warning');
      audit.emit(sent(1));
      await audit.flush();
      const { text } = (await complained) as { text: string };
      assert.match(text, /^--audit-max-size: .* is deleted, and cannot be opened again \(ENOENT\)$/);
      mkdirSync(inner);
      audit.emit(sent(2));
      await audit.flush();
      assert.is(countsOf(file).at(-1), 2);
    } finally {
      await audit.close();
    }
  }),
);

/** The age of a lock that is new, however long the test takes to look at it. */
const NEW_MS = -60_000;

/** No process has this number: it is beyond what any system gives out. */
const dead = (): FileOwner => ({ ...thisOwner(), pid: 999_999_999 });

function writeLock(lock: string, holder: FileOwner, ageMs: number): void {
  writeFileSync(lock, JSON.stringify(holder));
  utimesSync(lock, new Date(), new Date(Date.now() - ageMs));
}

rotation('it leaves a file alone that another process is rotating, and breaks the lock of a dead one', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const lock = `${file}.lock`;
    writeFileSync(file, 'x\n');
    const { ino } = statSync(file, { bigint: true });
    assert.is(await rotate(file, ino + 1n, 5), 'moved');
    const elsewhere = { ...dead(), host: 'elsewhere' };
    for (const [what, holder, ageMs] of [
      ['it lives, however long it has been stopped', thisOwner(), 3_600_000],
      ['it may just have begun', dead(), NEW_MS],
      ['who knows what runs on another machine', elsewhere, 5_000],
    ] as const) {
      if (holder.pid === process.pid && holder.started === undefined) continue;
      writeLock(lock, holder, ageMs);
      assert.is(await rotate(file, ino, 5), 'busy', what);
    }
    writeFileSync(lock, '');
    utimesSync(lock, new Date(), new Date(Date.now() - NEW_MS));
    assert.is(await rotate(file, ino, 5), 'busy', 'it is being written');
    for (const [holder, ageMs] of [
      [dead(), 5_000],
      [elsewhere, 3_600_000],
      [{ ...thisOwner(), started: 'at another time' }, 5_000],
    ] as const) {
      writeLock(lock, holder, ageMs);
      // The process that was to remove it died before it could
      writeLock(`${lock}.${holder.token}`, dead(), 5_000);
      assert.is(await rotate(file, statSync(file, { bigint: true }).ino, 5), 'rotated');
      assert.is(existsSync(lock), false);
    }
    assert.equal(readdirSync(folder).sort(), ['m.log', 'm.log.1', 'm.log.2', 'm.log.3']);
  }),
);

rotation('of many that find a dead lock, one rotates, and no lock of the living is broken', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const lock = `${file}.lock`;
    for (let round = 1; round <= 60; round++) {
      writeFileSync(file, `${round}\n`);
      const { ino } = statSync(file, { bigint: true });
      writeLock(lock, dead(), 5_000);
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => rotate(file, ino, 9)));
      assert.is(outcomes.filter((outcome) => outcome === 'rotated').length, 1, outcomes.join());
      assert.is(readFileSync(`${file}.1`, 'utf8'), `${round}\n`);
    }
    assert.is(filesOf(file).length, 10);
    assert.equal(
      readdirSync(folder).filter((name) => name.includes('lock')),
      [],
    );
  }),
);

rotation('it keeps the set together behind a link', () =>
  withFolder(async (folder) => {
    const [file, link] = [join(folder, 'real.log'), join(folder, 'link')];
    writeFileSync(file, 'x\n');
    symlinkSync(file, link);
    const { ino } = statSync(link, { bigint: true });
    assert.is(await rotate(link, ino, 5), 'rotated');
    assert.equal(readdirSync(folder).sort(), ['link', 'real.log', 'real.log.1']);
  }),
);

rotation('it goes on in the old file when names cannot be shifted, and says so once', () =>
  withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const audit = createAuditTrail({ file, format: 'text', rotation: { maxBytes: MAX_BYTES, keep: 1 } });
    // A folder in the place of the old file: no rename leads there, not even one by root
    const obstacle = mkdtempSync(join(folder, 'folder-'));
    renameSync(obstacle, `${file}.1`);
    writeFileSync(join(`${file}.1`, 'something'), '');
    try {
      const complained = heard(audit, 'warning');
      for (let count = 0; count < 1_000; count++) audit.emit(sent(count));
      await audit.flush();
      const warning = await complained;
      assert.match((warning as { text: string }).text, /^--audit-max-size: .* cannot be rotated \(E\w+\)$/);
      for (let count = 1_000; count < 2_000; count++) audit.emit(sent(count));
    } finally {
      await audit.close();
    }
    assert.is(linesOf(file).filter((line) => line.includes(' tasks')).length, 2_000);
  }),
);

rotation.run();
