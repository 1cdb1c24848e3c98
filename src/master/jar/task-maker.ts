/** Makes tasks from submissions: knows the master's algorithms, and takes a snapshot of the arguments. */

import type { AlgorithmDefinition, ResolvedPolicy } from '../../algorithms/types.js';
import { EncodeError, MessageSizeError, UsageError } from '../../errors.js';
import { type EncodedValue, encodeList, encodeTemplate, fillTemplate } from '../../wire/values/codec.js';
import { SubmissionPlaces } from '../model/submission-places.js';
import { type AlgorithmEntry, type FutureSettler, Task } from '../model/task.js';
import { TaskFuture } from '../model/task-future.js';
import { LARGE_BYTES, ShareAdvice } from './share-advice.js';

/** Bytes of a message around the arguments of its only task, and for each shared value that it names. */
const TASK_OVERHEAD = 128;
export const SHARE_NAME_BYTES = 96;

export interface Submission {
  readonly definition: AlgorithmDefinition;
  readonly args: readonly unknown[];
  readonly policy: ResolvedPolicy;
  readonly future: FutureSettler | undefined;
  /** The place in the program that submits it, if known. */
  readonly place: string | undefined;
}

/** What the runs of a broadcast have in common. */
export interface TaskTemplate {
  readonly algorithm: AlgorithmEntry;
  readonly arguments: EncodedValue;
}

interface EncodedArguments extends EncodedValue {
  /** Those that must settle first; then the text is a template. */
  readonly futures?: readonly TaskFuture[];
}

export class TaskMaker {
  readonly #entries = new Map<AlgorithmDefinition, AlgorithmEntry>();
  readonly #maxMessageBytes: number;
  readonly #advice: ShareAdvice;

  /** `onRepeated` hears once of an algorithm whose tasks have the same large bytes again and again. */
  constructor(
    algorithms: readonly AlgorithmDefinition[],
    maxMessageBytes: number,
    onRepeated: (algorithm: string, bytes: number) => void = () => {},
  ) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#advice = new ShareAdvice(onRepeated);
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
    const { text, raws, byteLength, futures, shares } = this.#encode(definition, args);
    const task = new Task(number(), entry, text, raws, byteLength, policy, future);
    if (shares !== undefined) task.needShares(shares);
    if (byteLength >= LARGE_BYTES) this.#advice.look(task.subject.name, text, raws);
    if (futures !== undefined) task.blockOn(futures);
    if (place !== undefined) entry.places.note(task.number, place);
    return task;
  }

  /** For tasks of the same arguments, which hold no futures; throws as `make`. */
  makeTemplate(definition: AlgorithmDefinition, args: readonly unknown[]): TaskTemplate {
    const algorithm = this.entryOf(definition);
    try {
      return { algorithm, arguments: this.#encodeKnown(definition, args) };
    } catch (error) {
      const futures: TaskFuture[] = [];
      if (error instanceof EncodeError) encodeTemplate(args, (value) => placeOf(value, futures));
      const [future] = futures;
      if (future === undefined) throw error;
      throw new UsageError(
        `a broadcast takes values, and got the future of ${future.taskId} among its arguments; await it and pass its value`,
        { cause: error },
      );
    }
  }

  makeFrom(
    number: () => number,
    { algorithm, arguments: { text, raws, byteLength, shares } }: TaskTemplate,
    policy: ResolvedPolicy,
    future: FutureSettler,
    place: string | undefined,
  ): Task {
    const task = new Task(number(), algorithm, text, raws, byteLength, policy, future);
    if (shares !== undefined) task.needShares(shares);
    if (place !== undefined) algorithm.places.note(task.number, place);
    return task;
  }

  /** The futures of a task have their values; throws EncodeError or MessageSizeError. */
  fill(task: Task, values: readonly unknown[]): void {
    const { text, raws, byteLength } = this.#encodeKnown(
      task.algorithm.definition,
      fillTemplate(task, values),
      'all',
    );
    task.fill(text, raws, byteLength);
  }

  #encode(definition: AlgorithmDefinition, args: readonly unknown[]): EncodedArguments {
    try {
      return this.#encodeKnown(definition, args);
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      // Looked for only here, so that tasks without futures do not pay for them
      const futures: TaskFuture[] = [];
      const encoded = encodeTemplate(args, (value) => placeOf(value, futures));
      if (futures.length === 0) throw error;
      if (futures.some(({ outcome }) => outcome === undefined || 'error' in outcome))
        return { ...encoded, futures };
      return this.#encodeKnown(definition, fillTemplate(encoded, futures.map(packetOf)));
    }
  }

  /** Shared values of a task that was submitted before may be released by now. */
  #encodeKnown(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    shares: 'live' | 'all' = 'live',
  ): EncodedArguments {
    const encoded = encodeList(args, shares);
    if (
      encoded.byteLength + TASK_OVERHEAD + SHARE_NAME_BYTES * (encoded.shares?.length ?? 0) <=
      this.#maxMessageBytes
    )
      return encoded;
    throw new MessageSizeError(
      `the arguments of a ${definition.name} task`,
      encoded.byteLength,
      this.#maxMessageBytes,
    );
  }

  /** A new task with an earlier one's algorithm and arguments, as they were encoded then. */
  remake(number: () => number, earlier: Task, policy: ResolvedPolicy, future?: FutureSettler): Task {
    const { algorithm, text, raws, bytes, shares } = earlier;
    const entry = this.entryOf(algorithm.definition);
    const task = new Task(number(), entry, text, raws, bytes, policy, future);
    if (shares !== undefined) task.needShares(shares);
    if (earlier.dependencies !== undefined) task.blockOn(earlier.dependencies);
    const { submittedAt } = earlier.identity;
    if (submittedAt !== undefined) entry.places.note(task.number, submittedAt);
    return task;
  }
}

/** Notes a future that is met for the first time. */
function placeOf(value: object, futures: TaskFuture[]): number | undefined {
  const future = TaskFuture.find(value);
  if (future === undefined) return undefined;
  const place = futures.indexOf(future);
  return place < 0 ? futures.push(future) - 1 : place;
}

/** Of a future that has one. */
export function packetOf({ outcome }: TaskFuture): unknown {
  return outcome !== undefined && 'packet' in outcome ? outcome.packet : undefined;
}
