/** A master for tests of stubs: it records what it was given and computes nothing. */

import type { BroadcastSubmission, Submitter } from '../../src/algorithms/submitter.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy, TaskId } from '../../src/algorithms/types.js';

export interface Call {
  readonly stub: 'submit' | 'future' | 'broadcast';
  readonly definition: AlgorithmDefinition;
  readonly args: readonly unknown[];
  readonly policy: ResolvedPolicy;
}

export class RecordingSubmitter implements Submitter {
  readonly calls: Call[] = [];
  readonly targets = new Map<string, number>();
  pending = 0;
  workers = 1;
  keepsResults = false;
  signal: AbortSignal = new AbortController().signal;

  submit(definition: AlgorithmDefinition, args: readonly unknown[], policy: ResolvedPolicy): TaskId {
    this.calls.push({ stub: 'submit', definition, args, policy });
    return `TASK-${this.calls.length - 1}`;
  }

  future(definition: AlgorithmDefinition, args: readonly unknown[], policy: ResolvedPolicy): Future<unknown> {
    this.calls.push({ stub: 'future', definition, args, policy });
    const number = this.calls.length - 1;
    const taskId: TaskId = `TASK-${number}`;
    return Object.assign(Promise.resolve(`packet ${number}`), {
      taskId,
      fulfilled: true,
      cancel: () => false,
    });
  }

  broadcast({ definition, args, policy }: BroadcastSubmission): () => void {
    this.calls.push({ stub: 'broadcast', definition, args, policy });
    return () => {};
  }

  reserveSlave(): never {
    throw new Error('no stub asks for it');
  }

  targetNumber(definition: AlgorithmDefinition): number {
    return this.targets.get(definition.name) ?? 0;
  }

  setTargetNumber(definition: AlgorithmDefinition, target: number): void {
    this.targets.set(definition.name, target);
  }

  pendingTasks(): number {
    return this.pending;
  }

  /** The arguments of all calls so far, which it forgets. */
  takeArgs(): (readonly unknown[])[] {
    return this.calls.splice(0).map(({ args }) => args);
  }
}
