/** The last line before the process ends, which the test keeps from ending. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { killProcess, type LastWords } from '../../../src/link/sentinel/kill-process.js';

const test = suite('link/kill-process');

/** Signals sent to this process by a body that would end it. */
function signals(words: LastWords, evidence: string): unknown[] {
  const kill = process.kill;
  const sent: unknown[] = [];
  process.kill = (pid, signal) => {
    sent.push([pid === process.pid, signal]);
    return true;
  };
  try {
    killProcess(words, evidence);
  } finally {
    process.kill = kill;
  }
  return sent;
}

test('the line is in the file with its times and its evidence, then the process is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-test-'));
  const auditFile = join(folder, 'a.log');
  try {
    const killLine =
      '{"at":"{isoTime}","local":"{localTime}","clock":"{clock}","why":"{evidence}|{evidence}"}';
    const words = { auditFile, killLine, killNotice: '' };
    const before = Date.now();
    assert.equal(signals(words, 'no "$&" beat'), [[true, 'SIGKILL']]);
    assert.equal(signals(words, 'again'), [[true, 'SIGKILL']]);
    const lines = readFileSync(auditFile, 'utf8').split('\n');
    assert.equal([lines.length, lines[2]], [3, '']);
    const { at, local, clock, why } = JSON.parse(lines[0] ?? '') as Record<string, string>;
    assert.is(why, 'no "$&" beat|no "$&" beat');
    const time = new Date(at ?? '');
    assert.ok(time.getTime() >= before && time.getTime() <= Date.now());
    const [, month, day, year, hours] = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d:\d\d)$/.exec(local ?? '') ?? [];
    assert.equal(
      [Number(month), Number(day), Number(year)],
      [time.getMonth() + 1, time.getDate(), time.getFullYear()],
    );
    assert.equal([hours, clock], [time.toTimeString().slice(0, 8), hours]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a file that cannot be written keeps no process alive', () => {
  const words = { auditFile: join(tmpdir(), 'no', 'such', 'folder', 'a.log'), killLine: 'x', killNotice: '' };
  assert.equal(signals(words, 'e'), [[true, 'SIGKILL']]);
});

test.run();
