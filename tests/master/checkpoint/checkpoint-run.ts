/** One master's checkpoint with its jar, and a store in memory: what the tests of checkpoints drive. */
import { resolvePolicy } from '../../../src/algorithms/policy.js';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import { TaskError } from '../../../src/errors.js';
import { Checkpoint } from '../../../src/master/checkpoint/checkpoint.js';
import { encodeStoredResult } from '../../../src/master/checkpoint/stored-result.js';
import { TaskJar } from '../../../src/master/jar/task-jar.js';
import { type AlgorithmEntry, type FutureSettler, Task } from '../../../src/master/model/task.js';
import { TaskFate } from '../../../src/master/model/task-fate.js';
import { encodeValue } from '../../../src/wire/values/codec.js';
import { createEntry } from '../parts.js';
import { MemoryStore, type Stored } from './memory-store.js';

const never = (): boolean => false;

/** One master's checkpoint; what it hands over is kept as `algorithm argument=packet`. */
export class Run {
  readonly jar = new TaskJar();
  readonly store: MemoryStore;
  readonly checkpoint: Checkpoint;
  readonly seen: string[] = [];
  readonly fates: TaskFate[] = [];
  readonly work: AlgorithmEntry;

  constructor(stored: Stored, { work = createEntry('work'), program = ['work work'] } = {}) {
    this.work = work;
    this.store = new MemoryStore(stored, program);
    this.checkpoint = new Checkpoint({
      store: this.store,
      jar: this.jar,
      deliver: (task, fate) => {
        this.fates.push(fate);
        const what = fate.status === 'ok' ? String(fate.packet) : (fate.reason ?? fate.status);
        this.seen.push(`${task.text}=${what}`);
      },
    });
    this.store.listen({
      onCommitted: (count) => this.checkpoint.takeCommitted(count),
      onFailed: () => {},
    });
  }

  submit(argument: unknown, policy: TaskPolicy = {}, future?: FutureSettler): Task {
    const { text, raws, byteLength } = encodeValue([argument]);
    const task = new Task(
      this.jar.nextNumber(),
      this.work,
      text,
      raws,
      byteLength,
      resolvePolicy(policy),
      future,
    );
    if (!this.checkpoint.recall(task)) this.jar.add(task);
    return task;
  }

  /** Gives out one task and has it end with a packet. */
  run(packet: unknown = 'new'): Task {
    const task = this.begin();
    this.end(task, packet);
    return task;
  }

  begin(): Task {
    const task = this.jar.take(never);
    if (task === undefined) throw new Error('nothing is to be run');
    task.toUnplaced();
    return task;
  }

  end(task: Task, packet: unknown): void {
    const bytes = this.checkpoint.keeps(task)
      ? encodeStoredResult(3, [task.number, task.attempt, 0, 250_000, packet], [])
      : undefined;
    this.jar.withhold(task);
    this.checkpoint.take(task, TaskFate.ok(task, 3, packet, 0.25, 10), bytes);
  }

  fail(task: Task): void {
    this.jar.withhold(task);
    const error = new TaskError(
      { name: 'Error', message: 'no', fields: {} },
      { ...task.identity, sid: 'SLAVE-3', attempt: 1 },
    );
    this.checkpoint.take(task, TaskFate.failed(task, 3, error, 0.25, 10), undefined);
  }

  /** All that is runnable, in order. */
  runAll(packet: unknown = 'new'): void {
    while (this.jar.queued > 0) this.run(packet);
    this.store.commitNow();
  }

  release(): string[] {
    const before = this.seen.length;
    this.checkpoint.release(never);
    return this.seen.slice(before);
  }

  handOverWaiting(): string[] {
    const before = this.seen.length;
    this.checkpoint.handOverWaiting(never);
    return this.seen.slice(before);
  }
}
