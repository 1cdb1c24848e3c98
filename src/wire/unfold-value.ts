/**
 * Unfolds what superjson read back into the value that was folded, in place where it can; trusts
 * nothing about it, as it came over the wire.
 */
import { FormatError } from '../errors.js';
import { defineHidden, makeError } from './error-kinds.js';
import { setOwn, unescapeKey } from './escape-key.js';
import { MAX_DEPTH } from './plain-walk.js';
import { functionOf } from './portable.js';
import { fromBytes } from './raw-bytes.js';
import {
  BareObject,
  ErrorForm,
  FunctionSource,
  HugeInteger,
  InvalidDate,
  RawPart,
  SharedReference,
  SparseArray,
} from './stand-ins.js';

/** Whether a value may hold functions: who calls one runs what its sender wrote. */
export type Functions = 'allowed' | 'refused';

/** Unfolds `tree`, taking raw parts from `raws`; throws FormatError where it is no folded value. */
export function unfoldValue(tree: unknown, raws: readonly Uint8Array[], functions: Functions): unknown {
  const unfold = new Unfold(raws, functions);
  const value = unfold.any(tree, 0);
  if (unfold.partsTaken !== raws.length) {
    throw new FormatError(`a value uses ${unfold.partsTaken} raw parts, and ${raws.length} came`);
  }
  return value;
}

/** Beyond this, JavaScript has no arrays. */
const MAX_LENGTH = 2 ** 32 - 1;
/** Characters of a function's name that a message repeats. */
const MAX_NAME = 100;
/** A sparse array with fewer holes may take memory for them. */
const MOST_HOLES = 1_024;

class Unfold {
  partsTaken = 0;
  /** By id: the objects, in the order in which the fold met them. */
  private readonly objects: object[] = [];

  constructor(
    private readonly raws: readonly Uint8Array[],
    private readonly functions: Functions,
  ) {}

