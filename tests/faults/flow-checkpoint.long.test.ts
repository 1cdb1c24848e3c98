/** A flow of a thousand nested components, whose master is killed again and again: it always ends the same. `SEED=7` is another. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Programs, type RunningProgram, withPrograms } from '../support/programs.js';
import { generator } from '../support/random.js';

const it = suite('flow with a checkpoint');

const KILLS = 20;
const COMPONENTS = 1_000;
const SEED = Number(process.env.SEED ?? 4);
const LIMIT_MS = 120_000;

/** The steps and winners that a run has told of, with their values. */
function told({ out }: RunningProgram): Map<string, string> {
  const lines = out.filter((line) => /^(step|winner) /.test(line)).map((line) => line.split(' '));
  return new Map(lines.map(([kind, place, value]) => [`${kind} ${place}`, value ?? '']));
}

function start(programs: Programs, run: number, flags: readonly string[]): RunningProgram {
  const env = { FLOW_LOG: join(programs.folder, 'log'), FLOW_RUN: String(run) };
  // Slaves have room for all tasks that wait to be cancelled
  const args = [
    '--master',
    '--slaves',
    '2',
    '--slave-concurrency',
    '200',
    '--client-timeout',
    '3',
    ...flags,
    String(SEED),
    String(COMPONENTS),
  ];
  return programs.start('flow.js', args, { env });
}

/** Places of the steps that were computed, by the number of the run. */
function computedIn(folder: string): Map<number, string[]> {
  const runs = new Map<number, string[]>();
  const file = join(folder, 'log');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  for (const line of lines) {
    const [run, place = ''] = line.split(' ');
    runs.set(Number(run), [...(runs.get(Number(run)) ?? []), place]);
  }
  return runs;
}

it(`ends the same after ${KILLS} kills, and computes only what is missing`, () =>
  withPrograms(async (programs) => {
    const whole = start(programs, 0, []);
    assert.is(await whole.code(LIMIT_MS), 0, whole.report());
    const expected = told(whole);
    const sum = whole.out.at(-1);
    const checkpoint = ['--checkpoint', join(programs.folder, 'results')];
    const random = generator(SEED);
    const runs: RunningProgram[] = [];
    const known = new Map<string, string>();
    const perKill = expected.size / KILLS;
    for (let kill = 1; kill <= KILLS; kill++) {
      const run = start(programs, kill, checkpoint);
      runs.push(run);
      // Some fall into what is only given again, and some soon after it
      const lines = Math.max(1, Math.ceil(known.size * 0.9 + random() * perKill * 1.2));
      await run.waitForLine(/^(step|winner) /, LIMIT_MS, Math.min(lines, expected.size - 1));
      run.kill('SIGKILL');
      const { signal } = await run.exit;
      assert.is(signal, 'SIGKILL', `it was killed in the middle\n${run.report()}`);
      for (const [name, value] of told(run)) {
        assert.is(known.get(name) ?? value, value, `run ${kill}: ${name}`);
        known.set(name, value);
      }
    }
    const last = start(programs, KILLS + 1, checkpoint);
    runs.push(last);
    assert.is(await last.code(LIMIT_MS), 0, last.report());
    assert.is(last.out.at(-1), sum);
    const all = told(last);
    for (const [name, value] of known) assert.is(all.get(name), value, `the last run: ${name}`);
    for (const [name, value] of expected) {
      if (name.startsWith('step')) assert.is(all.get(name), value, `as without a kill: ${name}`);
    }
    await Promise.all(runs.map((run) => run.ended()));
    const computed = computedIn(programs.folder);
    const shown = new Set<string>();
    for (const [index, run] of runs.entries()) {
      for (const place of computed.get(index + 1) ?? []) {
        assert.not(shown.has(place), `run ${index + 1} computed ${place} again`);
      }
      for (const name of told(run).keys())
        if (name.startsWith('step ')) shown.add(name.slice('step '.length));
    }
    assert.ok(shown.size > 300, 'there were many steps');
  }));

it.run();
