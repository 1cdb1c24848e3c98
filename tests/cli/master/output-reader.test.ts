/** The reading of what local slaves print, with real processes that end as slaves may. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createMemoryTrail } from '../../../src/audit/memory-trail.js';
import { forwardedStreams, OutputReader } from '../../../src/cli/master/output-reader.js';
import { spawnSlave } from '../../../src/cli/master/spawn-slave.js';
import { boundOutput, MOST_KEPT_BYTES } from '../../../src/cli/slave/bounded-output.js';
import { RemoteSlaves } from '../../../src/machines/remote-slaves.js';
import type { SlaveOrder } from '../../../src/machines/slave-messages.js';
import type { ProcessEnd } from '../../../src/machines/slave-process.js';

const test = suite('output reader');

const HEIR_LIVES_MS = 60_000;

test('each stream is forwarded only where people see it, unless it must be', () => {
  const table = [
    ['auto', true, true, ['stdout', 'stderr']],
    ['auto', false, true, ['stderr']],
    ['auto', true, false, []],
    ['auto', false, false, []],
    ['on', false, false, ['stdout', 'stderr']],
    ['off', true, true, []],
  ] as const;
  for (const [wanted, stdout, stderr, streams] of table)
    assert.equal(forwardedStreams(wanted, { stdout, stderr }), streams);
});

test('the output of another machine is shown in lines behind its name', async () => {
  let shown = '';
  const reader = OutputReader.open({
    configuration: { forwardOutput: 'on' },
    audit: createMemoryTrail(),
    writeOutput: (stream, text) => {
      shown += `${stream} ${text}`;
      return true;
    },
  });
  assert.ok(reader);
  const write = reader.writerOf('me@big');
  write('stdout', 'one ');
  write('stdout', 'line\nand');
  reader.writerOf('me@big')('stdout', ' another\n');
  write('stderr', 'unended');
  await reader.end();
  assert.is(shown, 'stdout me@big| one line\nstdout me@big| and another\nstderr me@big| unended\n');
});

test('slaves of another machine have their own names once they have joined, and their lines stay apart', async () => {
  const shown: string[] = [];
  const audit = createMemoryTrail();
  const reader = OutputReader.open({
    configuration: { forwardOutput: 'on' },
    audit,
    writeOutput: (_, text) => shown.push(...text.split('\n').slice(0, -1)) > 0,
  });
  assert.ok(reader);
  const take = (): string[] => shown.splice(0);
  const sent: SlaveOrder[] = [];
  const slaves = new RemoteSlaves(reader.writerOf('me@big'));
  const way = { link: { send: (order: SlaveOrder) => sent.push(order) }, args: [], hostname: 'big' };
  for (let count = 0; count < 2; count++) slaves.start(way, () => {});
  const print = (slave: number | undefined, text: string): void =>
    slaves.take({ type: 'output', to: 'stdout', text, slave });
  print(1, 'loads\nhal');
  slaves.take({ type: 'started', slave: 1, pid: 77 });
  slaves.take({ type: 'started', slave: 2, pid: 78 });
  const joins = { type: 'slave-connecting', memberId: 'm', kind: 'unordered' } as const;
  audit.emit({ ...joins, sid: 'SLAVE-4', host: 'elsewhere', pid: 77 });
  audit.emit({ ...joins, sid: 'SLAVE-5', host: 'big', pid: 77 });
  print(2, 'of another\n');
  print(1, 'f\n');
  assert.equal(take(), ['me@big| loads', 'me@big| of another', 'SLAVE-5| half']);
  audit.emit({ ...joins, sid: 'SLAVE-6', host: 'big', pid: 78 });
  slaves.take({ type: 'ended', slave: 2, code: null, signal: 'SIGKILL' });
  print(2, 'last words');
  print(9, 'of none that was started\n');
  print(undefined, '[12 characters were dropped]\n');
  await reader.end();
  assert.equal(take(), [
    'me@big| of none that was started',
    'me@big| [12 characters were dropped]',
    'SLAVE-6| last words',
  ]);
});

/** Says something, waits until it may die, leaves a process behind that has its streams, and dies in the middle of a line. */
const SLAVE = `
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
writeSync(1, 'first\\n');
writeSync(2, process.env.TS_MW_PARENT_PIPE.split(':')[2] + ' are read\\n');
process.once('SIGUSR2', () => {
  const heir = spawn(process.execPath, ['-e', 'setTimeout(() => {}, ${HEIR_LIVES_MS})'], { stdio: 'inherit', detached: true });
  writeSync(2, 'heir ' + heir.pid + '\\n');
  writeSync(1, 'x'.repeat(100_000) + '\\nlast words');
  process.kill(process.pid, 'SIGKILL');
});
setInterval(() => {}, 1_000);
writeSync(1, 'ready\\n');
`;

