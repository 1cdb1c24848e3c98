/** The value of a cell as text, at most 4 KB, and back. */

import { MOST_CELL_BYTES } from '../../algorithms/cell.js';
import { EncodeError, FormatError, UsageError } from '../../errors.js';
import { decodeText, encodeValue } from './codec.js';

/**
 * The text of a value, as in a task's entry. `name` is the cell's, for messages. Throws UsageError above the limit, and
 * EncodeError for a value that cannot travel, or not in a cell: functions and raw bytes.
 */
export function encodeCell(name: string, value: unknown): string {
  const { text, raws, byteLength } = encode(name, value);
  if (raws.length > 0) {
    throw new EncodeError('', `cell ${quoted(name)} cannot hold typed arrays or Buffers; use a plain array`);
  }
  if (byteLength > MOST_CELL_BYTES) {
    throw new UsageError(
      `the value of cell ${quoted(name)} takes ${byteLength} bytes as JSON, and a cell holds ${MOST_CELL_BYTES}; ` +
        'keep what tasks must see soon, and send the rest as arguments or results',
    );
  }
  return text;
}

function encode(name: string, value: unknown): ReturnType<typeof encodeValue> {
  try {
    return encodeValue(value);
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    throw new EncodeError(error.path, `cell ${quoted(name)}: ${error.message}`, { cause: error });
  }
}

/** A fresh value, whose plain objects and arrays are frozen, since all who read a cell share it. Throws FormatError. */
export function decodeCell(text: string): unknown {
  if (text.length > MOST_CELL_BYTES) throw new FormatError('the text of a cell is too long');
  return freeze(decodeText(text, [], 'refused'));
}

/** The same for a value of this process. Throws as `encodeCell` does. */
export function copyForCell(
  name: string,
  value: unknown,
): { readonly text: string; readonly value: unknown } {
  const text = encodeCell(name, value);
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return { text, value };
  try {
    return { text, value: decodeCell(text) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new EncodeError('', `cell ${quoted(name)}: ${error.message}`, { cause: error });
  }
}

function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
