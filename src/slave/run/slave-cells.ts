/**
 * A slave's cells: the newest values in the memory that its sentinel writes, and what its own tasks have offered. Both
 * are read and written while a task computes, since the sentinel is a thread of its own.
 */

import { nameOf } from '../../algorithms/cell.js';
import type { CellDefinition, CellHolder } from '../../algorithms/cell-holder.js';
import { FormatError, UsageError } from '../../errors.js';
import type { SharedCells } from '../../link/shared/shared-state.js';
import type { CellOffer, CellValue } from '../../wire/messages/messages.js';
import { copyForCell, decodeCell, encodeCell } from '../../wire/values/cell-value.js';

const NOTHING = Symbol('nothing is offered');
const UNREAD = Number.NaN;

interface Held {
  readonly definition: CellDefinition;
  /** The master's newest value that has arrived, and its version; 0 for the initial one. */
  told: unknown;
  version: number;
  /** The fold of what tasks here have offered since the master had all of it, and a number for each change of it. */
  offered: unknown;
  serial: number;
  /** The serial at the last `takeOffers`. */
  taken: number;
  /** The value that tasks see: both folded, as of this count of news. */
  value: unknown;
  news: number;
}

interface SlaveCellsParams {
  readonly definitions: readonly CellDefinition[];
  readonly shared: SharedCells;
  /** The sentinel has to look at the offers. */
  readonly wake: () => void;
}

export class SlaveCells implements CellHolder {
  readonly #params: SlaveCellsParams;
  readonly #shared: SharedCells;
  readonly #held: readonly Held[];
  #hasNew = false;

  /** Throws EncodeError or UsageError for an initial value that is not one. */
  constructor(params: SlaveCellsParams) {
    this.#params = params;
    this.#shared = params.shared;
    this.#held = params.definitions.map((definition) => {
      const { value } = copyForCell(definition.name, definition.initial);
      return {
        definition,
        told: value,
        version: 0,
        offered: NOTHING,
        serial: 0,
        taken: 0,
        value,
        news: UNREAD,
      };
    });
  }

  get(cell: CellDefinition): unknown {
    const held = this.#heldOf(cell);
    if (held.news !== this.#shared.values.news) this.#refresh(held);
    return held.value;
  }

  set(cell: CellDefinition): never {
    const instead =
      cell.merge === undefined
        ? 'give it a merge, and let the task offer a value'
        : 'let the task offer the value: cell.offer(value)';
    throw new UsageError(`${nameOf(cell)} is set by the master only; ${instead}`);
  }

  offer(cell: CellDefinition, value: unknown): void {
    const held = this.#heldOf(cell);
    const before = this.get(cell);
    const offered = copyForCell(cell.name, value).value;
    const folded = copyForCell(cell.name, merge(cell, before, offered)).value;
    if (isSame(cell, folded, before)) return;
    if (!isSame(cell, merge(cell, folded, offered), folded)) throw countsTwice(cell);
    this.#dropTaken(held);
    const all = held.offered === NOTHING ? offered : merge(cell, held.offered, offered);
    const { text, value: kept } = copyForCell(cell.name, all);
    held.offered = kept;
    held.value = folded;
    held.serial += 1;
    this.#hasNew = true;
    if (this.#shared.offers.write(cell.index, { version: held.serial, text })) this.#params.wake();
  }

  /**
   * The offers since it was last called that have not arrived: they must be there before the results of the tasks that
   * made them. Undefined if there are none.
   */
  takeOffers(): readonly CellOffer[] | undefined {
    if (!this.#hasNew) return undefined;
    this.#hasNew = false;
    const offers: CellOffer[] = [];
    for (const held of this.#held) {
      this.#dropTaken(held);
      if (held.offered === NOTHING || held.taken === held.serial) continue;
      held.taken = held.serial;
      const { name } = held.definition;
      offers.push([name, held.serial, encodeCell(name, held.offered)]);
    }
    return offers;
  }

  /** The values that a welcome brings: before the first task of the session. */
  welcome(values: readonly CellValue[] = []): void {
    for (const [name, version, text] of values) {
      const held = this.#held.find(({ definition }) => definition.name === name);
      if (held === undefined) continue;
      this.#show(held, version, text);
      held.news = UNREAD;
    }
  }

  /**
   * The program has set these before it submitted the tasks that come next. Offers that went with results
   * are in the value, or were replaced.
   */
  takeSet(values: readonly CellValue[]): void {
    this.welcome(values);
    for (const [name] of values) {
      const held = this.#held.find(({ definition }) => definition.name === name);
      if (held !== undefined && held.taken === held.serial) held.offered = NOTHING;
    }
  }

  /** The sentinel writes the value that contains an offer before it says that the offer has arrived: so read that first. */
  #refresh(held: Held): void {
    const { values } = this.#shared;
    const { index, merge: fold } = held.definition;
    held.news = values.news;
    this.#dropTaken(held);
    const found = values.read(index);
    if (found !== undefined) this.#show(held, found.version, found.text);
    held.value = held.told;
    if (held.offered === NOTHING || fold === undefined) return;
    try {
      held.value = copyForCell(held.definition.name, fold(held.told, held.offered)).value;
    } catch {
      // The master tells why this merge fails
    }
  }

  #show(held: Held, version: number, text: string): void {
    if (version <= held.version) return;
    try {
      held.told = decodeCell(text);
      held.version = version;
    } catch (error) {
      // Of a master with another build: what was there stays
      if (!(error instanceof FormatError)) throw error;
    }
  }

  #dropTaken(held: Held): void {
    if (held.offered === NOTHING) return;
    if (this.#shared.offers.isTaken(held.definition.index, held.serial)) held.offered = NOTHING;
  }

  #heldOf(cell: CellDefinition): Held {
    const held = this.#held[cell.index];
    if (held !== undefined) return held;
    throw new UsageError(
      `${nameOf(cell)} was defined at ${cell.place} after this slave began; define it at the top of the program`,
    );
  }
}

function merge({ merge: fold }: CellDefinition, value: unknown, offered: unknown): unknown {
  return fold === undefined ? value : fold(value, offered);
}

function isSame({ name }: CellDefinition, a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  return encodeCell(name, a) === encodeCell(name, b);
}

function countsTwice(cell: CellDefinition): UsageError {
  return new UsageError(
    `the merge of ${nameOf(cell)} gives another value if an offer counts twice, which may happen when a slave or a ` +
      'connection is lost; use one like Math.min, Math.max or a union, or return such values as results',
  );
}
