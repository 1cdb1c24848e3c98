/**
 * Flows of random shape, whose tasks end, fail and are killed in random order: when a call has returned, nothing of it
 * runs, and what it returned is what its components did. `SEED=7` runs one seed.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ScopeCancelledError, scopePathOf } from '../../src/errors.js';
import { firstWins } from '../../src/flow/first-wins.js';
import { type Mutex, makeMutex } from '../../src/flow/mutex.js';
import { parallel, sequential } from '../../src/flow/parallel.js';
import { killThread, spawnThread, threads } from '../../src/flow/threads.js';
import { generator } from '../support/random.js';
import { funcall, future, type HeldTasks, turn, withHeldTasks } from './held-tasks.js';

const SEEDS = 200;
const DEPTH = 5;
/** Turns without anything to do, after which a flow hangs. */
const MOST_IDLE = 50;

interface Outcome {
  readonly index: number;
  readonly value?: unknown;
  readonly error?: unknown;
}

/** One run: what it does is drawn while it runs. */
class RandomFlow {
  readonly #random: () => number;
  readonly #tasks: HeldTasks;
  readonly #mutex: Mutex = makeMutex();
  #inMutex = 0;
  /** Calls around what runs, for each component and task that does. */
  readonly #running = new Map<object, readonly number[]>();
  readonly #callsOfTask = new Map<string, readonly number[]>();
  #names = 0;
  calls = 0;
  /** Faults that were found: thrown in a component, they could be caught there. */
  violation: unknown;

  constructor(tasks: HeldTasks, random: () => number) {
    this.#tasks = tasks;
    this.#random = random;
  }

