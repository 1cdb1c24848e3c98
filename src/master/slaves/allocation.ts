/**
 * Which slaves belong to which group (CL-MW): ordered ones run only the tasks addressed to them, intermingle
 * ones run those first and also unordered tasks, unordered ones run only unordered tasks.
 *
 * A group wants a number of slaves. A slave that connects fills `ordered`, then `intermingle`, then
 * `unordered`, which accepts any number. An unordered slave that is already there moves to a group that wants
 * it, as soon as it runs nothing. Until then it is drafted, and gets no more tasks.
 *
 * Reservations add to what the ordered group wants, and the program's deallocation does not reach them.
 */

import type { SlaveKind } from '../../audit/events.js';

/** In the order in which they are filled. */
const WANTING = ['ordered', 'intermingle'] as const;
export const SLAVE_KINDS = [...WANTING, 'unordered'] as const satisfies readonly SlaveKind[];

/** A slave as the allocation sees it. */
export interface Allocated {
  readonly kind: SlaveKind;
  /** It will move to this group once it runs nothing. */
  readonly draftedFor: SlaveKind | undefined;
  readonly outstanding: number;
  draftFor(kind: SlaveKind): void;
  moveToDrafted(): void;
}

export class Allocation {
  readonly #wanted: Record<SlaveKind, number> = { ordered: 0, intermingle: 0, unordered: 0 };
  #reserved = 0;
  /** Slaves on trial, which no group counts, and those that left then. */
  readonly #onTrial = new WeakSet<Allocated>();
  readonly #members: Record<SlaveKind, number> = { ordered: 0, intermingle: 0, unordered: 0 };

  /** The number of missing slaves in all groups. */
  get slavesNeeded(): number {
    let needed = 0;
    for (const kind of SLAVE_KINDS) needed += Math.max(0, this.#places(kind) - this.#members[kind]);
    return needed;
  }

  wanted(kind: SlaveKind): number {
    return this.#wanted[kind];
  }

  /** The same with reservations. */
  places(kind: SlaveKind): number {
    return this.#places(kind);
  }

  /** Raises the number of slaves that a group wants. */
  allocate(amount: number, kind: SlaveKind): void {
    this.#wanted[kind] += amount;
  }

  /** Lowers that number, but not below 0; stops and moves no slave (CL-MW). */
  deallocate(amount: number, kind: SlaveKind): void {
    this.#wanted[kind] = Math.max(0, this.#wanted[kind] - amount);
  }

  /** The ordered group wants one slave more, for one holder. */
  reserve(): void {
    this.#reserved++;
  }

  /** It wants one less; true if it has more slaves then than it wants. */
  unreserve(): boolean {
    this.#reserved--;
    return this.hasSurplus;
  }

  /** Whether the ordered group has more slaves than it wants, with those that will come to it. */
  get hasSurplus(): boolean {
    return this.#members.ordered > this.#places('ordered');
  }

  /** The group of a slave that connects; it is counted there from now on. */
  join(): SlaveKind {
    const kind = this.#lacking() ?? 'unordered';
    this.#members[kind]++;
    return kind;
  }

  /** A slave has come that takes no tasks of the program, and that no group counts, before `endTrial`. */
  beginTrial(slave: Allocated): void {
    this.#onTrial.add(slave);
    slave.draftFor(slave.kind);
  }

  /** Also of a slave that is gone. */
  isOnTrial(slave: Allocated): boolean {
    return this.#onTrial.has(slave);
  }

  /** It gets its group, as if it joined now; false if it is not on trial. */
  endTrial(slave: Allocated): boolean {
    if (!this.#onTrial.delete(slave)) return false;
    slave.draftFor(this.join());
    return true;
  }

  /** It takes no more tasks, and stays in the group that counts it. */
  hold(slave: Allocated): void {
    if (slave.draftedFor === undefined) slave.draftFor(slave.kind);
  }

  /** A slave is gone; the place that it was drafted for is open again. */
  leave(slave: Allocated): void {
    if (this.#onTrial.has(slave)) return;
    this.#members[slave.draftedFor ?? slave.kind]--;
  }

  /** A slave goes back to the unordered ones once it runs nothing, and its group wants one less. */
  free(slave: Allocated): void {
    this.deallocate(1, slave.kind);
    this.giveBack(slave);
  }

  /** The same for a slave that its group does not want any more. */
  giveBack(slave: Allocated): void {
    this.#members[slave.kind]--;
    this.#members.unordered++;
    slave.draftFor('unordered');
  }

  /** Drafts unordered slaves, idle ones first, until no group lacks any; those move at once. */
  draft<S extends Allocated>(slaves: Iterable<S>): { readonly moved: S[]; readonly drafted: S[] } {
    const moved: S[] = [];
    const drafted: S[] = [];
    if (this.#lacking() === undefined) return { moved, drafted };
    const unordered = [...slaves].filter((slave) => slave.kind === 'unordered' && !slave.draftedFor);
    unordered.sort((a, b) => a.outstanding - b.outstanding);
    for (const slave of unordered) {
      const kind = this.#lacking();
      if (kind === undefined) break;
      this.#members.unordered--;
      this.#members[kind]++;
      slave.draftFor(kind);
      (this.settle(slave) ? moved : drafted).push(slave);
    }
    return { moved, drafted };
  }

  /** Moves a drafted slave that runs nothing; true if it moved. */
  settle(slave: Allocated): boolean {
    if (slave.draftedFor === undefined || slave.outstanding > 0) return false;
    slave.moveToDrafted();
    return true;
  }

  #lacking(): SlaveKind | undefined {
    return WANTING.find((kind) => this.#members[kind] < this.#places(kind));
  }

  #places(kind: SlaveKind): number {
    return this.#wanted[kind] + (kind === 'ordered' ? this.#reserved : 0);
  }
}
