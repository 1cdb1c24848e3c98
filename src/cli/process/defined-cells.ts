/** The cells of the program, checked before anything begins: their definitions cannot encode. */

import { listCells } from '../../algorithms/cell.js';
import type { CellDefinition } from '../../algorithms/cell-holder.js';
import { MwError, UsageError } from '../../errors.js';
import { copyForCell } from '../../wire/values/cell-value.js';

/** Throws UsageError for an initial value that a cell cannot hold. */
export function definedCells(): readonly CellDefinition[] {
  const cells = listCells();
  for (const { name, initial, place } of cells) {
    try {
      copyForCell(name, initial);
    } catch (error) {
      if (!(error instanceof MwError)) throw error;
      throw new UsageError(`${error.message}; its initial value is given at ${place}`, { cause: error });
    }
  }
  return cells;
}