  #claim(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.violation ??= error;
    }
  }

  #draw(below: number): number {
    return Math.floor(this.#random() * below);
  }

  /** A component inside these calls. */
  component(depth: number, calls: readonly number[]): () => unknown {
    if (depth === 0) return () => this.#leaf(calls);
    switch (this.#draw(10)) {
      case 0:
      case 1:
        return () => this.#leaf(calls);
      case 2:
        return () => this.#flow(depth, calls, 'sequential');
      case 3:
      case 4:
        return () => this.#flow(depth, calls, 'firstWins');
      case 5:
        return () => this.#leave(depth, calls);
      case 6:
        return () => this.#exclude(depth, calls);
      case 7:
        return () => this.#flow(depth, calls, 'parallel').catch(() => 'caught');
      default:
        return () => this.#flow(depth, calls, 'parallel');
    }
  }

  #leaf(calls: readonly number[]): unknown {
    switch (this.#draw(6)) {
      case 0:
        return this.#draw(100);
      case 1:
        throw new Error(`thrown ${this.#draw(100)}`);
      case 2:
        return Promise.all([this.#future(calls), this.#future(calls)]);
      case 3:
        return turn();
      default:
        return this.#future(calls);
    }
  }

  #future(calls: readonly number[]): Promise<unknown> {
    const name = `task ${++this.#names}`;
    this.#callsOfTask.set(name, calls);
    return future(name);
  }

  #leave(depth: number, calls: readonly number[]): unknown {
    const left = this.#draw(3);
    if (left === 0) this.#future(calls).catch(() => {});
    else if (left === 1) this.#flow(depth, calls, 'parallel').catch(() => {});
    else spawnThread(this.#noted(this.component(depth - 1, calls), calls)).catch(() => {});
    if (this.#draw(4) === 0) funcall(`free ${++this.#names}`);
    return this.#draw(3) === 0 ? this.#leaf(calls) : 'left';
  }

  #exclude(depth: number, calls: readonly number[]): Promise<unknown> {
    const isInside = calls.includes(-1);
    const inside = [...calls, -1];
    const component = this.component(depth - 1, inside);
    return this.#mutex.run(async () => {
      if (!isInside) this.#claim(() => assert.is(this.#inMutex++, 0, 'one section at a time'));
      try {
        return await this.#noted(component, inside)();
      } finally {
        if (!isInside) this.#inMutex--;
      }
    });
  }

  /** Its end is noted, and until then it runs. */
  #noted(component: () => unknown, calls: readonly number[]): () => Promise<unknown> {
    return async () => {
      const token = {};
      this.#running.set(token, calls);
      try {
        return await component();
      } finally {
        this.#running.delete(token);
      }
    };
  }

  async #flow(
    depth: number,
    around: readonly number[],
    kind: 'parallel' | 'sequential' | 'firstWins',
  ): Promise<unknown> {
    const call = ++this.calls;
    const calls = [...around, call];
    const outcomes: Outcome[] = [];
    const count = 1 + this.#draw(3);
    const components = Array.from({ length: count }, (_, index) => {
      const noted = this.#noted(this.component(depth - 1, calls), calls);
      return async () => {
        try {
          const value = await noted();
          outcomes.push({ index, value });
          return value;
        } catch (error) {
          outcomes.push({ index, error });
          throw error;
        }
      };
    });
    const limit = this.#draw(2) === 0 ? 1 + this.#draw(count) : undefined;
    const promise =
      kind === 'parallel'
        ? parallel(components, { limit })
        : kind === 'sequential'
          ? sequential(components)
          : firstWins(components);
    return promise.then(
      (value) => {
        this.#claim(() => {
          this.#checkStopped(call);
          if (kind === 'firstWins') assert.ok(outcomes.some((one) => 'value' in one && one.value === value));
          else assert.equal(value, inOrder(outcomes, count));
        });
        return value;
      },
      (error: unknown) => {
        this.#claim(() => {
          this.#checkStopped(call);
          checkError(kind, error, outcomes, count);
        });
        throw error;
      },
    );
  }

  #checkStopped(call: number): void {
    for (const calls of this.#running.values()) {
      assert.not(calls.includes(call), `a component of call ${call} runs after its end`);
    }
    for (const name of this.#tasks.open.keys()) {
      const calls = this.#callsOfTask.get(name);
      assert.not(calls?.includes(call), `${name} of call ${call} is open after its end`);
    }
  }

  /** Ends or fails a task, kills a thread; false if there is nothing to do. */
  step(): boolean {
    const names = [...this.#tasks.open.keys()];
    const live = threads();
    if (live.length > 0 && this.#draw(15) === 0) {
      const thread = live[this.#draw(live.length)];
      if (thread !== undefined) return killThread(thread.id);
    }
    const name = names[this.#draw(names.length)];
    if (name === undefined) return false;
    this.#tasks.end(name, this.#draw(6) === 0 ? new Error(`${name} failed`) : undefined);
    return true;
  }
}

function inOrder(outcomes: readonly Outcome[], count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => outcomes.find((one) => one.index === index)?.value);
}

function checkError(kind: string, error: unknown, outcomes: readonly Outcome[], count: number): void {
  if (error instanceof ScopeCancelledError) return;
  if (kind !== 'firstWins') {
    // Of components that fail in one turn, any is the first
    assert.ok(
      outcomes.some((one) => one.error === error),
      'it is the error of a component',
    );
    assert.ok(scopePathOf(error) !== undefined);
    return;
  }
  assert.instance(error, AggregateError);
  assert.is(outcomes.filter((one) => 'error' in one).length, count, 'all have failed');
}

const it = suite('schedules of flows');

it('leave nothing that runs, whatever fails and wins', async () => {
  const only = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
  let calls = 0;
  for (let seed = only ?? 1; seed <= (only ?? SEEDS); seed++) {
    await withHeldTasks(async (tasks) => {
      const random = generator(seed);
      const flow = new RandomFlow(tasks, random);
      let settled: unknown;
      parallel([flow.component(DEPTH, [0])]).then(
        () => {
          settled = 'value';
        },
        (error: unknown) => {
          settled = error ?? 'error';
        },
      );
      for (let idle = 0; settled === undefined; ) {
        if (random() < 0.5) await turn();
        idle = flow.step() ? 0 : idle + 1;
        if (idle > 0) await turn();
        if (idle > MOST_IDLE) assert.unreachable(`seed ${seed}: the flow hangs`);
      }
      if (flow.violation !== undefined) {
        console.error(`seed ${seed}`);
        throw flow.violation;
      }
      assert.equal(threads(), [], `seed ${seed}: no thread is left`);
      const free = [...tasks.open.keys()].filter((name) => !name.startsWith('free'));
      assert.equal(free, [], `seed ${seed}: no task is left but those of funcall`);
      calls += flow.calls;
    });
  }
  assert.ok(only !== undefined || calls > SEEDS, 'the flows were nested');
});

it.run();
