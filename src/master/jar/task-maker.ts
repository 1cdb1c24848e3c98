/** Makes tasks from submissions: knows the master's algorithms, and takes a snapshot of the arguments. */

import type { AlgorithmDefinition, ResolvedPolicy } from '../../algorithms/types.js';
import { MessageSizeError, UsageError } from '../../errors.js';
import { encodeList } from '../../wire/values/codec.js';
import { SubmissionPlaces } from '../model/submission-places.js';
import { type AlgorithmEntry, type FutureSettler, Task } from '../model/task.js';

/** Bytes of a message around the arguments of its only task. */
const TASK_OVERHEAD = 128;

export interface Submission {
  readonly definition: AlgorithmDefinition;
  readonly args: readonly unknown[];
  readonly policy: ResolvedPolicy;
  readonly future: FutureSettler | undefined;
  /** The place in the program that submits it, if known. */
  readonly place: string | undefined;
}

export class TaskMaker {
  readonly #entries = new Map<AlgorithmDefinition, AlgorithmEntry>();
  readonly #maxMessageBytes: number;

  constructor(algorithms: readonly AlgorithmDefinition[], maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
    for (const [index, definition] of algorithms.entries()) {
      const measured = {
        seconds: undefined,
        longSeconds: undefined,
        resultBytes: 0,
        places: new SubmissionPlaces(),
        lastKind: undefined,
      };
      this.#entries.set(definition, { definition, index, targetNumber: 0, pending: 0, ...measured });
    }
  }

  /** This master's entry of an algorithm. Throws UsageError if the algorithm was defined too late. */
  entryOf(definition: AlgorithmDefinition): AlgorithmEntry {
    const entry = this.#entries.get(definition);
    if (entry !== undefined) return entry;
    throw new UsageError(
      `algorithm ${JSON.stringify(definition.name)} was defined after its master started; define it where the program's modules are loaded`,
    );
  }

  get entries(): Iterable<AlgorithmEntry> {
    return this.#entries.values();
  }

  /** Throws EncodeError, MessageSizeError or UsageError. `number` is the task's number from then on. */
  make(number: () => number, { definition, args, policy, future, place }: Submission): Task {
    const entry = this.entryOf(definition);
    const { text, raws, byteLength } = encodeList(args);
    if (byteLength + TASK_OVERHEAD > this.#maxMessageBytes) {
      throw new MessageSizeError(
        `the arguments of a ${definition.name} task`,
        byteLength,
        this.#maxMessageBytes,
      );
    }
    const task = new Task(number(), entry, text, raws, byteLength, policy, future);
    if (place !== undefined) entry.places.note(task.number, place);
    return task;
  }

  /** A new task with an earlier one's algorithm and arguments, as they were encoded then. */
  remake(number: () => number, earlier: Task, policy: ResolvedPolicy): Task {
    const { algorithm, text, raws, bytes } = earlier;
    const entry = this.entryOf(algorithm.definition);
    const task = new Task(number(), entry, text, raws, bytes, policy, undefined);
    const { submittedAt } = earlier.identity;
    if (submittedAt !== undefined) entry.places.note(task.number, submittedAt);
    return task;
  }
}
