/** A master that is watched: what its trail and standard error get, and what `--audit-watch` says of a trail. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { formatJson } from '../../../src/audit/format/json-format.js';
import { createMemoryTrail } from '../../../src/audit/memory-trail.js';
import { parseFlags } from '../../../src/cli/flags/parse-command.js';
import { watchMaster } from '../../../src/cli/watch/master-watch.js';
import { openWatch } from '../../../src/cli/watch/open-watch.js';
import { watchTrail } from '../../../src/cli/watch/trail-watch.js';
import type { MasterWatch } from '../../../src/cli/watch/watch-params.js';
import { UsageError } from '../../../src/errors.js';
import { withTimersByHand } from '../../support/timers-by-hand.js';

const test = suite('watching a master');

const EVENTS: readonly AuditEvent[] = [
  { type: 'init', role: 'master', memberId: 'm' },
  { type: 'slave-connecting', sid: 'SLAVE-0', host: 'h', pid: 1, memberId: 'm', kind: 'unordered' },
  { type: 'slave-busy', sid: 'SLAVE-0' },
  { type: 'tasks-submitted', tasks: '0-9', algorithms: [{ algorithm: 'a', count: 10 }] },
  { type: 'tasks-settled', algorithm: 'a', ok: '0-3', error: '4' },
];
const say = (): void => assert.unreachable('there is nothing to say');
const END: AuditEvent = { type: 'master-finished', memberId: 'm' };

const configurationOf = (...argv: string[]) => {
  const command = parseFlags(['--master', ...argv], {}, { env: {}, program: 'app.js' });
  assert.is(command.kind, 'run');
  return (command as Extract<typeof command, { kind: 'run' }>).configuration;
};

/** The text written to a standard stream meanwhile. */
async function written(stream: NodeJS.WriteStream, body: () => Promise<void>): Promise<string> {
  const { write } = stream;
  let text = '';
  stream.write = (chunk: unknown): boolean => {
    text += String(chunk);
    return true;
  };
  try {
    await body();
  } finally {
    stream.write = write;
  }
  return text;
}

test('log is an audit line each minute', async () => {
  const trail = createMemoryTrail();
  let opening: Promise<MasterWatch> | undefined;
  const params = {
    trail,
    place: 'program',
    hasNotices: false,
    say,
    configuration: configurationOf(),
  } as const;
  withTimersByHand((timers) => {
    opening = watchMaster({ ...params, progress: 'log' });
    for (const event of EVENTS) trail.emit(event);
    timers.ring(60_000);
    timers.ring(60_000);
  });
  const [first, second] = trail.ofType('progress');
  assert.equal([first?.done, first?.submitted, first?.failed, first?.slaves, first?.busy], [5, 10, 1, 1, 1]);
  assert.ok(second);
  await (await opening)?.end();
});

test('a line for which there is no terminal is said to be missing, and one that no notice ends ends itself', async () => {
  const trail = createMemoryTrail();
  const params = {
    trail,
    place: 'prompt',
    hasNotices: true,
    say,
    configuration: configurationOf('--progress', 'line'),
  } as const;
  await (await openWatch(params)).end();
  assert.match(
    trail.ofType('warning')[0]?.text ?? '',
    /^--progress line: the REPL has its prompt there; type --progress log/,
  );

  const watch = await watchMaster({ ...params, place: 'program', hasNotices: false, progress: 'line' });
  const text = await written(process.stderr, async () => {
    for (const event of [...EVENTS, END]) trail.emit(event);
    await watch.end();
    await watch.end();
    trail.emit(END);
  });
  assert.match(stripVTControlCharacters(text), /^mw \S+ ended: 5 of 10 tasks, 1 failed, 1 slave, 0\.0 s\n$/);
});

test('a trail that has ended is told in one line, the last run of several alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watch-'));
  const file = join(folder, 'trail');
  try {
    const lines = [...EVENTS, ...EVENTS, END].map((event) => formatJson(event, 1_000));
    writeFileSync(file, `${lines.join('\n')}\n`);
    let code: number | undefined;
    const text = await written(process.stdout, async () => {
      code = await watchTrail(file);
    });
    assert.is(code, 0);
    assert.is(text, '5 done so far | 1 failed | no slave | 0:00\n');

    writeFileSync(file, `${formatJson({ type: 'init', role: 'slave', memberId: 'm' }, 0)}\n`);
    const error = await watchTrail(file).catch((thrown: unknown) => thrown);
    assert.instance(error, UsageError);
    assert.match((error as UsageError).message, 'has no lines of a master');

    writeFileSync(file, gzipSync(lines.join('\n')));
    const refused = await watchTrail(file).catch((thrown: unknown) => thrown);
    assert.is((refused as UsageError).message, `${file} is compressed; give what gunzip makes of it`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
