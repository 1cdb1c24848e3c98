/** Submits the tasks of a scope to its master: they carry the scope's signal, and the scope waits for its futures. */

import type {
  BroadcastSubmission,
  FutureHolder,
  ReservationRequest,
  SlaveReservation,
  Submitter,
} from '../../algorithms/submitter.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy, TaskId } from '../../algorithms/types.js';
import type { Cancellation } from './cancellation.js';

/** Events of tasks that their scope must hear. */
export interface TaskHolder extends FutureHolder {
  readonly cancellation: Cancellation;
  hold(): void;
  release(promise: Promise<unknown>): void;
  /** This is the future for which it was last held. */
  begun(future: Future<unknown>): void;
}

export class ScopedSubmitter implements Submitter {
  readonly master: Submitter;
  readonly #scope: { readonly living: TaskHolder | undefined };

  /** A scope that has ended says which one around it is `living`. */
  constructor(master: Submitter, scope: { readonly living: TaskHolder | undefined }) {
    this.master = master;
    this.#scope = scope;
  }

  submit(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string,
  ): TaskId {
    const scope = this.#scope.living;
    if (scope === undefined) return this.master.submit(definition, args, policy, place);
    return submitIn(scope, this.master, definition, args, policy, place);
  }

  future(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string,
    holder?: FutureHolder,
  ): Future<unknown> {
    const scope = this.#scope.living;
    if (scope === undefined) return this.master.future(definition, args, policy, place, holder);
    return futureIn(scope, this.master, definition, args, policy, place, holder);
  }

  broadcast(submission: BroadcastSubmission): () => void {
    const cancellation = this.#scope.living?.cancellation;
    if (cancellation === undefined) return this.master.broadcast(submission);
    cancellation.noteSurvivor();
    return this.master.broadcast({ ...submission, policy: cancellation.policyOf(submission.policy) });
  }

  reserveSlave(request: ReservationRequest): SlaveReservation {
    const cancellation = this.#scope.living?.cancellation;
    if (cancellation === undefined) return this.master.reserveSlave(request);
    cancellation.noteSurvivor();
    return this.master.reserveSlave({ ...request, policy: cancellation.policyOf(request.policy) });
  }

  targetNumber(definition: AlgorithmDefinition): number {
    return this.master.targetNumber(definition);
  }

  setTargetNumber(definition: AlgorithmDefinition, target: number): void {
    this.master.setTargetNumber(definition, target);
  }

  pendingTasks(definition: AlgorithmDefinition): number {
    return this.master.pendingTasks(definition);
  }

  get workers(): number {
    return this.master.workers;
  }

  get signal(): AbortSignal {
    return this.master.signal;
  }

  get scopeSignal(): AbortSignal | undefined {
    return this.#scope.living?.cancellation.signal;
  }

  get keepsResults(): boolean {
    return this.master.keepsResults;
  }
}

/** Submits a task that may outlive the scope, which has not ended. */
export function submitIn(
  { cancellation }: TaskHolder,
  master: Submitter,
  definition: AlgorithmDefinition,
  args: readonly unknown[],
  policy: ResolvedPolicy,
  place: string | undefined,
): TaskId {
  cancellation.noteSurvivor();
  return master.submit(definition, args, cancellation.policyOf(policy), place);
}

/** Submits a task for whose future the scope waits, which has not ended. */
export function futureIn(
  scope: TaskHolder,
  master: Submitter,
  definition: AlgorithmDefinition,
  args: readonly unknown[],
  policy: ResolvedPolicy,
  place: string | undefined,
  holder?: FutureHolder,
): Future<unknown> {
  const holders = holder === undefined ? scope : bothOf(scope, holder);
  scope.hold();
  try {
    const future = master.future(definition, args, scope.cancellation.policyOf(policy), place, holders);
    scope.begun(future);
    return future;
  } catch (error) {
    // There is no such task, and so no promise that settles
    scope.release(NO_FUTURE);
    throw error;
  }
}

function bothOf(first: FutureHolder, second: FutureHolder): FutureHolder {
  return {
    futureSettled: (promise, outcome) => {
      first.futureSettled(promise, outcome);
      second.futureSettled(promise, outcome);
    },
  };
}

const NO_FUTURE: Promise<void> = Promise.resolve();
