/** The program's side of a simulated master, for stubs and collections, with the fake time of the simulation. */

import type { Submitter } from '../../src/algorithms/submitter.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy, TaskId } from '../../src/algorithms/types.js';
import { TaskFuture } from '../../src/master/model/task-future.js';
import type { Scheduler } from './scheduler.js';
import type { SimulatedMaster } from './simulated-master.js';

export class SimulatedSubmitter implements Submitter {
  readonly keepsResults = false;
  /** A future has settled since it was set to false: what awaits it has a turn to come. */
  hasNews = false;
  submitted = 0;
  readonly #master: SimulatedMaster;
  readonly #scheduler: Scheduler;

  constructor(master: SimulatedMaster, scheduler: Scheduler) {
    this.#master = master;
    this.#scheduler = scheduler;
  }

  submit(definition: AlgorithmDefinition, args: readonly unknown[], policy: ResolvedPolicy): TaskId {
    const taskId = this.#master.core.intake.submit(definition, args, policy);
    this.#dispatchSoon();
    return taskId;
  }

  future(definition: AlgorithmDefinition, args: readonly unknown[], policy: ResolvedPolicy): Future<unknown> {
    const { core } = this.#master;
    const numberOf = (taskId: TaskId): number => Number(taskId.slice('TASK-'.length));
    const future = new TaskFuture((taskId) => core.cancel(numberOf(taskId), this.#scheduler.now));
    future.onSettled(() => {
      this.hasNews = true;
    });
    const taskId = core.intake.submit(definition, args, policy, future);
    this.submitted++;
    this.#dispatchSoon();
    return future.of(taskId);
  }

  broadcast(): never {
    throw new Error('no test of it here');
  }

  reserveSlave(): never {
    throw new Error('no test of it here');
  }

  targetNumber(): number {
    return 0;
  }

  setTargetNumber(): void {}

  pendingTasks(definition: AlgorithmDefinition): number {
    return this.#master.core.entryOf(definition).pending;
  }

  get workers(): number {
    return this.#master.core.roster.slots;
  }

  get signal(): AbortSignal {
    return this.#master.core.signal;
  }

  #dispatchSoon(): void {
    this.#master.main.deliver(() => this.#master.core.dispatch(this.#scheduler.now));
  }
}

/** Runs `body` while clocks and timers of this process are those of the simulation, whose master's they are. */
export async function withFakeTime(
  scheduler: Scheduler,
  master: SimulatedMaster,
  body: () => Promise<void>,
): Promise<void> {
  const { setTimeout, clearTimeout } = globalThis;
  const set = new Set<object>();
  Object.assign(globalThis, {
    setTimeout: (ring: () => void, ms: number) => {
      const timer = {};
      set.add(timer);
      scheduler.after(ms, () => master.main.deliver(() => set.delete(timer) && ring()));
      return timer;
    },
    clearTimeout: (timer?: object) => timer !== undefined && set.delete(timer),
  });
  Object.defineProperty(performance, 'now', { value: () => scheduler.now, configurable: true });
  try {
    await body();
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
    Reflect.deleteProperty(performance, 'now');
  }
}
