/** Cells in a simulated cluster: what the program sets and tasks offer, and what must be true of the values that are seen. */

import type { CellDefinition } from '../../src/algorithms/cell-holder.js';
import type { MasterCells } from '../../src/master/core/master-cells.js';
import type { SlaveCells } from '../../src/slave/run/slave-cells.js';
import { must } from './invariants.js';

/** Set by the program, always to a larger number. */
const STEP: CellDefinition = { name: 'step', initial: 0, merge: undefined, index: 0, place: 'simulated' };
/** The marks of all tasks that have begun. */
const MARKS: CellDefinition = {
  name: 'marks',
  initial: [],
  merge: (value, offered) => {
    const marks = value as readonly number[];
    const missing = (offered as readonly number[]).filter((mark) => !marks.includes(mark));
    return missing.length === 0 ? marks : [...new Set([...marks, ...missing])].sort(byNumber);
  },
  index: 1,
  place: 'simulated',
};

export const CELLS: readonly CellDefinition[] = [STEP, MARKS];

/** The values that one process has seen and offered. */
interface Seen {
  step: number;
  marks: number;
  readonly offered: Set<number>;
}

export class CellCheck {
  readonly #seen = new WeakMap<SlaveCells, Seen>();
  /** By sid: what the master's step was when it admitted the slave. */
  readonly #atWelcome = new Map<string, number>();
  /** By mark: what it was when the program submitted the task. */
  readonly #atSubmit = new Map<number, number>();
  readonly #master: () => MasterCells;

  constructor(master: () => MasterCells) {
    this.#master = master;
  }

  /** The program goes on. */
  advance(): void {
    const master = this.#master();
    master.set(STEP, stepOf(master) + 1);
  }

  admits(sid: string): void {
    this.#atWelcome.set(sid, stepOf(this.#master()));
  }

  submits(mark: number): void {
    this.#atSubmit.set(mark, stepOf(this.#master()));
  }

  /**
   * A task reads both cells, and offers its mark: never does a value go back, and it is never from before the welcome, or
   * from before the task was submitted.
   */
  begins(slave: { readonly cells: SlaveCells }, sid: number, mark: number): void {
    const { cells } = slave;
    const seen = this.#seen.get(cells) ?? { step: 0, marks: 0, offered: new Set() };
    this.#seen.set(cells, seen);
    this.#look(cells, seen);
    const atWelcome = this.#atWelcome.get(`SLAVE-${sid}`) ?? 0;
    must(seen.step >= atWelcome, `SLAVE-${sid} was welcomed at step ${atWelcome} and sees ${seen.step}`);
    const atSubmit = this.#atSubmit.get(mark) ?? 0;
    must(seen.step >= atSubmit, `task ${mark} was submitted at step ${atSubmit} and sees ${seen.step}`);
    cells.offer(MARKS, [mark]);
    seen.offered.add(mark);
    this.#look(cells, seen);
  }

  #look(cells: SlaveCells, seen: Seen): void {
    const step = cells.get(STEP) as number;
    const marks = marksOf(cells);
    must(step >= seen.step, `a slave sees step ${step} after ${seen.step}`);
    must(marks.length >= seen.marks, `a slave sees ${marks.length} marks after ${seen.marks}`);
    const known = new Set(marks);
    for (const mark of seen.offered)
      must(known.has(mark), `a slave that has offered ${mark} does not see it`);
    seen.step = step;
    seen.marks = marks.length;
  }

  /** The program has the task's packet or its exception. */
  settles(mark: number): void {
    must(
      marksOf(this.#master()).includes(mark),
      `the result of task ${mark} came before what it has offered`,
    );
  }

  /** Once all is quiet: everybody who lives sees what the master has, and the master has what they offered. */
  checkQuiet(slaves: readonly { readonly cells: SlaveCells }[]): void {
    const master = this.#master();
    const marks = marksOf(master);
    for (const { cells } of slaves) {
      const seen = cells.get(STEP) as number;
      must(seen === stepOf(master), `a slave sees step ${seen} of ${stepOf(master)} at the end`);
      must(
        `${marksOf(cells)}` === `${marks}`,
        `a slave sees ${marksOf(cells).length} of ${marks.length} marks`,
      );
      for (const mark of this.#seen.get(cells)?.offered ?? [])
        must(marks.includes(mark), `the master never got the mark ${mark} of a slave that lives`);
    }
  }
}

function stepOf(cells: MasterCells): number {
  return cells.get(STEP) as number;
}

function marksOf(cells: MasterCells | SlaveCells): readonly number[] {
  return cells.get(MARKS) as readonly number[];
}

function byNumber(a: number, b: number): number {
  return a - b;
}