  any(node: unknown, depth: number): unknown {
    if (typeof node !== 'object' || node === null) return node;
    if (depth > MAX_DEPTH) throw new FormatError(`a value is nested deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(node)) return this.array(node, depth + 1);
    switch (Object.getPrototypeOf(node)) {
      case Object.prototype:
        return this.plain(node, depth + 1);
      case SharedReference.prototype:
        return this.shared(node as SharedReference);
      case Map.prototype:
        return this.map(node as Map<unknown, unknown>, depth + 1);
      case Set.prototype:
        return this.set(node as Set<unknown>, depth + 1);
      case Date.prototype:
      case RegExp.prototype:
      case URL.prototype:
        return this.met(node);
      case RawPart.prototype:
        return this.raw(node as RawPart);
      case ErrorForm.prototype:
        return this.error(node as ErrorForm, depth + 1);
      case BareObject.prototype:
        return this.bare(node as BareObject, depth + 1);
      case SparseArray.prototype:
        return this.sparse(node as SparseArray, depth + 1);
      case FunctionSource.prototype:
        return this.function(node as FunctionSource);
      case HugeInteger.prototype:
        return hugeInteger(node as HugeInteger);
      case InvalidDate.prototype:
        return this.met(new Date(Number.NaN));
      default:
        throw new FormatError('a value holds an object of a kind that does not travel');
    }
  }

  private met<T extends object>(value: T): T {
    this.objects.push(value);
    return value;
  }

  private array(node: unknown[], depth: number): unknown[] {
    this.met(node);
    for (let i = 0; i < node.length; i++) {
      const item = node[i];
      if (typeof item === 'object' && item !== null) node[i] = this.any(item, depth);
    }
    return node;
  }

  private plain(node: object, depth: number): object {
    const keys = Object.keys(node);
    // A key changes its place when it changes its name: the object is made anew.
    const renamed = keys.some((key) => unescapeKey(key) !== key);
    return this.entries(node, keys, this.met(renamed ? {} : node), depth);
  }

  private entries(node: object, keys: readonly string[], target: object, depth: number): object {
    for (const key of keys) {
      const item = (node as Readonly<Record<string, unknown>>)[key];
      if (target !== node || (typeof item === 'object' && item !== null)) {
        const unfolded = this.any(item, depth);
        if (key === 'then' && typeof unfolded === 'function') throw new FormatError('a value is a thenable');
        setOwn(target, unescapeKey(key), unfolded);
      }
    }
    return target;
  }

  private bare(node: BareObject, depth: number): object {
    const entries = plainPart(node.entries, 'entries');
    return this.entries(entries, Object.keys(entries), this.met(Object.create(null) as object), depth);
  }

  private sparse(node: SparseArray, depth: number): unknown[] {
    if (!isCount(node.length, MAX_LENGTH)) throw new FormatError('a sparse array has an impossible length');
    const items = plainPart(node.items, 'items');
    const array: unknown[] = this.met([]);
    const entries = Object.entries(items);
    // V8 takes memory for all of an array's length at once, but not for that of one that was this long.
    if (node.length - entries.length > MOST_HOLES) array.length = MAX_LENGTH;
    for (const [key, item] of entries) {
      const index = Number(key);
      if (!isCount(index, node.length - 1) || String(index) !== key) {
        throw new FormatError(`a sparse array of length ${node.length} has an item at ${key}`);
      }
      array[index] = this.any(item, depth);
    }
    array.length = node.length;
    return array;
  }

  private map(node: Map<unknown, unknown>, depth: number): Map<unknown, unknown> {
    const entries = [...node];
    node.clear();
    this.met(node);
    for (const [key, value] of entries) {
      const unfoldedKey = this.any(key, depth);
      node.set(unfoldedKey, this.any(value, depth));
    }
    return node;
  }

  private set(node: Set<unknown>, depth: number): Set<unknown> {
    const items = [...node];
    node.clear();
    this.met(node);
    for (const item of items) node.add(this.any(item, depth));
    return node;
  }

  private shared({ id }: SharedReference): object {
    const object = isCount(id, this.objects.length - 1) ? this.objects[id] : undefined;
    if (object === undefined) throw new FormatError('a value refers to an object that does not come before');
    return object;
  }

  private raw({ kind, part }: RawPart): object {
    const bytes = this.raws[this.partsTaken];
    if (part !== this.partsTaken || bytes === undefined)
      throw new FormatError('a raw part is out of its order');
    this.partsTaken++;
    return this.met(fromBytes(kind, bytes));
  }

  private function({ name, source }: FunctionSource): object {
    if (typeof name !== 'string' || typeof source !== 'string') {
      throw new FormatError('a function has no source');
    }
    if (this.functions === 'refused') {
      throw new FormatError(
        `a value holds the function ${JSON.stringify(name.slice(0, MAX_NAME))}, and none may come from there; ` +
          'where its sender is trusted to run code here, give the algorithm the option functionsInResults: true',
      );
    }
    return this.met(functionOf(source, name));
  }

  private error(form: ErrorForm, depth: number): Error {
    const { name, message, stack, kind = name } = form;
    if (typeof name !== 'string' || typeof message !== 'string')
      throw new FormatError('an Error has no name');
    if (typeof kind !== 'string') throw new FormatError('an Error has no kind');
    if (stack !== undefined && typeof stack !== 'string') throw new FormatError('an Error has no stack');
    const error = this.met(makeError(kind, name, message));
    defineHidden(error, 'stack', stack);
    if ('cause' in form) defineHidden(error, 'cause', this.any(form.cause, depth));
    if ('errors' in form) defineHidden(error, 'errors', this.any(form.errors, depth));
    if ('fields' in form) {
      const fields = plainPart(form.fields, 'fields');
      this.entries(fields, Object.keys(fields), error, depth);
    }
    return error;
  }
}

function plainPart(value: unknown, name: string): object {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new FormatError(`the ${name} of a value are no object`);
  }
  return value;
}

function hugeInteger({ negative, hex }: HugeInteger): bigint {
  if (typeof negative !== 'boolean' || typeof hex !== 'string' || !/^[0-9a-f]+$/.test(hex)) {
    throw new FormatError('a BigInt has no digits');
  }
  const value = BigInt(`0x${hex}`);
  return negative ? -value : value;
}

function isCount(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}