test('all that a killed slave printed is shown, and who inherits its streams holds up nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mw-output-'));
  const program = join(folder, 'slave.mjs');
  writeFileSync(program, SLAVE);
  const audit = createMemoryTrail();
  let shown = '';
  let onShown = (): void => {};
  const reader = OutputReader.open({
    configuration: { forwardOutput: 'on' },
    audit,
    writeOutput(_, text) {
      shown += text;
      onShown();
      return true;
    },
  });
  assert.ok(reader);
  const showing = (pattern: RegExp): Promise<void> =>
    new Promise((resolve) => {
      onShown = () => pattern.test(shown) && resolve();
      onShown();
    });
  let heir: number | undefined;
  try {
    let pid = 0;
    const exit = new Promise<ProcessEnd>((resolve) => {
      pid = spawnSlave({ program, args: [], output: reader }, resolve).pid ?? 0;
    });
    reader.place(pid, 4);
    await showing(/^(?=.*ready)(?=.*are read)/s);
    const sid = 'SLAVE-9';
    const common = { type: 'slave-connecting', memberId: 'm', kind: 'unordered' } as const;
    audit.emit({ ...common, sid: 'SLAVE-8', pid, host: 'another-host' });
    audit.emit({ ...common, sid, pid, host: hostname() });
    process.kill(pid, 'SIGUSR2');
    assert.is((await exit).signal, 'SIGKILL');
    const begun = performance.now();
    await reader.end();
    assert.ok(performance.now() - begun < HEIR_LIVES_MS / 2, 'the one who inherits them lives longer');
    heir = Number(/heir (\d+)/.exec(shown)?.[1]);
    const lines = shown.split('\n').sort();
    const expected = [
      'LOCAL 3| first',
      'LOCAL 3| ready',
      'LOCAL 3| stdout,stderr are read',
      `SLAVE-9| heir ${heir}`,
    ];
    for (const line of [...expected, 'SLAVE-9| last words']) assert.ok(lines.includes(line), line);
    assert.ok(lines.some((line) => /^SLAVE-9\| x{65536}… \(34464 bytes more\)$/.test(line)));
  } finally {
    if (heir !== undefined) process.kill(heir, 'SIGKILL');
    rmSync(folder, { recursive: true });
  }
});

test('a slave keeps 8 MB for a master that does not read, and says how many writes it left out', async () => {
  const pending: (() => void)[] = [];
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk).slice(0, 100);
      pending.push(done);
    },
  });
  boundOutput(stream);
  const line = 'x'.repeat(1024 * 1024);
  let told = 0;
  for (let n = 0; n < 20; n++) stream.write(line, 'utf8', () => told++);
  assert.ok(stream.writableLength <= MOST_KEPT_BYTES + line.length, String(stream.writableLength));
  assert.not(stream.write('y', () => told++));
  await new Promise((resolve) => setImmediate(resolve));
  const kept = Math.floor(stream.writableLength / line.length);
  assert.is(told, 21 - kept, 'who writes is told, though it is left out');
  for (let done = pending.shift(); done !== undefined; done = pending.shift()) {
    done();
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.write('z');
  for (let done = pending.shift(); done !== undefined; done = pending.shift()) {
    done();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match(text, `\n(${21 - kept} writes left out: the master did not read)\nz`);
});

test.run();
