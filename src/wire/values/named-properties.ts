/**
 * Finds the properties of an array or a view beside its elements, at a cost that does not depend on its
 * length.
 */
import { inspect, types } from 'node:util';

/** With this number of elements, listing all keys is faster. */
const FEW = 16;
/** No call lists only these properties; this one at least skips all elements. */
const WITHOUT_ELEMENTS = {
  maxArrayLength: 0,
  depth: 0,
  compact: true,
  breakLength: Number.POSITIVE_INFINITY,
};
/** Its output for an array or view with nothing else. */
const NOTHING_ELSE =
  /^(?:[\w$]+\(\d+\) )?\[(?: \.\.\. \d+ more items? )?\]$|^<Buffer(?: [0-9a-f]{2})*(?: \.\.\. \d+ more bytes?)?>$/;
const NONE: readonly string[] = [];

/** The enumerable own keys that are not an index, in order. */
export function namedKeys(list: readonly unknown[] | ArrayBufferView): readonly string[] {
  if (types.isDataView(list)) return Object.keys(list);
  const { length } = list as ArrayLike<unknown>;
  if (length > FEW && NOTHING_ELSE.test(inspect(list, WITHOUT_ELEMENTS))) return NONE;
  const named = Object.keys(list).filter((key) => !isIndex(key));
  return named.length === 0 ? NONE : named;
}

/** Whether an array has no property, by name or symbol, beside its elements; holes are not looked for. */
export function hasElementsOnly(list: readonly unknown[]): boolean {
  if (Object.getOwnPropertySymbols(list).length > 0) return false;
  if (list.length <= FEW && Object.keys(list).length === list.length) return true;
  return namedKeys(list).length === 0;
}

/** Whether a key is an array's index. */
export function isIndex(key: string): boolean {
  const index = Number(key) >>> 0;
  return String(index) === key && index !== 2 ** 32 - 1;
}
