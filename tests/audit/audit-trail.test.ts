/** The trail as its users have it: order, listeners, rotation, the end of a process, and bad destinations. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAuditTrail, reopenOnHangup } from '../../src/audit/audit-trail.js';
import { formatText } from '../../src/audit/format/text-format.js';
import { createMemoryTrail, silentAudit } from '../../src/audit/memory-trail.js';
import { FlagError } from '../../src/errors.js';
import { PATIENCE } from '../support/patience.js';
import { until } from '../support/programs.js';
import { linesOf, sent, withFolder } from './support.js';

// sonic-boom calls it as a property of this object
const fs = createRequire(import.meta.url)('node:fs') as typeof import('node:fs');
const CHILD = fileURLToPath(new URL('./emitting-child.js', import.meta.url));
const LIMIT_MS = 20_000 * PATIENCE;

/** A signal alone keeps no process alive; the time limit does. */
async function within<T>(promise: Promise<T>): Promise<T> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new Error(`nothing came within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(limit));
}

/** How many lines of a trail went into each write of this process. */
class Writes {
  readonly lines: number[] = [];
  readonly #write = fs.write;

  constructor() {
    fs.write = Object.assign((...parameters: Parameters<typeof fs.write>) => {
      const count = String(parameters[1]).split(' tasks\n').length - 1;
      if (count > 0) this.lines.push(count);
      this.#write(...parameters);
    }, this.#write) as typeof fs.write;
  }

  end(): void {
    fs.write = this.#write;
  }
}

/** Runs a scenario of the child; its standard output is what it found. */
function startChild(scenario: string, ...args: string[]): ChildProcess & { answer: Promise<string> } {
  const child = spawn(process.execPath, [CHILD, scenario, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stdout?.on('data', (bytes: Buffer) => (said += bytes));
  const answer = once(child, 'close').then(([code, signal]) => `${said}exit ${code ?? signal}`);
  return Object.assign(child, { answer });
}

const trail = suite('audit trail');

trail('it writes what is emitted, in order, in both forms', async () => {
  await withFolder(async (folder) => {
    for (const format of ['text', 'json'] as const) {
      const file = join(folder, format);
      const audit = createAuditTrail({ file, format, clock: () => 0 });
      audit.emit({ type: 'init', role: 'master', memberId: 'm' });
      for (let count = 0; count < 50_000; count++) audit.emit(sent(count));
      audit.emit({ type: 'master-finished', memberId: 'm' });
      await audit.close();
      await audit.close();
      audit.emit(sent(-1));
      const lines = linesOf(file);
      assert.is(lines.length, 50_002);
      assert.match(lines[0] ?? '', format === 'text' ? 'INIT MASTER' : '"type":"init"');
      for (let count = 0; count < 50_000; count += 777)
        assert.match(lines[count + 1] ?? '', format === 'text' ? ` <- ${count} tasks` : `"count":${count}}`);
      assert.match(lines.at(-1) ?? '', format === 'text' ? 'FINI SHUTDOWN "m"' : 'master-finished');
    }
  });
});

trail('it appends to a file that is there', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    for (const count of [1, 2]) {
      const audit = createAuditTrail({ file, format: 'text' });
      audit.emit(sent(count));
      await audit.close();
    }
    assert.is(linesOf(file).length, 2);
  });
});

trail('it says what is wrong with --audit-file', async () => {
  await withFolder((folder) => {
    for (const [file, words] of [
      [join(folder, 'none', 'm.log'), 'folder'],
      [folder, 'is a folder'],
    ] as const) {
      try {
        createAuditTrail({ file, format: 'text' });
        assert.unreachable();
      } catch (error) {
        assert.instance(error, FlagError);
        assert.is((error as FlagError).flag, '--audit-file');
        assert.match((error as FlagError).message, words);
        assert.match((error as FlagError).message, file === folder ? folder : join(folder, 'none'));
      }
    }
  });
});

trail('it has written a prompt line before main is blocked by the next statement', async () => {
  await withFolder((folder) => {
    const file = join(folder, 'm.log');
    const audit = createAuditTrail({ file, format: 'text' });
    audit.emit({ type: 'master-ready', address: 'h:1' });
    const end = performance.now() + LIMIT_MS;
    while (linesOf(file).length === 0)
      assert.ok(performance.now() < end, 'the line waits for the event loop');
    return audit.close();
  });
});

trail('it has written frequent lines soon, all of a turn together, without being told to', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const audit = createAuditTrail({ file, format: 'text' });
    const writes = new Writes();
    try {
      for (let count = 0; count < 256; count++) audit.emit(sent(count));
      await until('256 lines', () => linesOf(file).length === 256);
      for (let count = 256; count < 266; count++) audit.emit(sent(count));
      await until('ten more', () => linesOf(file).length === 266);
      assert.equal(writes.lines, [256, 10]);
    } finally {
      writes.end();
      await audit.close();
    }
  });
});

trail('it tells listeners, and survives what they throw', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const audit = createAuditTrail({ file, format: 'text', clock: () => 5 });
    const heard: unknown[] = [];
    const stopBad = audit.onEvent(() => {
      throw new Error('bad listener');
    });
    const stopTextless = audit.onEvent(() => {
      throw Object.create(null);
    });
    const stop = audit.onEvent((event, timeMs) => heard.push([event, timeMs]));
    audit.emit(sent(1));
    audit.emit(sent(2));
    stop();
    stop();
    stopBad();
    stopTextless();
    audit.emit(sent(3));
    await audit.close();
    assert.equal(heard, [
      [sent(1), 5],
      [sent(2), 5],
    ]);
    const lines = linesOf(file).map((line) => line.slice(24));
    assert.equal(lines, [
      'SLAVE-0 <- 1 tasks',
      'WARNING an audit listener threw: Error: bad listener',
      'WARNING an audit listener threw: a value that has no text',
      'SLAVE-0 <- 2 tasks',
      'SLAVE-0 <- 3 tasks',
    ]);
  });
});

trail('it survives an event that cannot be written', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const audit = createAuditTrail({ file, format: 'json' });
    audit.emit({ type: 'warning', text: 1n as unknown as string });
    audit.emit(sent(1));
    await audit.close();
    assert.match(linesOf(file)[0] ?? '', 'of type warning cannot be written');
    assert.is(linesOf(file).length, 2);
  });
});

trail('it goes on in a new file after SIGHUP, and leaves no signal listener', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const before = process.listenerCount('SIGHUP');
    const audit = createAuditTrail({ file, format: 'text' });
    const stop = reopenOnHangup(audit);
    try {
      for (let count = 0; count < 1000; count++) audit.emit(sent(count));
      await audit.flush();
      renameSync(file, `${file}.1`);
      const reopened = new Promise((resolve) => {
        audit.onEvent((event) => event.type === 'audit-reopened' && resolve(event));
      });
      process.kill(process.pid, 'SIGHUP');
      await within(reopened);
      audit.emit(sent(1000));
    } finally {
      stop();
      await audit.close();
    }
    assert.is(linesOf(`${file}.1`).length, 1000);
    assert.equal(
      linesOf(file).map((line) => line.slice(24)),
      [`AUDIT REOPENED ${JSON.stringify(file)}`, 'SLAVE-0 <- 1000 tasks'],
    );
    assert.is(process.listenerCount('SIGHUP'), before);
  });
});

trail('it loses no line when it is reopened in the midst of writing', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    const audit = createAuditTrail({ file, format: 'text' });
    for (let round = 0; round < 20; round++) {
      for (let count = 0; count < 500; count++) audit.emit(sent(round * 500 + count));
      if (round % 3 === 0) await audit.flush();
      audit.reopen();
    }
    await audit.close();
    assert.is(linesOf(file).filter((line) => line.includes(' tasks')).length, 10_000);
  });
});

trail('it keeps the old file when the new one cannot be opened', async () => {
  await withFolder(async (folder) => {
    const moved = join(folder, 'moved');
    const inner = mkdtempSync(join(folder, 'logs-'));
    const audit = createAuditTrail({ file: join(inner, 'm.log'), format: 'text' });
    renameSync(inner, moved);
    audit.reopen();
    audit.emit(sent(1));
    await audit.close();
    const lines = linesOf(join(moved, 'm.log'));
    assert.match(lines[0] ?? '', 'WARNING --audit-file: the folder');
    assert.is(lines.length, 2);
  });
});

trail('it does not mind a full disk: it counts, and says so when writing goes on', async () => {
  const answer = await startChild('full-disk').answer;
  assert.match(answer, /exit 0$/);
  const { emitMs, tries, heard, warnings } = JSON.parse(answer.slice(0, answer.lastIndexOf('exit')));
  assert.ok(emitMs < 5000, `300,000 events took ${emitMs} ms of CPU`);
  assert.ok(tries >= 2 && tries <= 6, `${tries} writes in two and a half seconds`);
  assert.is(heard, 300_000);
  assert.is(warnings.length, 1, 'listeners are told once, since the trail cannot be');
  assert.match(warnings[0], /cannot be written to \/dev\/full \(ENOSPC\)/);
});

trail('it goes on after a full disk, with one line about what was dropped, in its place', async () => {
  await withFolder(async (folder) => {
    const answer = await startChild('full-then-free', join(folder, 'm.log')).answer;
    assert.match(answer, /exit 0$/);
    const lines = linesOf(join(folder, 'm.log')).map((line) => line.slice(24));
    const told = lines.findIndex((line) => line.startsWith('AUDIT DROPPED'));
    const dropped = Number(/DROPPED (\d+) lines: ENOSPC/.exec(lines[told] ?? '')?.[1]);
    assert.ok(dropped > 0, lines[told] ?? 'nothing told');
    for (let count = 0; count < told; count++)
      if (lines[count] !== `SLAVE-0 <- ${count} tasks`) assert.unreachable(`${count}: ${lines[count]}`);
    assert.is(told + dropped, 400_000);
    assert.equal(lines.slice(told + 1), ['SLAVE-0 <- 400000 tasks']);
  });
});

trail('listeners are told what was dropped', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'm.log');
    symlinkSync('/dev/full', file);
    const audit = createAuditTrail({ file, format: 'text' });
    const dropped: number[] = [];
    audit.onEvent((event) => {
      if (event.type === 'audit-dropped') dropped.push(event.count);
    });
    for (let count = 0; count < 200; count++) audit.emit({ type: 'warning', text: 'x'.repeat(100_000) });
    rmSync(file);
    audit.reopen();
    await audit.close();
    const line = linesOf(file).find((one) => one.includes('AUDIT DROPPED')) ?? '';
    assert.ok(Number(/DROPPED (\d+) lines/.exec(line)?.[1]) > 0, line);
    assert.equal(dropped, [Number(/DROPPED (\d+) lines/.exec(line)?.[1])]);
  });
});

trail('it does not mind a closed pipe', async () => {
  const child = startChild('closed-pipe');
  child.stderr?.destroy();
  const answer = await child.answer;
  assert.match(answer, /exit 7$/);
  const { cpuMs } = JSON.parse(answer.slice(0, answer.lastIndexOf('exit')));
  assert.ok(cpuMs < 500, `${cpuMs} ms of CPU in a second of a closed pipe`);
});

trail('it does not hold up the end of a process when nobody reads its pipe', async () => {
  const child = startChild('unread-pipe');
  child.stderr?.pause();
  const started = performance.now();
  await once(child, 'exit');
  assert.is(child.exitCode, 7);
  assert.ok(performance.now() - started < 8000 * PATIENCE);
  child.stderr?.resume();
  await child.answer;
});

for (const end of ['returns', 'exits', 'exits before a chunk is written', 'throws']) {
  trail(`it has written every line when the process ${end}`, async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'm.log');
      const child = startChild('ends', end, file);
      let errors = '';
      child.stderr?.on('data', (bytes: Buffer) => (errors += bytes));
      await child.answer;
      const lines = linesOf(file);
      assert.is(lines.length, 1000, errors);
      assert.match(lines[0] ?? '', ' <- 0 tasks');
      assert.match(lines[999] ?? '', ' <- 999 tasks');
    });
  });
}

trail('it writes to standard error without a file, all lines whole', async () => {
  const child = startChild('to-stderr');
  let errors = '';
  child.stderr?.on('data', (bytes: Buffer) => (errors += bytes));
  assert.match(await child.answer, /exit 0$/);
  const lines = errors.split('\n').slice(0, -1);
  assert.is(lines.length, 20_000);
  for (const [count, line] of lines.entries())
    if (line !== formatText(sent(count), 0)) assert.unreachable(`${count}: ${line}`);
});

trail('it leaves no exit listener behind', async () => {
  await withFolder(async (folder) => {
    const before = process.listenerCount('exit');
    const trails = Array.from({ length: 20 }, (_, index) =>
      createAuditTrail({ file: join(folder, `${index}`), format: 'text' }),
    );
    assert.is(process.listenerCount('exit'), before + 1);
    await Promise.all(trails.map((audit) => audit.close()));
    assert.is(process.listenerCount('exit'), before);
  });
});

trail('a memory trail keeps, finds and awaits events', async () => {
  const audit = createMemoryTrail(() => 3);
  audit.emit(sent(1));
  assert.equal(audit.entries, [{ timeMs: 3, event: sent(1) }]);
  assert.equal(audit.lines(), ['SLAVE-0 <- 1 tasks']);
  assert.equal(audit.ofType('tasks-sent'), [sent(1)]);
  assert.equal(audit.ofType('slave-idle'), []);
  assert.is(await audit.waitFor(({ type }) => type === 'tasks-sent'), audit.events[0]);
  const awaited = audit.waitFor(({ type }) => type === 'slave-idle');
  audit.emit({ type: 'slave-idle', sid: 'SLAVE-1' });
  assert.equal(await awaited, { type: 'slave-idle', sid: 'SLAVE-1' });
  try {
    await audit.waitFor(() => false, 1);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, 'SLAVE-0 <- 1 tasks');
  }
  silentAudit.emit(sent(1));
  await silentAudit.close();
});

trail.run();
