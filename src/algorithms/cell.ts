/** Cells as values: their definitions, by name, and the handle by which a program reads and changes them. */

import { NoKernelError, UsageError } from '../errors.js';
import { checkOptionNames } from '../structures/check-options.js';
import { nameFault } from '../structures/name-fault.js';
import { callSiteOf, placeOf } from './call-site.js';
import { type CellDefinition, currentHolder } from './cell-holder.js';

/** The number of cells that a program may define. */
export const MOST_CELLS = 64;
/** The size of a cell's value as text, in bytes of UTF-8. */
export const MOST_CELL_BYTES = 4_096;
const MOST_CHARACTERS = 200;
const KEYS = ['merge'] as const satisfies (keyof CellOptions<unknown>)[];

/** Options of `cell`. */
export interface CellOptions<T> {
  /**
   * Folds an offered value into the value that there is. Offers may count twice and in any order, so the result must not
   * depend on that: as with `Math.min`, `Math.max`, a union. It runs on the master and on slaves, and changes neither
   * argument.
   */
  readonly merge: (value: T, offered: T) => T;
}

/** A small value that the master sets while tasks run, and tasks read. */
export interface Cell<T> {
  /** The name that `cell` was given. */
  readonly name: string;
  /**
   * The newest value that has arrived here; the initial one outside of any run. It is read-only by agreement: objects and
   * arrays are frozen. Only the master sets it: a task that does gets a UsageError. Setting throws UsageError above 4 KB,
   * EncodeError for what cannot travel, and NoKernelError where no master runs.
   */
  value: T;
}

/** A cell with a `merge`, to which tasks offer values. */
export interface MergedCell<T> extends Cell<T> {
  /**
   * Folds this value in: here at once, on the master and on the other slaves soon. A value that changes nothing costs no
   * message. Offers count at least once while the slave lives; those that a slave has not sent when it dies are lost with
   * it. Without effect outside of any run. Throws UsageError above 4 KB or if the merge depends on how often a value
   * counts, EncodeError for what cannot travel, and whatever `merge` throws.
   */
  offer(value: T): void;
}

const definitions: CellDefinition[] = [];

/** All cells of this process, in the order of their indexes. */
export function listCells(): readonly CellDefinition[] {
  return [...definitions];
}

/**
 * Defines a cell, to which tasks offer values: a best bound, a set of what was found. Master and slaves must both define
 * it, under the same name, before they are initialized, as they do algorithms. A program has at most 64. Throws UsageError
 * for a name that is empty, taken, or cannot be shown in a line. A wrong initial value is reported when the master or
 * slave begins.
 *
 * @example
 * const best = cell('best', Infinity, { merge: Math.min });
 * // in a task
 * if (bound >= best.value) return;
 * best.offer(length);
 */
export function cell<T>(name: string, initial: T, options: CellOptions<T>): MergedCell<T>;
/**
 * Defines a cell that only the master changes: a limit, a step, a flag to stop.
 *
 * @example
 * const temperature = cell('temperature', 1);
 * temperature.value *= 0.9;
 */
export function cell<T>(name: string, initial: T): Cell<T>;
export function cell<T>(name: string, initial: T, options?: CellOptions<T>): Cell<T> | MergedCell<T> {
  const place = placeOf(callSiteOf(cell as (...args: never[]) => unknown));
  checkName(name, place);
  if (options !== undefined) checkOptions(name, options);
  const definition: CellDefinition = Object.freeze({
    name,
    initial,
    merge: options?.merge as CellDefinition['merge'],
    index: definitions.length,
    place,
  });
  definitions.push(definition);
  return new CellHandle<T>(definition);
}

class CellHandle<T> implements MergedCell<T> {
  readonly #definition: CellDefinition;

  constructor(definition: CellDefinition) {
    this.#definition = definition;
  }

  get name(): string {
    return this.#definition.name;
  }

  get value(): T {
    const holder = currentHolder();
    return (holder === undefined ? this.#definition.initial : holder.get(this.#definition)) as T;
  }

  set value(value: T) {
    const holder = currentHolder();
    if (holder === undefined) {
      throw new NoKernelError(
        `${nameOf(this.#definition)} is set by a master, and this code belongs to none; set it inside the master ` +
          'algorithm (defineMaster), or run it with mw.run or withKernel',
      );
    }
    holder.set(this.#definition, value);
  }

  offer(value: T): void {
    if (this.#definition.merge === undefined) {
      throw new UsageError(
        `${nameOf(this.#definition)} takes no offers, because it has no merge; define it with one: ` +
          `cell(${JSON.stringify(this.name)}, initial, { merge: (value, offered) => … })`,
      );
    }
    currentHolder()?.offer(this.#definition, value);
  }
}

/** For messages. */
export function nameOf({ name }: Pick<CellDefinition, 'name'>): string {
  return `cell ${JSON.stringify(name)}`;
}

function checkName(name: unknown, place: string): asserts name is string {
  if (typeof name !== 'string' || name === '' || name.length > MOST_CHARACTERS) {
    const got =
      typeof name === 'string' ? `one of ${name.length}` : String(name === null ? null : typeof name);
    throw new UsageError(
      `the name of a cell is a string of 1 to ${MOST_CHARACTERS} characters; at ${place} it is ${got}`,
    );
  }
  const fault = nameFault(name);
  if (fault !== undefined)
    throw new UsageError(`the name ${JSON.stringify(name)} of a cell at ${place} ${fault}`);
  const first = definitions.find((other) => other.name === name);
  if (first !== undefined) {
    throw new UsageError(
      `${nameOf(first)} is defined twice: at ${first.place} and at ${place}; give one of them another name`,
    );
  }
  if (definitions.length === MOST_CELLS) {
    throw new UsageError(
      `cell ${JSON.stringify(name)} at ${place} is one too many: a program has at most ${MOST_CELLS}; put several ` +
        'values into one cell, as an object',
    );
  }
}

function checkOptions(name: string, options: unknown): void {
  checkOptionNames(`cell ${JSON.stringify(name)}`, options, KEYS);
  const { merge } = options as { readonly merge?: unknown };
  if (typeof merge === 'function') return;
  throw new UsageError(
    `the merge of cell ${JSON.stringify(name)} is a function of two values; got ${String(merge)}`,
  );
}
