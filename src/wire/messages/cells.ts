/** Checks the cells in messages of both planes. */

import { MOST_CELL_BYTES, MOST_CELLS } from '../../algorithms/cell.js';
import { isCount } from './count.js';
import type { CellOffer, CellValue } from './messages.js';

export { MOST_CELL_BYTES };

/** As many values as a program may have cells, each with a text that a slot has room for. */
export function areCellValues(values: unknown): values is readonly CellValue[] {
  return isList(values) && values.every((one) => isNumberedText(one));
}

/** The same for offers. */
export function areCellOffers(offers: unknown): offers is readonly CellOffer[] {
  return isList(offers) && offers.every((one) => isNumberedText(one));
}

function isList(list: unknown): list is readonly unknown[] {
  return Array.isArray(list) && list.length <= MOST_CELLS;
}

/** A name, a version or a serial, and a text. */
function isNumberedText(one: unknown): boolean {
  if (!Array.isArray(one) || one.length !== 3) return false;
  return typeof one[0] === 'string' && isCount(one[1]) && isText(one[2]);
}

/** Its characters are at most its bytes, so the bytes are counted for long ones only. */
function isText(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > MOST_CELL_BYTES) return false;
  return text.length * 3 <= MOST_CELL_BYTES || Buffer.byteLength(text) <= MOST_CELL_BYTES;
}
