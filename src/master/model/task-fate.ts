/** The object in which a task's fate is handed to the program. */

import type { SharedValue } from '../../algorithms/shared.js';
import type { Fate, SlaveId, TaskId } from '../../algorithms/types.js';
import type { TaskError, UnrunnableError, UnrunnableReason } from '../../errors.js';
import { decodeText, fillTemplate } from '../../wire/values/codec.js';
import type { AlgorithmEntry, Task } from './task.js';

/** One fate; `status` says which of the public types it is. The arguments are decoded when first read. */
export class TaskFate {
  readonly status: Fate['status'];
  readonly algorithm: string;
  readonly taskId: TaskId;
  readonly sid: SlaveId | undefined;
  readonly tag: unknown;
  readonly attempts: number;
  declare readonly packet?: unknown;
  declare readonly error?: TaskError | UnrunnableError;
  declare readonly reason?: UnrunnableReason;
  declare readonly computeTime?: number;
  readonly #task: Task;
  #args: readonly unknown[] | undefined;
  #order = 0;
  readonly #bytes: number;

  private constructor(task: Task, status: Fate['status'], sid: number | undefined, bytes: number) {
    this.status = status;
    this.algorithm = task.algorithm.definition.name;
    this.taskId = task.id;
    this.sid = sid === undefined ? undefined : sidOf(sid);
    this.tag = task.policy.tag;
    this.attempts = status === 'unrunnable' ? task.runs : task.attempt;
    this.#task = task;
    this.#bytes = bytes;
  }

  static ok(task: Task, sid: number, packet: unknown, computeTime: number, bytes: number): TaskFate {
    const fate = new TaskFate(task, 'ok', sid, bytes) as { packet?: unknown; computeTime?: number };
    fate.packet = packet;
    fate.computeTime = computeTime;
    return fate as TaskFate;
  }

  static failed(task: Task, sid: number, error: TaskError, computeTime: number, bytes: number): TaskFate {
    const fate = new TaskFate(task, 'error', sid, bytes);
    return Object.assign(fate, { error, computeTime });
  }

  static unrunnable(task: Task, sid: number | undefined, error: UnrunnableError): TaskFate {
    return Object.assign(new TaskFate(task, 'unrunnable', sid, task.bytes), { reason: error.reason, error });
  }

  /** Whether the program took its task back: it knows this fate before it comes. */
  get isUnwanted(): boolean {
    return this.reason === 'cancelled' || this.reason === 'killed';
  }

  get args(): readonly unknown[] {
    this.#args ??= argsOf(this.#task);
    return this.#args;
  }

  /** The task of a fate that a master handed over; undefined for anything else. */
  static taskOf(fate: unknown): Task | undefined {
    return typeof fate === 'object' && fate !== null && #task in fate ? fate.#task : undefined;
  }

  /** Internal bookkeeping kept with a fate, hidden from the program. */
  static entryOf(fate: TaskFate): AlgorithmEntry {
    return fate.#task.algorithm;
  }

  /** Bytes of the fate on the wire: its size in the limit of untaken fates. */
  static bytesOf(fate: TaskFate): number {
    return fate.#bytes;
  }

  static orderOf(fate: TaskFate): number {
    return fate.#order;
  }

  static setOrder(fate: TaskFate, order: number): void {
    fate.#order = order;
  }
}

/** Of a task that never had the values of its futures, the futures. */
function argsOf({ text, raws, dependencies, shares }: Task): unknown[] {
  if (dependencies === undefined) return decodeText(text, raws, 'allowed', finderOf(shares)) as unknown[];
  return fillTemplate(
    { text, raws, shares },
    dependencies.map(({ promise }) => promise),
  );
}

/** Finds the values of shared ones; of those whose bytes are gone, the handles. */
function finderOf(shares: readonly SharedValue[] | undefined): ((key: string) => unknown) | undefined {
  if (shares === undefined) return undefined;
  return (wanted) => {
    const shared = shares.find(({ key }) => key === wanted);
    return shared?.content === undefined ? shared : shared.content.value();
  };
}

let lastNumber = -1;
let lastSid: SlaveId | undefined;

/** Results come in groups of one slave, whose fates share the text. */
function sidOf(number: number): SlaveId {
  if (lastSid === undefined || number !== lastNumber) lastSid = `SLAVE-${number}`;
  lastNumber = number;
  return lastSid;
}
