/**
 * Folds a value into a tree that superjson carries without loss, or finds what in it cannot travel.
 *
 * superjson alone copies a shared object wherever it stands, and its meta leads into Maps and Sets by
 * position, which equal members shift. So the second and later times an object is met a
 * SharedReference stands in for it: the fold and the unfold count objects in the same order.
 */
import { types } from 'node:util';
import { EncodeError } from '../errors.js';
import { refuseInstance, refusePrimitive } from './cannot-travel.js';
import { errorKind } from './error-kinds.js';
import { escapeKey, setOwn } from './escape-key.js';
import { MAX_DEPTH } from './plain-walk.js';
import { portableSource } from './portable.js';
import { copyBytes, isRaw, rawKind } from './raw-bytes.js';
import {
  BareObject,
  ErrorForm,
  FunctionSource,
  HugeInteger,
  InvalidDate,
  MOST_DIGITS,
  RawPart,
  SharedReference,
  SparseArray,
} from './stand-ins.js';
import { formatPath, mapValueStep, type Step } from './value-path.js';

export interface FoldedValue {
  /** A tree of fresh plain objects, arrays, Maps, Sets and stand-ins. */
  readonly tree: unknown;
  readonly raws: readonly Uint8Array[];
  /** Whether a key was escaped, so that unfolding is needed even where superjson writes no meta. */
  readonly escaped: boolean;
}

/** Folds `value`; throws EncodeError with the path of what cannot travel or cannot be read. */
export function foldValue(value: unknown): FoldedValue {
  const fold = new Fold();
  try {
    const tree = fold.any(value);
    return { tree, raws: fold.raws, escaped: fold.escaped };
  } catch (error) {
    if (error instanceof EncodeError) throw error;
    if (isStackOverflow(error)) throw depthError();
    const reason = error instanceof Error ? error.message : String(error);
    throw fold.refusal(`cannot be read: ${reason}`, { cause: error });
  }
}

/** Whether an error is the end of the stack, here or in superjson's recursion. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

/** A value is nested deeper than can travel; its path would say nothing. */
export function depthError(): EncodeError {
  return new EncodeError(
    '',
    `the value is nested too deep: ${MAX_DEPTH} levels can travel, and fewer where the stack is nearly used up; ` +
      'flatten it, such as a linked list into an array',
  );
}

class Fold {
  readonly raws: Uint8Array[] = [];
  escaped = false;
  private readonly ids = new Map<object, number>();
  private readonly steps: Step[] = [];

  any(value: unknown): unknown {
    if (typeof value === 'object' && value !== null) {
      const id = this.ids.get(value);
      if (id !== undefined) return new SharedReference(id);
      this.ids.set(value, this.ids.size);
      return this.object(value);
    }
    if (typeof value === 'bigint') return isHuge(value) ? hugeInteger(value) : value;
    const source = portableSource(value);
    if (source !== undefined) return this.portable(value as CallableFunction, source);
    const refused = refusePrimitive(value);
    if (refused !== undefined) throw this.refusal(refused);
    return value;
  }

  refusal(reason: string, options?: ErrorOptions): EncodeError {
    const path = formatPath(this.steps);
    return new EncodeError(path, `${path === '' ? 'the value' : path} ${reason}`, options);
  }

  private at(step: Step, value: unknown): unknown {
    this.enter(step);
    const folded = this.any(value);
    this.steps.pop();
    return folded;
  }

  /** Goes to a step whose reading may throw: the path of that error must contain it. */
  private property(value: object, key: string): unknown {
    this.enter(key);
    const folded = this.any((value as Readonly<Record<string, unknown>>)[key]);
    this.steps.pop();
    return folded;
  }

  private enter(step: Step): void {
    if (this.steps.length >= MAX_DEPTH) throw depthError();
    this.steps.push(step);
  }

  private portable(fn: CallableFunction, source: string): FunctionSource | SharedReference {
    if (this.steps.at(-1) === 'then') {
      throw this.refusal('is a function, which makes a promise of what holds it; give it another name');
    }
    const id = this.ids.get(fn);
    if (id !== undefined) return new SharedReference(id);
    this.ids.set(fn, this.ids.size);
    return new FunctionSource(fn.name, source);
  }

  private object(value: object): unknown {
    if (Array.isArray(value)) return this.array(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.plain(value);
    if (prototype === null) return new BareObject(this.plain(value));
    if (types.isDate(value)) {
      this.refuseOwn(value, NONE);
      const time = Date.prototype.getTime.call(value);
      return Number.isNaN(time) ? new InvalidDate() : new Date(time);
    }
    if (types.isMap(value)) return this.map(value);
    if (types.isSet(value)) return this.set(value);
    if (isRaw(value)) return this.raw(value);
    if (types.isRegExp(value)) return this.regexp(value);
    if (value instanceof Error || types.isNativeError(value)) return this.error(value);
    if (value instanceof URL) return new URL(value.href);
    const refused = refuseInstance(value);
    if (refused !== undefined) throw this.refusal(refused);
    return this.plain(value);
  }

