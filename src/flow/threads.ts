/** Threads of control: functions that run beside the rest of the program, with ids by which they can be killed. */

import { UsageError } from '../errors.js';
import { checkOptionNames } from '../structures/check-options.js';
import { nameFault } from '../structures/name-fault.js';
import { givenText } from '../structures/value-text.js';
import { checkComponent } from './components.js';
import { componentResult, heldBy } from './scope/run-component.js';
import { currentFlowScope, type FlowScope, ownScope } from './scope/scope.js';
import { componentName } from './scope/scope-path.js';

/** Names a thread of this process; never used again. */
export type ThreadId = `THREAD-${number}`;

/** Options of `spawnThread`. */
export interface ThreadOptions {
  /** Its name in paths, as in `thread.watcher`, of at most 200 characters; its id by default. */
  readonly name?: string | undefined;
}

/** The promise of a thread's value, with the thread's id. */
export interface Thread<T> extends Promise<T> {
  /** For `killThread`. */
  readonly id: ThreadId;
}

/** A thread that runs. */
export interface ThreadView {
  /** For `killThread`. */
  readonly id: ThreadId;
  /** Its place among the scopes, such as `parallel.build > thread.watcher`. */
  readonly path: string;
  /** It is stopping once it was cancelled: it waits for what it began. */
  readonly state: 'running' | 'stopping';
  /** When it was spawned, in milliseconds since 1970. */
  readonly startedAt: number;
  /**
   * The number of futures, calls such as `parallel`, and threads that it began itself and that have not ended: it waits
   * for them.
   */
  readonly pending: number;
}

interface LiveThread {
  readonly scope: FlowScope;
  readonly promise: Promise<unknown>;
  readonly startedAt: number;
}

const MOST_CHARACTERS = 200;
const THREAD_ID = /^THREAD-\d+$/;
const live = new Map<ThreadId, LiveThread>();
let lastNumber = 0;

/**
 * Runs a function beside the rest of the program, from the next turn of microtasks on, and returns the promise of its
 * value. A thread belongs to the scope in which it was spawned, which waits for it and cancels it with itself. It is
 * a thread of control, not of the processor: its computations are tasks. Throws UsageError for anything but a function.
 *
 * @example
 * const watcher = spawnThread(() => watch(queue));
 * killThread(watcher.id);
 */
export function spawnThread<T>(fn: () => T | PromiseLike<T>, options: ThreadOptions = {}): Thread<T> {
  const id: ThreadId = `THREAD-${lastNumber + 1}`;
  checkComponent(fn, () => 'the argument of spawnThread');
  const name = nameOf(options, id);
  lastNumber++;
  const around = currentFlowScope();
  const scope = ownScope(name, around);
  const { cancellation } = scope;
  const promise = heldBy(around, async () => {
    await undefined;
    try {
      if (cancellation.reason !== undefined) throw cancellation.reason;
      const value = await componentResult(scope, fn);
      if (cancellation.reason !== undefined) throw cancellation.reason;
      return value;
    } catch (error) {
      throw cancellation.failure === undefined ? (cancellation.reason ?? error) : error;
    } finally {
      live.delete(id);
      cancellation.end();
    }
  });
  live.set(id, { scope, promise, startedAt: Date.now() });
  return Object.assign(promise, { id });
}

/** The threads that run now, oldest first. */
export function threads(): ThreadView[] {
  return oldestThreads(live.size);
}

/** The first of them, for observers. */
export function oldestThreads(most: number): ThreadView[] {
  const found: ThreadView[] = [];
  for (const [id, { scope, startedAt }] of live) {
    if (found.length >= most) break;
    const state = scope.cancellation.reason === undefined ? 'running' : 'stopping';
    found.push({ id, path: scope.path, state, startedAt, pending: scope.pending });
  }
  return found;
}

/** How many run now. */
export function countThreads(): number {
  return live.size;
}

/**
 * Cancels a thread: its tasks, queued and running, and all that waits in it. Its promise rejects with a
 * ScopeCancelledError when it has stopped, which does not end the process if nobody awaits it. False if no thread with
 * this id runs. Throws UsageError for anything but an id.
 */
export function killThread(id: ThreadId): boolean {
  if (typeof id !== 'string' || !THREAD_ID.test(id)) {
    throw new UsageError(
      `killThread takes the id of a thread, such as spawnThread(fn).id; got ${givenText(id)}`,
    );
  }
  const thread = live.get(id);
  if (thread === undefined) return false;
  thread.promise.catch(() => {});
  thread.scope.cancellation.cancel('killThread was called');
  return true;
}

function nameOf(options: ThreadOptions, id: ThreadId): string {
  checkOptionNames('spawnThread', options, ['name']);
  const { name } = options;
  if (name === undefined) return id;
  if (typeof name !== 'string' || name === '') {
    throw new UsageError(`the name of spawnThread is a text that is not empty; got ${givenText(name)}`);
  }
  if (name.length > MOST_CHARACTERS) {
    throw new UsageError(
      `the name of spawnThread has at most ${MOST_CHARACTERS} characters; got ${name.length}`,
    );
  }
  const fault = nameFault(name);
  if (fault !== undefined) throw new UsageError(`the name ${givenText(name)} of spawnThread ${fault}`);
  return componentName('thread', name);
}
