/** Makes tasks from submissions: knows the master's algorithms, and takes a snapshot of the arguments. */

import type { AlgorithmDefinition, ResolvedPolicy } from '../../algorithms/types.js';
import { EncodeError, MessageSizeError, UsageError } from '../../errors.js';
import { type TraceContext, traceBytes } from '../../wire/messages/trace-context.js';
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

/** The trace context of a task that is submitted now, if there is one. */
type TakeTrace = (how: 'link' | 'parent') => TraceContext | undefined;

/** The common part of a broadcast's runs. */
export interface TaskTemplate {
  readonly algorithm: AlgorithmEntry;
  readonly arguments: EncodedValue;
  readonly trace: TraceContext | undefined;
}

interface EncodedArguments extends EncodedValue {
  /** Those that must settle first; then the text is a template. */
  readonly futures?: readonly TaskFuture[];
}

export class TaskMaker {
  readonly #entries = new Map<AlgorithmDefinition, AlgorithmEntry>();
  readonly #maxMessageBytes: number;
  readonly #advice: ShareAdvice;
  /** Undefined in a process that traces nothing. */
  readonly #takeTrace: TakeTrace | undefined;

  /** `onRepeated` hears once of an algorithm whose tasks have the same large bytes again and again. */
  constructor(
    algorithms: readonly AlgorithmDefinition[],
    maxMessageBytes: number,
    onRepeated: (algorithm: string, bytes: number) => void = () => {},
    takeTrace?: TakeTrace | undefined,
  ) {
    this.#takeTrace = takeTrace;
    this.#maxMessageBytes = maxMessageBytes;
    this.#advice = new ShareAdvice(onRepeated);
    for (const [index, definition] of algorithms.entries()) {
      const measured = {
        seconds: undefined,
        longSeconds: undefined,
        quickSeconds: undefined,
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
    if (this.#takeTrace !== undefined) this.#carry(task, this.#traceFor(policy));
    return task;
  }

  #traceFor({ trace }: ResolvedPolicy): TraceContext | undefined {
    return trace === 'none' ? undefined : this.#takeTrace?.(trace);
  }

  /** A task that fills a message goes without. */
  #carry(task: Task, trace: TraceContext | undefined): void {
    if (trace === undefined) return;
    const others = task.bytes + TASK_OVERHEAD + SHARE_NAME_BYTES * (task.shares?.length ?? 0);
    if (others + traceBytes(trace) <= this.#maxMessageBytes) task.carryTrace(trace);
  }

  /** For tasks of the same arguments, which hold no futures; throws as `make`. */
  makeTemplate(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
  ): TaskTemplate {
    const algorithm = this.entryOf(definition);
    try {
      const encoded = this.#encodeKnown(definition, args);
      return { algorithm, arguments: encoded, trace: this.#takeTrace && this.#traceFor(policy) };
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
    { algorithm, arguments: { text, raws, byteLength, shares }, trace }: TaskTemplate,
    policy: ResolvedPolicy,
    future: FutureSettler,
    place: string | undefined,
  ): Task {
    const task = new Task(number(), algorithm, text, raws, byteLength, policy, future);
    if (shares !== undefined) task.needShares(shares);
    if (place !== undefined) algorithm.places.note(task.number, place);
    this.#carry(task, trace);
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
    if (this.#takeTrace !== undefined) this.#carry(task, this.#traceFor(policy));
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
