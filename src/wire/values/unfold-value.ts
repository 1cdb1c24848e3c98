/**
 * Unfolds a value in tagged form, in place where possible. It came over the wire, so nothing in it is
 * trusted.
 */
import { isVariableName } from '../../algorithms/captures.js';
import { FormatError } from '../../errors.js';
import { defineHidden, makeError } from './error-kinds.js';
import {
  readBigint,
  readDate,
  readHugeBigint,
  readReference,
  readSpecialNumber,
  strangeLeaf,
} from './leaves.js';
import { MAX_DEPTH } from './plain-walk.js';
import { fromBytes, overBytes } from './raw-bytes.js';
import { functionOf } from './received-function.js';
import { CONTAINER, LEAF, setOwn, TILDE } from './tagged-form.js';

/** Whether a value may contain functions: a program that calls one runs code of its sender. */
export type Functions = 'allowed' | 'refused';

type Json = Record<string, unknown>;

export interface UnfoldOptions {
  readonly functions: Functions;
  /** The values of a template's places; undefined for a value from the wire, which has none. */
  readonly places?: readonly unknown[] | undefined;
  /** Finds a shared value; undefined where none is allowed. Throws FormatError for a key that is not known. */
  readonly sharedOf?: SharedOf | undefined;
  /** Raw parts begin at multiples of eight, and typed arrays lie over them. */
  readonly overRaws?: boolean | undefined;
}

export type SharedOf = (key: string) => unknown;

