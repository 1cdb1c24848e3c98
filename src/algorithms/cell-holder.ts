/**
 * Finds what holds the values of cells for the code that asks: a master or a slave. In this order:
 *
 * - the one whose code runs, if it was entered. It is not entered where it is the only one, because on Node 20 every
 *   promise of a process gets slower after the first entry into an AsyncLocalStorage;
 * - the program's master, which `initialize` runs;
 * - the only one of the process.
 */

import { AsyncLocalStorage } from 'node:async_hooks';

/** A cell as a master or a slave knows it. */
export interface CellDefinition {
  readonly name: string;
  readonly initial: unknown;
  readonly merge: ((value: unknown, offered: unknown) => unknown) | undefined;
  /** Counts the cells of this process; another process may count them in another order. */
  readonly index: number;
  /** The place of its definition, such as `file:///app/main.js:12:3`; for messages. */
  readonly place: string;
}

/** The values of all cells in one master or one slave. */
export interface CellHolder {
  /** The newest value that is known here. */
  get(cell: CellDefinition): unknown;
  /** A master's. Throws UsageError on a slave. */
  set(cell: CellDefinition, value: unknown): void;
  /** Folds a value in; a slave also tells its master. The cell has a merge. */
  offer(cell: CellDefinition, value: unknown): void;
}

const live = new Set<CellHolder>();
let entered: AsyncLocalStorage<CellHolder> | undefined;
let program: CellHolder | undefined;
/** The result of the last two steps, so that a read of a cell costs one look. */
let fallback: CellHolder | undefined;

/** Undefined outside of any run. */
export function currentHolder(): CellHolder | undefined {
  return entered?.getStore() ?? fallback;
}

/** Runs `fn`, and what it awaits, as code of this holder; without one, as code of the caller. */
export function enterHolder<T>(holder: CellHolder | undefined, fn: () => T): T {
  if (holder === undefined || (holder === fallback && entered === undefined)) return fn();
  entered ??= new AsyncLocalStorage();
  return entered.run(holder, fn);
}

/** Returns a function that ends it, and may be called twice. */
export function openHolder(holder: CellHolder): () => void {
  live.add(holder);
  chooseFallback();
  return () => {
    live.delete(holder);
    chooseFallback();
  };
}

/** Sets that of the master that `initialize` runs; undefined when it has ended. */
export function setProgramHolder(holder: CellHolder | undefined): void {
  program = holder;
  chooseFallback();
}

function chooseFallback(): void {
  const [first] = live;
  fallback = program ?? (live.size === 1 ? first : undefined);
}
