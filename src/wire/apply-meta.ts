/**
 * Applies superjson's meta to the JSON that came with it, in place. superjson itself follows a path
 * wherever it leads: into what objects inherit, to an array's four-billionth place, one by one through the
 * members of a Set. Here only what our encoder writes is read, and at a cost that the bytes that came bound.
 */
import { FormatError } from '../errors.js';
import { setOwn } from './escape-key.js';
import { MAX_DEPTH } from './plain-walk.js';
import { MOST_DIGITS, standInPrototype } from './stand-ins.js';

type Json = Record<string, unknown>;

/** A level of a value takes up to three of superjson's: a Map's pair and its key or value. */
const MAX_STEPS = 3 * MAX_DEPTH + 3;
const NUMBERS = new Set<unknown>(['NaN', 'Infinity', '-Infinity', '-0']);

/** Gives the tree that was folded; throws FormatError, or what the reading of a leaf throws. */
export function applyMeta(json: unknown, meta: unknown): unknown {
  if (!isRecord(meta) || meta.v !== 1) throw new FormatError('meta is not of version 1');
  for (const key of Object.keys(meta)) {
    if (key !== 'v' && key !== 'values') throw new FormatError('meta has an unknown part');
  }
  return meta.values === undefined ? json : applyTree(json, meta.values, 0);
}

/** What stands in the place of `node`: a tree is `[type]`, `[type, children]` or the children alone. */
function applyTree(node: unknown, tree: unknown, steps: number): unknown {
  if (!Array.isArray(tree)) {
    applyChildren(node, tree, steps);
    return node;
  }
  if (tree.length < 1 || tree.length > 2) throw new FormatError('meta has an annotation of a wrong shape');
  if (tree.length === 2) applyChildren(node, tree[1], steps);
  return read(node, tree[0]);
}

function applyChildren(node: unknown, children: unknown, steps: number): void {
  if (!isRecord(children)) throw new FormatError('meta has an annotation of a wrong shape');
  for (const path of Object.keys(children)) {
    const keys = splitPath(path);
    const deeper = steps + keys.length;
    if (deeper > MAX_STEPS) throw new FormatError('meta leads deeper than any value');
    const last = keys.pop() as string;
    const holder = keys.reduce((at: unknown, key) => ownOf(at, key)[key], node);
    const own = ownOf(holder, last);
    own[last] = applyTree(own[last], children[path], deeper);
  }
}

/** The object or array that has this key itself; anything else, also one that was read before, has none. */
function ownOf(holder: unknown, key: string): Json {
  const isArray = Array.isArray(holder);
  if (isArray || isPlain(holder)) {
    // An index is the only key of its own that an array out of JSON has, but for its length.
    if (Object.hasOwn(holder, key) && !(isArray && key === 'length')) return holder as unknown as Json;
  }
  throw new FormatError('meta leads to where the value has nothing');
}

/** The keys of a path, which are joined by dots; a dot or backslash of a key's own has one before it. */
function splitPath(path: string): string[] {
  if (!path.includes('\\')) return path.split('.');
  const keys: string[] = [];
  let key = '';
  for (let at = 0; at < path.length; at++) {
    const character = path[at] as string;
    if (character === '.') {
      keys.push(key);
      key = '';
    } else if (character === '\\') {
      const escaped = path[++at];
      if (escaped !== '\\' && escaped !== '.') throw new FormatError('meta has a path with a bad escape');
      key += escaped;
    } else key += character;
  }
  keys.push(key);
  return keys;
}

function read(node: unknown, type: unknown): unknown {
  if (Array.isArray(type)) return readStandIn(node, type);
  switch (type) {
    case 'undefined':
      if (node === null) return undefined;
      break;
    case 'number':
      if (NUMBERS.has(node)) return Number(node);
      break;
    case 'bigint':
      // The time to read one grows with the square of its digits.
      if (typeof node === 'string' && node.length <= MOST_DIGITS + 1 && /^-?\d+$/.test(node)) {
        return BigInt(node);
      }
      break;
    case 'Date':
      if (typeof node === 'string' && !Number.isNaN(Date.parse(node))) return new Date(node);
      break;
    case 'regexp':
      if (typeof node === 'string' && node.startsWith('/')) {
        const end = node.lastIndexOf('/');
        return new RegExp(node.slice(1, end), node.slice(end + 1));
      }
      break;
    case 'URL':
      if (typeof node === 'string') return new URL(node);
      break;
    case 'set':
      if (Array.isArray(node)) return new Set<unknown>(node);
      break;
    case 'map':
      if (Array.isArray(node)) return new Map(node as [unknown, unknown][]);
      break;
    default:
      throw new FormatError('meta names a kind of value that does not travel');
  }
  throw new FormatError(`a value is no ${type}, as meta says`);
}

function readStandIn(node: unknown, type: readonly unknown[]): object {
  const prototype = type.length === 2 && type[0] === 'class' ? standInPrototype(type[1]) : undefined;
  if (prototype === undefined) throw new FormatError('meta names a kind of value that does not travel');
  if (!isPlain(node)) throw new FormatError('what stands in for a value is no object');
  const made = Object.create(prototype) as object;
  for (const key of Object.keys(node)) setOwn(made, key, node[key]);
  return made;
}

function isPlain(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