  private array(value: readonly unknown[]): unknown {
    const folded: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      if (value[i] === undefined && !(i in value)) return this.sparse(value, folded);
      folded.push(this.at(i, value[i]));
    }
    return folded;
  }

  private sparse(value: readonly unknown[], begun: readonly unknown[]): SparseArray {
    const items: Record<string, unknown> = { ...begun };
    // By key, as the length may be 4 billion; index keys come first, and in order.
    for (const key of Object.keys(value)) {
      const index = Number(key);
      if (String(index >>> 0) !== key || index === 2 ** 32 - 1) break;
      if (index >= begun.length) items[key] = this.at(index, value[index]);
    }
    return new SparseArray(value.length, items);
  }

  private plain(value: object, skip?: ReadonlySet<string>): Record<string, unknown> {
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (!Object.prototype.propertyIsEnumerable.call(value, symbol)) continue;
      throw this.refusal(`has a property named ${String(symbol)}, and symbols do not travel; use a string`);
    }
    const folded: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      if (skip?.has(key)) continue;
      const item = this.property(value, key);
      const travelling = escapeKey(key);
      if (travelling !== key) this.escaped = true;
      setOwn(folded, travelling, item);
    }
    return folded;
  }

  /** A Date, RegExp, Map or Set travels without what the program hung on it: that must not be lost unseen. */
  private refuseOwn(value: object, known: ReadonlySet<PropertyKey>): void {
    for (const key of Reflect.ownKeys(value)) {
      if (known.has(key)) continue;
      throw this.refusal(
        `has a property of its own named ${String(key)}, which does not travel; send it beside the value`,
      );
    }
  }

  private regexp(value: RegExp): RegExp {
    this.refuseOwn(value, REGEXP_OWN);
    if (value.lastIndex !== 0) {
      throw this.refusal(
        `has the lastIndex ${String(value.lastIndex)}, which does not travel; set it to 0, or send it beside`,
      );
    }
    return new RegExp(value.source, value.flags);
  }

  private map(value: ReadonlyMap<unknown, unknown>): Map<unknown, unknown> {
    this.refuseOwn(value, NONE);
    const folded = new Map<unknown, unknown>();
    for (const [key, item] of Map.prototype.entries.call(value)) {
      const index = folded.size;
      const foldedKey = this.at({ text: `.keys()[${index}]` }, key);
      folded.set(foldedKey, this.at(mapValueStep(key, index), item));
    }
    return folded;
  }

  private set(value: ReadonlySet<unknown>): Set<unknown> {
    this.refuseOwn(value, NONE);
    const folded = new Set<unknown>();
    for (const item of Set.prototype.values.call(value)) {
      folded.add(this.at({ text: `.values()[${folded.size}]` }, item));
    }
    return folded;
  }

  private raw(value: ArrayBuffer | ArrayBufferView): RawPart {
    if (ArrayBuffer.isView(value) && types.isSharedArrayBuffer(value.buffer)) {
      throw this.refusal('is a view of a SharedArrayBuffer, which lives in this process only; send a copy');
    }
    const part = this.raws.push(copyBytes(value)) - 1;
    return new RawPart(rawKind(value), part);
  }

  private error(value: Error): ErrorForm {
    const form = new ErrorForm(String(value.name), String(value.message));
    const kind = errorKind(value);
    if (kind !== form.name) form.kind = kind;
    if (typeof value.stack === 'string') form.stack = value.stack;
    if (Object.hasOwn(value, 'cause')) form.cause = this.property(value, 'cause');
    // An AggregateError's errors are its own, but not enumerable.
    const aggregate = kind === 'AggregateError' && Object.hasOwn(value, 'errors');
    if (aggregate) form.errors = this.property(value, 'errors');
    const fields = this.plain(value, aggregate ? AGGREGATE_OWN : ERROR_OWN);
    if (Object.keys(fields).length > 0) form.fields = fields;
    return form;
  }
}

const NONE: ReadonlySet<PropertyKey> = new Set();
const REGEXP_OWN: ReadonlySet<PropertyKey> = new Set(['lastIndex']);
const ERROR_OWN = new Set(['name', 'message', 'stack', 'cause']);
const AGGREGATE_OWN = new Set([...ERROR_OWN, 'errors']);

const HUGE = 10n ** BigInt(MOST_DIGITS);

function isHuge(value: bigint): boolean {
  return value >= HUGE || value <= -HUGE;
}

function hugeInteger(value: bigint): HugeInteger {
  return new HugeInteger(value < 0n, (value < 0n ? -value : value).toString(16));
}
