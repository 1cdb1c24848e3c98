/** Checks superjson's meta before superjson acts on it: only what our encoder writes comes through. */
import { FormatError } from '../errors.js';
import { MAX_DEPTH } from './plain-walk.js';
import { isStandIn } from './stand-ins.js';

/** Kinds of leaf that superjson reads by itself and whose reading costs no more than the bytes that came. */
const LEAVES = new Set(['undefined', 'bigint', 'Date', 'regexp', 'set', 'map', 'number', 'URL']);

/** A level of a value takes up to three of superjson's: a Map's pair and its key or value. */
const MAX_STEPS = 3 * MAX_DEPTH + 3;

/** Throws FormatError unless `meta` is such as encodeValue writes. */
export function checkMeta(meta: unknown): void {
  if (!isRecord(meta) || meta.v !== 1) throw new FormatError('meta is not of version 1');
  for (const key of Object.keys(meta)) {
    if (key !== 'v' && key !== 'values') throw new FormatError(`meta has an unknown part: ${key}`);
  }
  if (meta.values !== undefined) checkTree(meta.values, 0);
}

function checkTree(tree: unknown, steps: number): void {
  if (Array.isArray(tree)) {
    if (tree.length < 1 || tree.length > 2) throw new FormatError('meta has an annotation of a wrong shape');
    checkType(tree[0]);
    if (tree.length === 2) checkChildren(tree[1], steps);
  } else checkChildren(tree, steps);
}

function checkChildren(children: unknown, steps: number): void {
  if (!isRecord(children)) throw new FormatError('meta has an annotation of a wrong shape');
  for (const key of Object.keys(children)) {
    let deeper = steps + 1;
    for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) deeper++;
    if (deeper > MAX_STEPS) throw new FormatError('meta leads deeper than any value');
    checkTree(children[key], deeper);
  }
}

function checkType(type: unknown): void {
  if (typeof type === 'string' && LEAVES.has(type)) return;
  if (Array.isArray(type) && type.length === 2 && type[0] === 'class' && isStandIn(type[1])) return;
  throw new FormatError('meta names a kind of value that does not travel');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
