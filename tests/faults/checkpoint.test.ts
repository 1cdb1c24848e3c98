/** Masters that are killed again and again, and go on each time from what their checkpoint has. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Programs, type RunningProgram, withPrograms } from '../support/programs.js';
import { generator } from '../support/random.js';
import { suiteInTurns } from '../support/turns.js';

const it = suiteInTurns('checkpoint');

const N = 10;
const CALLS = 177;
const KILLS = 3;
const SLAVES = 2;

/** How often each call stands in lines that end with it. */
function countCalls(lines: Iterable<string>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const line of lines) {
    const n = Number(line.split(' ').at(-1));
    counts.set(n, (counts.get(n) ?? 0) + 1);
  }
  return counts;
}

class Computation {
  readonly #programs: Programs;
  readonly #way: string;
  readonly #log: string;
  readonly #store: string;
  readonly #runs: RunningProgram[] = [];

  constructor(programs: Programs, way: string) {
    this.#programs = programs;
    this.#way = way;
    this.#log = join(programs.folder, `${way}.log`);
    this.#store = join(programs.folder, `${way}.results`);
    writeFileSync(this.#log, '');
  }

  /** The lines that each run printed of its calls; those of a killed one may be read a little later. */
  get printed(): string[][] {
    return this.#runs.map(({ out }) => out.filter((line) => line.startsWith('call ')));
  }

  #start(): RunningProgram {
    const args = ['--master', '--slaves', String(SLAVES), '--client-timeout', '3'];
    const env = { FIBONACCI_LOG: this.#log, FIBONACCI_RUN: String(this.#runs.length) };
    const stored = ['--checkpoint', this.#store];
    const run = this.#programs.start('fibonacci.js', [...args, ...stored, this.#way, String(N)], { env });
    this.#runs.push(run);
    return run;
  }

  /** Kills a run once it has printed this number of calls; false if it came to its end before. */
  async runUntil(calls: number): Promise<boolean> {
    const run = this.#start();
    await run.waitForLine(/^(call|sum) /, 30_000, calls);
    run.kill('SIGKILL');
    const { signal } = await run.exit;
    return signal === 'SIGKILL';
  }

  async runToEnd(): Promise<void> {
    const run = this.#start();
    assert.is(await run.code(), 0, run.report());
    assert.is(run.out.at(-1), 'sum 55');
  }

  /** Until all of it is gone: slaves that had not joined yet outlive a killed master by three seconds. */
  async ended(): Promise<void> {
    await Promise.all(this.#runs.map((run) => run.ended()));
  }

  /** Each run begins with what the one before it showed, in the same order. */
  checkOrder(): void {
    for (const [run, calls] of this.printed.entries()) {
      const next = this.printed[run + 1];
      if (next === undefined) break;
      const common = Math.min(calls.length, next.length);
      assert.equal(next.slice(0, common), calls.slice(0, common), `run ${run + 1} is not as run ${run}`);
    }
  }

  /** A result that a run showed was committed, so no later run has computed it again. */
  checkWork(): void {
    const submitted = countCalls(this.printed.at(-1) ?? []);
    const computed = readFileSync(this.#log, 'utf8').trimEnd().split('\n');
    const shown = new Map<number, number>();
    for (const [run, calls] of this.printed.entries()) {
      const here = countCalls(computed.filter((line) => line.startsWith(`${run} `)));
      for (const [n, times] of here) {
        const left = (submitted.get(n) ?? 0) - (shown.get(n) ?? 0);
        assert.ok(times <= left, `run ${run} computed call ${n} ${times} times, where ${left} were left`);
      }
      for (const [n, times] of countCalls(calls)) shown.set(n, Math.max(times, shown.get(n) ?? 0));
    }
    assert.ok(computed.length >= CALLS, 'every call was computed');
    const again = computed.length - CALLS;
    const kills = this.printed.length - 1;
    // The calls that a killed master has under way: two groups for each slave at first, 2 ms for each call.
    assert.ok(again <= kills * CALLS * 0.5, `${again} calls were computed again after ${kills} kills`);
  }
}

async function killedAgainAndAgain(programs: Programs, way: string, seed: number): Promise<void> {
  const computation = new Computation(programs, way);
  const random = generator(seed);
  for (let kill = 0, seen = 0; kill < KILLS; kill++) {
    // Some fall into what is only given again.
    const more = Math.ceil(random() * 45) - 10;
    if (!(await computation.runUntil(Math.max(1, seen + more)))) break;
    seen = Math.max(seen, computation.printed.at(-1)?.length ?? 0);
  }
  assert.ok(computation.printed.length > 2, 'it was killed more than once');
  await computation.runToEnd();
  await computation.ended();
  computation.checkOrder();
  computation.checkWork();
  const submitted = countCalls(computation.printed.at(-1) ?? []);
  const undisturbed = programs.start('fibonacci.js', ['--master', '--slaves', '1', way, String(N)]);
  assert.is(await undisturbed.code(), 0);
  assert.is(undisturbed.out.at(-1), 'sum 55');
  const calls = countCalls(undisturbed.out.filter((line) => line.startsWith('call ')));
  assert.equal([...submitted].sort(), [...calls].sort(), 'the same calls, each as often');
}

it.long('goes on after kills, with results()', () =>
  withPrograms((programs) => killedAgainAndAgain(programs, 'results', 1)),
);

it.long('goes on after kills, with futures and masterLoop', () =>
  withPrograms(async (programs) => {
    await Promise.all([
      killedAgainAndAgain(programs, 'futures', 2),
      killedAgainAndAgain(programs, 'loop', 3),
    ]);
  }),
);

it('needs no slave for what is stored, and lets no second master in', () =>
  withPrograms(async (programs) => {
    const store = join(programs.folder, 'results');
    const args = ['--master', '--checkpoint', store, 'results', String(N)];
    const holder = programs.start('fibonacci.js', args);
    await holder.waitForLine(/CHECKPOINT/);
    const second = programs.start('fibonacci.js', args);
    assert.is(await second.code(), 255);
    const refusal = second.err.filter((line) => line.startsWith('--checkpoint: '));
    assert.is(refusal.length, 1, second.report());
    assert.match(refusal[0] ?? '', `process ${holder.pid} on`);
    assert.not.ok(
      second.err.some((line) => line.includes('    at ')),
      'it is one line',
    );
    holder.kill('SIGKILL');
    await holder.ended();
    const first = programs.start('fibonacci.js', ['--slaves', '2', ...args]);
    assert.is(await first.code(), 0);
    const again = programs.start('fibonacci.js', args);
    assert.is(await again.code(), 0);
    assert.equal(again.out, first.out);
  }));

it.run();
