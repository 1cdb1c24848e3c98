/** Programs that are killed at random instants and started again: each sees what it saw before, then what is new. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generator } from '../../support/random.js';
import { Run } from './checkpoint-run.js';
import type { Stored } from './memory-store.js';

const SEEDS = 300;
const TASKS = 60;

/**
 * Submits three tasks, and after each result one or two more that depend on it and on how many it has seen;
 * many are equal. `steps` events happen in random order: a task begins or ends, results are committed, the
 * program is given what is its own, or waits for a turn of the event loop. Returns what it saw.
 */
function runProgram(stored: Stored, random: () => number, steps: number): string[] {
  const run = new Run(stored);
  let submitted = 0;
  const submit = (argument: number): void => {
    if (submitted++ < TASKS) run.submit(argument % 7);
  };
  for (const argument of [1, 2, 3]) submit(argument);
  let seen = 0;
  const react = (): void => {
    while (seen < run.seen.length) {
      const packet = Number(run.seen[seen++]?.split('=')[1]);
      submit(packet + seen);
      if (packet % 2 === 0) submit(packet + 1);
    }
  };
  const running: ReturnType<Run['begin']>[] = [];
  for (let step = 0; step < steps && (run.jar.pending > 0 || step === 0); step++) {
    const dice = random();
    if (dice < 0.3 && run.jar.queued > 0) running.push(run.begin());
    else if (dice < 0.5 && running.length > 0) {
      const [task] = running.splice(Math.floor(random() * running.length), 1);
      if (task !== undefined) run.end(task, task.number * 3);
    } else if (dice < 0.7 && run.store.uncommitted > 0) {
      run.store.commitNow(Math.ceil(random() * run.store.uncommitted));
    } else if (dice < 0.85) run.release();
    else run.handOverWaiting();
    react();
  }
  return run.seen;
}

const kills = suite('checkpoint, killed');

kills('lets a program see what it saw, in the same order, whatever the instant of the kill', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = generator(seed);
    const stored: Stored = [];
    let before: string[] = [];
    for (let kill = 0; kill < 6; kill++) {
      const now = runProgram(stored, random, Math.ceil(random() * 150));
      const common = Math.min(before.length, now.length);
      assert.equal(now.slice(0, common), before.slice(0, common), `seed ${seed}, run ${kill}`);
      if (now.length > before.length) before = now;
    }
    const last = runProgram(stored, random, 100_000);
    assert.equal(last.slice(0, before.length), before, `seed ${seed}, the last run`);
    assert.is(last.length, TASKS, `seed ${seed}: all of it`);
    const again = runProgram(stored, random, 100_000);
    assert.equal(again, last, `seed ${seed}: nothing is new`);
    assert.is(stored.length, TASKS);
  }
});

kills.run();