/** Unfolds `form`, taking raw parts from `raws`; throws FormatError if it is not in tagged form. */
export function unfoldValue(form: unknown, raws: readonly Uint8Array[], options: UnfoldOptions): unknown {
  const unfold = new Unfold(raws, options);
  const value = unfold.any(form, 0);
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
    private readonly options: UnfoldOptions,
  ) {}

  any(node: unknown, depth: number): unknown {
    if (typeof node === 'string') return node.charCodeAt(0) === TILDE ? this.leaf(node) : node;
    if (typeof node !== 'object' || node === null) return node;
    if (depth > MAX_DEPTH) throw new FormatError(`a value is nested deeper than ${MAX_DEPTH} levels`);
    return Array.isArray(node) ? this.array(node, depth + 1) : this.object(node as Json, depth + 1);
  }

  private met<T extends object>(value: T): T {
    this.objects.push(value);
    return value;
  }

  private leaf(node: string): unknown {
    switch (node[1]) {
      case '~':
        return node.slice(1);
      case LEAF.undefined:
        if (node.length > 2) throw strangeLeaf(node);
        return undefined;
      case LEAF.number:
        return readSpecialNumber(node);
      case LEAF.bigint:
        return readBigint(node);
      case LEAF.hugeBigint:
        return readHugeBigint(node);
      case LEAF.date:
        return this.met(readDate(node));
      case LEAF.url:
        return this.met(new URL(node.slice(2)));
      case LEAF.reference:
        return this.reference(readReference(node));
      case LEAF.place:
        if (this.options.places === undefined) throw strangeLeaf(node);
        return this.options.places[Number(node.slice(2))];
      case LEAF.raw:
        return this.raw(node.slice(2));
      case LEAF.shared:
        if (this.options.sharedOf === undefined) throw strangeLeaf(node);
        return this.met(this.options.sharedOf(node.slice(2)) as object);
      default:
        throw strangeLeaf(node);
    }
  }

  private reference(id: number): object {
    const object = this.objects[id];
    // A shared value may be undefined
    if (object === undefined && !Object.hasOwn(this.objects, id))
      throw new FormatError('a value refers to an object that does not come before');
    return object as object;
  }

  private raw(kind: string): object {
    const bytes = this.raws[this.partsTaken];
    if (bytes === undefined) {
      throw new FormatError(`a value uses more raw parts than the ${this.raws.length} that came`);
    }
    this.partsTaken++;
    return this.met(this.options.overRaws ? overBytes(kind, bytes) : fromBytes(kind, bytes));
  }

  private array(node: unknown[], depth: number): unknown[] {
    this.met(node);
    for (let i = 0; i < node.length; i++) {
      const item = node[i];
      if (typeof item === 'string' || typeof item === 'object') node[i] = this.any(item, depth);
    }
    return node;
  }

  /** A container if its one key says so, otherwise an object of the value's own. */
  private object(node: Json, depth: number): object {
    const keys = Object.keys(node);
    let isRenamed = false;
    for (const key of keys) {
      if (key.charCodeAt(0) !== TILDE) continue;
      if (key.charCodeAt(1) === TILDE) isRenamed = true;
      else if (keys.length === 1) return this.container(key, node[key], depth);
      else throw new FormatError('a value has a tag among its keys');
    }
    // Renaming a key would change its place: so the object is rebuilt.
    return this.entries(node, keys, this.met(isRenamed ? {} : node), depth);
  }

  private entries(node: Json, keys: readonly string[], target: object, depth: number): object {
    for (const key of keys) {
      const item = node[key];
      if (target === node && typeof item !== 'string' && typeof item !== 'object') continue;
      const unfolded = this.any(item, depth);
      if (unfolded === item && target === node) continue;
      const name = key.charCodeAt(0) === TILDE ? key.slice(1) : key;
      if (name === 'then' && typeof unfolded === 'function') throw new FormatError('a value is a thenable');
      setOwn(target, name, unfolded);
    }
    return target;
  }

  private container(tag: string, content: unknown, depth: number): object {
    switch (tag) {
      case CONTAINER.map:
        return this.map(listOf(content), depth);
      case CONTAINER.set:
        return this.set(listOf(content), depth);
      case CONTAINER.undefineds:
        return this.undefineds(listOf(content), depth);
      case CONTAINER.allUndefined:
        return this.allUndefined(content);
      case CONTAINER.regexp:
        return this.regexp(listOf(content, 3));
      case CONTAINER.error:
        return this.error(recordOf(content), depth);
      case CONTAINER.bare:
        return this.own(content, this.met(Object.create(null) as object), depth);
      case CONTAINER.sparse:
        return this.sparse(listOf(content, 2), depth);
      case CONTAINER.named:
        return this.named(listOf(content, 2), depth);
      case CONTAINER.function:
        return this.function(listOf(content, 2, 3), depth);
      default:
        throw new FormatError('a value holds an object of a kind that does not travel');
    }
  }

  /** The value's own entries, none of which may look like a tag. */
  private own(content: unknown, target: object, depth: number): object {
    const entries = recordOf(content);
    const keys = Object.keys(entries);
    for (const key of keys) {
      if (key.charCodeAt(0) === TILDE && key.charCodeAt(1) !== TILDE) {
        throw new FormatError('a value has a tag among its keys');
      }
    }
    return this.entries(entries, keys, target, depth);
  }

  private map(content: readonly unknown[], depth: number): Map<unknown, unknown> {
    if (content.length % 2 !== 0) throw new FormatError('a Map has a key without a value');
    const map = this.met(new Map<unknown, unknown>());
    for (let i = 0; i < content.length; i += 2) {
      const key = this.any(content[i], depth);
      map.set(key, this.any(content[i + 1], depth));
    }
    return map;
  }

  private set(content: readonly unknown[], depth: number): Set<unknown> {
    const set = this.met(new Set<unknown>());
    for (const item of content) set.add(this.any(item, depth));
    return set;
  }

  private undefineds(node: unknown[], depth: number): unknown[] {
    this.met(node);
    for (let i = 0; i < node.length; i++) {
      const item = node[i];
      node[i] = item === null ? undefined : this.any(item, depth);
    }
    return node;
  }

  private allUndefined(content: unknown): unknown[] {
    if (typeof content !== 'string' || !/^u+$/.test(content)) {
      throw new FormatError('an array of undefined has no length');
    }
    return this.met(new Array<unknown>(content.length).fill(undefined));
  }

  private regexp([source, flags, lastIndex]: readonly unknown[]): RegExp {
    if (typeof source !== 'string' || typeof flags !== 'string' || !isCount(lastIndex, MAX_LENGTH)) {
      throw new FormatError('a RegExp has no source');
    }
    const regexp = this.met(new RegExp(source, flags));
    regexp.lastIndex = lastIndex;
    return regexp;
  }

  private sparse([length, content]: readonly unknown[], depth: number): unknown[] {
    if (!isCount(length, MAX_LENGTH)) throw new FormatError('a sparse array has an impossible length');
    const array: unknown[] = this.met([]);
    const entries = Object.entries(recordOf(content));
    // V8 allocates the whole length of an array at once, unless it was this long before.
    if (length - entries.length > MOST_HOLES) array.length = MAX_LENGTH;
    for (const [key, item] of entries) {
      const index = Number(key);
      if (!isCount(index, length - 1) || String(index) !== key) {
        throw new FormatError(`a sparse array of length ${length} has an item at ${key.slice(0, MAX_NAME)}`);
      }
      array[index] = this.any(item, depth);
    }
    array.length = length;
    return array;
  }

  private named([list, properties]: readonly unknown[], depth: number): object {
    const isMet = typeof list === 'string';
    const array = this.any(list, depth);
    if (isMet || !Array.isArray(array))
      throw new FormatError('a value with properties beside its elements is not an array');
    for (const key of Object.keys(recordOf(properties))) {
      // Either would not be a property beside the elements.
      if (key === 'length' || /^\d/.test(key)) throw new FormatError('a property is one of the elements');
    }
    return this.own(properties, array, depth);
  }

  private function(content: readonly unknown[], depth: number): object {
    const [name, source, captures] = content;
    if (typeof name !== 'string' || typeof source !== 'string') {
      throw new FormatError('a function has no source');
    }
    if (this.options.functions === 'refused') {
      throw new FormatError(
        `a value holds the function ${JSON.stringify(name.slice(0, MAX_NAME))}, and none may come from there; ` +
          'where its sender is trusted to run code here, give the algorithm the option functionsInResults: true',
      );
    }
    if (content.length === 2) return this.met(functionOf(source, name));
    for (const key of Object.keys(recordOf(captures))) {
      if (!isVariableName(key)) throw new FormatError('a function has a capture that cannot be a variable');
    }
    const values = Object.create(null) as Json;
    // The function comes first, since a capture may refer to it
    const fn = this.met(functionOf(source, name, values));
    this.own(captures, values, depth);
    return fn;
  }

  private error(form: Json, depth: number): Error {
    const name = this.text(form.name, 'name');
    const message = this.text(form.message, 'message');
    const stack = form.stack === undefined ? undefined : this.text(form.stack, 'stack');
    const { kind = name } = form;
    if (typeof kind !== 'string') throw new FormatError('an Error has no kind');
    const error = this.met(makeError(kind, name, message));
    defineHidden(error, 'stack', stack);
    if ('cause' in form) defineHidden(error, 'cause', this.any(form.cause, depth));
    if ('errors' in form) defineHidden(error, 'errors', this.any(form.errors, depth));
    if ('fields' in form) this.own(form.fields, error, depth);
    return error;
  }

  private text(value: unknown, what: string): string {
    const text = typeof value === 'string' ? this.any(value, 0) : undefined;
    if (typeof text !== 'string') throw new FormatError(`an Error has no ${what}`);
    return text;
  }
}

function recordOf(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FormatError('a tag of a value has a content of a wrong shape');
  }
  return value as Json;
}

function listOf(value: unknown, least = 0, most = least === 0 ? MAX_LENGTH : least): unknown[] {
  if (!Array.isArray(value) || value.length < least || value.length > most) {
    throw new FormatError('a tag of a value has a content of a wrong shape');
  }
  return value as unknown[];
}

function isCount(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}
