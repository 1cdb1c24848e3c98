/** A master's cells: their values, set by the program and folded with what slaves offer. The newest one is published. */

import { nameOf } from '../../algorithms/cell.js';
import type { CellDefinition, CellHolder } from '../../algorithms/cell-holder.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import { cutAlike } from '../../audit/format/cut-alike.js';
import { UsageError } from '../../errors.js';
import type { SlotText } from '../../link/shared/cell-slots.js';
import { valueText } from '../../structures/value-text.js';
import { type CellOffer, type CellValue, MOST_EVIDENCE } from '../../wire/messages/messages.js';
import { copyForCell, decodeCell } from '../../wire/values/cell-value.js';

/** The limit of names for which a dropped offer is told. */
const MOST_TOLD = 100;

interface Held {
  readonly definition: CellDefinition;
  value: unknown;
  text: string;
  /** 0 while it is the initial one. */
  version: number;
  /** The version that the program set last; 0 if it never did. */
  setAt: number;
}

/** A slave in one session. */
interface Offerer {
  readonly sid: string;
}

interface MasterCellsParams {
  readonly definitions: readonly CellDefinition[];
  readonly audit: AuditSink;
  /** Brings the newest value of a cell to all slaves: at once, or once all offers that have come are folded. */
  readonly publish: (at: number, slot: SlotText, isOffered: boolean) => void;
}

export class MasterCells implements CellHolder {
  readonly #params: MasterCellsParams;
  readonly #held: readonly Held[];
  readonly #byName: ReadonlyMap<string, Held>;
  readonly #told = new Set<string>();
  /** By cell, the serial of the last offer that came with results: what the sentinel still brings of those is in the value. */
  readonly #withResults = new WeakMap<Offerer, Map<string, number>>();
  /** Counts the changes of all cells. */
  #version = 0;
  #setAt = 0;

  /** Throws EncodeError or UsageError for an initial value that is not one. */
  constructor(params: MasterCellsParams) {
    this.#params = params;
    this.#held = params.definitions.map((definition) => {
      return { definition, ...copyForCell(definition.name, definition.initial), version: 0, setAt: 0 };
    });
    this.#byName = new Map(this.#held.map((held) => [held.definition.name, held]));
  }

  get(cell: CellDefinition): unknown {
    return this.#heldOf(cell).value;
  }

  set(cell: CellDefinition, value: unknown): void {
    const held = this.#heldOf(cell);
    this.#change(held, value, false);
    held.setAt = held.version;
    this.#setAt = this.#version;
  }

  /** The version that the program set last, of any cell; 0 if it never did. */
  get setAt(): number {
    return this.#setAt;
  }

  /** The newest values of the cells that the program has set after this version. */
  setAfter(version: number): readonly CellValue[] {
    return this.#held.filter(({ setAt }) => setAt > version).map(newestOf);
  }

  /** The master's own code offers too, for example an algorithm that it calls directly. */
  offer(cell: CellDefinition, value: unknown): void {
    this.#fold(this.#heldOf(cell), copyForCell(cell.name, value).value, false);
  }

  /**
   * Folds what a slave offers. An offer that cannot be folded changes nothing, and the first one of each name is told.
   * Offers come with results, and by the sentinel, perhaps after the program has taken those results and has set the cell.
   */
  takeOffers(slave: Offerer, offers: readonly CellOffer[], way: 'with results' | 'by sentinel'): void {
    const { sid } = slave;
    for (const [name, serial, text] of offers) {
      try {
        if (way === 'with results') this.#noteSerial(slave, name, serial);
        else if (serial <= (this.#withResults.get(slave)?.get(name) ?? 0)) continue;
        const held = this.#byName.get(name);
        if (held === undefined)
          throw new UsageError('this master has no such cell; run the same program on both');
        this.#fold(held, decodeCell(text), true);
      } catch (error) {
        this.#tell(sid, name, error);
      }
    }
  }

  /** For a slave that joins: the cells that have changed; undefined if none has. */
  get changed(): readonly CellValue[] | undefined {
    if (this.#version === 0) return undefined;
    return this.#held.filter(({ version }) => version > 0).map(newestOf);
  }

  #noteSerial(slave: Offerer, name: string, serial: number): void {
    if (!this.#byName.has(name)) return;
    let serials = this.#withResults.get(slave);
    if (serials === undefined) {
      serials = new Map();
      this.#withResults.set(slave, serials);
    }
    serials.set(name, serial);
  }

  #fold(held: Held, offered: unknown, isOffered: boolean): void {
    const { merge } = held.definition;
    if (merge === undefined)
      throw new UsageError(`${nameOf(held.definition)} takes no offers: it has no merge`);
    const merged = merge(held.value, offered);
    if (!Object.is(merged, held.value)) this.#change(held, merged, isOffered);
  }

  #change(held: Held, changed: unknown, isOffered: boolean): void {
    const { text, value } = copyForCell(held.definition.name, changed);
    if (text === held.text) return;
    held.value = value;
    held.text = text;
    held.version = ++this.#version;
    this.#params.publish(held.definition.index, { version: held.version, text }, isOffered);
  }

  #heldOf(cell: CellDefinition): Held {
    const held = this.#held[cell.index];
    if (held !== undefined) return held;
    throw new UsageError(
      `${nameOf(cell)} was defined at ${cell.place} after this master began; define it at the top of the program`,
    );
  }

  #tell(sid: string, name: string, error: unknown): void {
    if (this.#told.has(name) || this.#told.size === MOST_TOLD) return;
    this.#told.add(name);
    this.#params.audit.emit({
      type: 'offer-dropped',
      sid,
      cell: name,
      reason: cutAlike(valueText(error), MOST_EVIDENCE),
    });
  }
}

function newestOf({ definition, version, text }: Held): CellValue {
  return [definition.name, version, text];
}
