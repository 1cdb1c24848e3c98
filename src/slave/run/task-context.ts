/**
 * The data of a running task about itself, and slots that a slave algorithm fills for its tasks.
 *
 * Usually a process is one slave, which runs one task at a time: then the running task is a variable. If
 * several slaves share a process, or a slave runs tasks side by side, an AsyncLocalStorage distinguishes
 * them. It is not used otherwise, since entering one makes every promise of a process slower on Node 20.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { type CellHolder, enterHolder, openHolder } from '../../algorithms/cell-holder.js';
import type { SlaveId, TaskId } from '../../algorithms/types.js';

/** The return value of `taskContext()`. Outside a task ids are undefined, `attempt` is 1, and `signal` never aborts. */
export interface TaskContext {
  /** The name of its algorithm. */
  readonly algorithm: string | undefined;
  /** The id that the master gave it. */
  readonly taskId: TaskId | undefined;
  /** The slave that runs it. */
  readonly sid: SlaveId | undefined;
  /** The number of this run of the task, from 1. */
  readonly attempt: number;
  /** Aborts when the master no longer wants the task, or its time is over. */
  readonly signal: AbortSignal;
}

/** The owner of a task's context and of its slave's slots: a slave, or one of several tasks. */
export interface SlaveScope {
  readonly slots: Map<object, unknown>;
  /** Undefined if the program has no cells. */
  readonly cells: CellHolder | undefined;
  context: TaskContext | undefined;
}

const INERT: TaskContext = Object.freeze({
  algorithm: undefined,
  taskId: undefined,
  sid: undefined,
  attempt: 1,
  signal: new AbortController().signal,
});

const storage = new AsyncLocalStorage<SlaveScope>();
const scopes = new Set<SlaveScope>();
let only: SlaveScope | undefined;
const processScope: SlaveScope = { slots: new Map(), cells: undefined, context: undefined };

/** A slave of this process begins; returns its scope and a function that ends it. */
export function openScope(cells?: CellHolder): { scope: SlaveScope; close: () => void } {
  const scope: SlaveScope = { slots: new Map(), cells, context: undefined };
  scopes.add(scope);
  chooseOnly();
  const closeCells = cells && openHolder(cells);
  const close = (): void => {
    scopes.delete(scope);
    chooseOnly();
    closeCells?.();
  };
  return { scope, close };
}

/** Runs `fn`, and what it awaits, as a part of this slave. */
export function enterScope<T>(scope: SlaveScope, fn: () => T): T {
  if (scope === only) return enterHolder(scope.cells, fn);
  return storage.run(scope, enterHolder, scope.cells, fn);
}

function chooseOnly(): void {
  const [first] = scopes;
  only = scopes.size === 1 ? first : undefined;
}

function currentScope(): SlaveScope {
  return storage.getStore() ?? only ?? processScope;
}

/**
 * The running task: its algorithm, ids, attempt, and a signal that aborts when its master no longer wants it
 * or its time is over. Outside a task it is an inert context, so that an algorithm can also be called as a
 * plain function.
 *
 * @example const rows = await fetch(url, { signal: taskContext().signal });
 */
export function taskContext(): TaskContext {
  return currentScope().context ?? INERT;
}

/** A slot with one value for each slave. */
export interface SlaveLocal<T> {
  /** That of the slave that asks: get and set. */
  value: T;
}

/**
 * A slot for what the tasks of a slave share: a database, a cache. One value per slave, made by `create` when
 * first read; outside a slave, one value for the process. The reader throws any error of `create`.
 */
export function slaveLocal<T>(create: () => T): SlaveLocal<T>;
/**
 * The same without `create`: undefined until the slave algorithm sets it.
 *
 * @example
 * const database = slaveLocal<Database>();
 * defineSlave(async (slave) => {
 *   database.value = await open();
 *   return slave.slaveLoopSimple();
 * });
 */
export function slaveLocal<T>(): SlaveLocal<T | undefined>;
export function slaveLocal<T>(create?: () => T): SlaveLocal<T | undefined> {
  const key = {};
  return {
    get value(): T | undefined {
      const { slots } = currentScope();
      if (!slots.has(key) && create !== undefined) slots.set(key, create());
      return slots.get(key) as T | undefined;
    },
    set value(value: T | undefined) {
      currentScope().slots.set(key, value);
    },
  };
}
