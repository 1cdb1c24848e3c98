/**
 * Folds a value into tagged form, or finds the part that cannot travel.
 *
 * When an object is met again, a reference replaces it: the fold and the unfold count objects in the same
 * order.
 */
import { types } from 'node:util';
import { capturesOf, portableSource } from '../../algorithms/portable.js';
import { SharedValue } from '../../algorithms/shared.js';
import { isStackOverflow } from '../../algorithms/stack-overflow.js';
import { EncodeError } from '../../errors.js';
import { refuseInstance, refuseOwnProperty, refusePrimitive, refuseSymbol } from './cannot-travel.js';
import { errorKind } from './error-kinds.js';
import { isSpecialNumber, writeBigint, writeDate, writeSpecialNumber } from './leaves.js';
import { isIndex, namedKeys } from './named-properties.js';
import { ObjectIds } from './object-ids.js';
import { MAX_DEPTH } from './plain-walk.js';
import { copyBytes, isRaw, rawKind, viewBytes } from './raw-bytes.js';
import { CONTAINER, type ErrorForm, escapeKey, LEAF, setOwn, TILDE } from './tagged-form.js';
import { CAPTURES_STEP, formatPath, MapEntryStep, SetMemberStep, type Step } from './value-path.js';

export interface FoldedValue {
  /** Fresh plain objects and arrays over what JSON carries. */
  readonly form: unknown;
  /** Whether a part of it must be unfolded. */
  readonly isTagged: boolean;
  readonly raws: readonly Uint8Array[];
  /** The shared values in it, each once; undefined if there are none. */
  readonly shares: readonly SharedValue[] | undefined;
}

/** The number of the place that an object takes until its value is known; undefined for any other object. */
export type PlaceOf = (value: object) => number | undefined;

export interface FoldOptions {
  readonly placeOf?: PlaceOf | undefined;
  /** Whether the value may hold shared values: none, by default, those that are not released, or all. */
  readonly shares?: 'none' | 'live' | 'all' | undefined;
  /** Raw parts are views of the value, which does not change before they are used. */
  readonly viewsRaws?: boolean | undefined;
}

/** Folds `value`; throws EncodeError with the path of a part that cannot travel or cannot be read. */
export function foldValue(value: unknown, options: FoldOptions = {}): FoldedValue {
  const fold = new Fold(options);
  try {
    const form = fold.any(value);
    return { form, isTagged: fold.isTagged, raws: fold.raws, shares: fold.shares };
  } catch (error) {
    if (error instanceof EncodeError) throw error;
    if (isStackOverflow(error)) throw depthError();
    const reason = error instanceof Error ? error.message : String(error);
    throw fold.refusal(`cannot be read: ${reason}`, { cause: error });
  }
}

/** A value is nested too deeply to travel; its path would say nothing. */
export function depthError(): EncodeError {
  return new EncodeError(
    '',
    `the value is nested too deep: ${MAX_DEPTH} levels can travel, and fewer where the stack is nearly used up; ` +
      'flatten it, such as a linked list into an array',
  );
}

class Fold {
  readonly raws: Uint8Array[] = [];
  isTagged = false;
  private readonly ids = new ObjectIds();
  private readonly steps: Step[] = [];
  private readonly placeOf: PlaceOf | undefined;
  shares: SharedValue[] | undefined = undefined;

  constructor(private readonly options: FoldOptions) {
    this.placeOf = options.placeOf;
  }

  any(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return value.charCodeAt(0) === TILDE ? this.tagged(`~${value}`) : value;
      case 'boolean':
        return value;
      case 'number':
        return isSpecialNumber(value) ? this.tagged(writeSpecialNumber(value)) : value;
      case 'undefined':
        return this.leaf(LEAF.undefined, '');
      case 'bigint':
        return this.tagged(writeBigint(value));
      case 'object':
        return value === null ? null : this.object(value);
      default:
        return this.function(value);
    }
  }

  refusal(reason: string, options?: ErrorOptions): EncodeError {
    const path = formatPath(this.steps);
    return new EncodeError(path, `${path === '' ? 'the value' : path} ${reason}`, options);
  }

  private tagged<T>(form: T): T {
    this.isTagged = true;
    return form;
  }

  private leaf(letter: string, text: string): string {
    return this.tagged(`~${letter}${text}`);
  }

  private container(key: string, content: unknown): object {
    return this.tagged({ [key]: content });
  }

  /** The steps must name the part that is read, even when reading it throws. */
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

  private function(value: unknown): unknown {
    const source = portableSource(value);
    if (source === undefined) throw this.refusal(refusePrimitive(value));
    if (this.steps.at(-1) === 'then') {
      throw this.refusal('is a function, which turns its object into a promise; give it another name');
    }
    const fn = value as CallableFunction;
    return this.reference(fn) ?? this.container(CONTAINER.function, this.functionParts(fn, source));
  }

  private functionParts(fn: CallableFunction, source: string): unknown[] {
    this.steps.push(CAPTURES_STEP);
    const captures = capturesOf(fn);
    const parts: unknown[] = [fn.name, source];
    const names = captures === undefined ? [] : Object.keys(captures);
    if (captures !== undefined && names.length > 0) parts.push(this.entries(captures, names));
    this.steps.pop();
    return parts;
  }

  /** The reference to an object met before; any other is noted as met. */
  private reference(value: object): string | undefined {
    const id = this.ids.meet(value);
    return id === undefined ? undefined : this.leaf(LEAF.reference, String(id));
  }

  private object(value: object): unknown {
    const place = this.placeOf?.(value);
    if (place !== undefined) return this.leaf(LEAF.place, String(place));
    const reference = this.reference(value);
    if (reference !== undefined) return reference;
    if (Array.isArray(value)) return this.array(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.plain(value);
    if (prototype === null) return this.container(CONTAINER.bare, this.plain(value));
    if (types.isDate(value)) return this.date(value);
    if (types.isMap(value)) return this.map(value);
    if (types.isSet(value)) return this.set(value);
    if (isRaw(value)) return this.raw(value);
    if (types.isRegExp(value)) {
      this.refuseKeys(value);
      return this.container(CONTAINER.regexp, [value.source, value.flags, value.lastIndex]);
    }
    if (value instanceof Error || types.isNativeError(value)) return this.error(value);
    if (value instanceof URL) {
      this.refuseKeys(value);
      return this.leaf(LEAF.url, value.href);
    }
    const shared = SharedValue.find(value);
    if (shared !== undefined) return this.shared(shared);
    const refused = refuseInstance(value);
    if (refused !== undefined) throw this.refusal(refused);
    return this.plain(value);
  }

  private shared(value: SharedValue): string {
    const { shares = 'none' } = this.options;
    if (shares === 'none') {
      throw this.refusal('is a shared value, which only arguments of tasks may hold; send the value itself');
    }
    if (value.released && shares === 'live') {
      throw this.refusal('is a shared value that was released; share it again');
    }
    this.shares ??= [];
    this.shares.push(value);
    return this.leaf(LEAF.shared, value.key);
  }

  /** For kinds that have only their content: other properties of the program would be lost. */
  private refuseKeys(value: object): void {
    // One check, as there may be hundreds of thousands of Dates; a RegExp's lastIndex is its own property,
    // and not enumerable.
    if (Reflect.ownKeys(value).length > 0) this.refuseEnumerable(value, Object.keys(value));
  }

  private refuseEnumerable(value: object, keys: readonly string[]): void {
    this.refuseSymbols(value);
    if (keys.length > 0) throw this.refusal(refuseOwnProperty(keys[0] as string));
  }

  private refuseSymbols(value: object): void {
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      if (Object.prototype.propertyIsEnumerable.call(value, symbol)) throw this.refusal(refuseSymbol(symbol));
    }
  }

  private date(value: Date): string {
    this.refuseKeys(value);
    return this.tagged(writeDate(Date.prototype.getTime.call(value)));
  }

  private array(value: readonly unknown[]): unknown {
    this.refuseSymbols(value);
    const form = this.elements(value);
    const named = namedKeys(value);
    if (named.length === 0) return form;
    return this.container(CONTAINER.named, [form, this.entries(value, named)]);
  }

  private elements(value: readonly unknown[]): unknown {
    const folded: unknown[] = [];
    if (value.length > 0 && this.steps.length >= MAX_DEPTH) throw depthError();
    let hasNull = false;
    let hasUndefined = false;
    let hasOther = false;
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (item === undefined) {
        if (!Object.hasOwn(value, i)) {
          if (hasUndefined && !hasNull) this.spellUndefined(folded);
          return this.sparse(value, folded);
        }
        hasUndefined = true;
        folded.push(hasNull ? this.any(undefined) : null);
        continue;
      }
      hasOther = true;
      if (item === null) {
        if (hasUndefined && !hasNull) this.spellUndefined(folded);
        hasNull = true;
        folded.push(null);
      } else if (typeof item === 'object' || typeof item === 'function') {
        this.enter(i);
        folded.push(this.any(item));
        this.steps.pop();
      } else folded.push(this.primitiveAt(i, item));
    }
    if (!hasUndefined || hasNull) return folded;
    if (!hasOther) return this.container(CONTAINER.allUndefined, 'u'.repeat(folded.length));
    return this.container(CONTAINER.undefineds, folded);
  }

  /** A primitive needs no step, unless it is refused. */
  private primitiveAt(index: number, item: unknown): unknown {
    if (typeof item === 'symbol') this.enter(index);
    return this.any(item);
  }

  /** For an array in which null stands for undefined, and no longer can. */
  private spellUndefined(folded: unknown[]): void {
    for (let i = 0; i < folded.length; i++) if (folded[i] === null) folded[i] = this.any(undefined);
  }

  private sparse(value: readonly unknown[], begun: readonly unknown[]): object {
    const items: Record<string, unknown> = { ...begun };
    // By key, since the length may be 4 billion; index keys come first, and in order.
    for (const key of Object.keys(value)) {
      if (!isIndex(key)) break;
      const index = Number(key);
      if (index < begun.length) continue;
      this.enter(index);
      items[key] = this.any(value[index]);
      this.steps.pop();
    }
    return this.container(CONTAINER.sparse, [value.length, items]);
  }

  private plain(value: object, skip?: ReadonlySet<string>): Record<string, unknown> {
    this.refuseSymbols(value);
    const keys = Object.keys(value);
    return this.entries(value, skip === undefined ? keys : keys.filter((key) => !skip.has(key)));
  }

  private entries(value: object, keys: readonly string[]): Record<string, unknown> {
    const folded: Record<string, unknown> = {};
    for (const key of keys) {
      const travelling = escapeKey(key);
      if (travelling !== key) this.isTagged = true;
      setOwn(folded, travelling, this.property(value, key));
    }
    return folded;
  }

  private map(value: ReadonlyMap<unknown, unknown>): object {
    this.refuseKeys(value);
    const folded: unknown[] = [];
    const step = new MapEntryStep();
    this.enter(step);
    for (const [key, item] of Map.prototype.entries.call(value) as Iterable<[unknown, unknown]>) {
      step.enterKey(folded.length / 2, key);
      folded.push(this.any(key));
      step.enterValue();
      folded.push(this.any(item));
    }
    this.steps.pop();
    return this.container(CONTAINER.map, folded);
  }

  private set(value: ReadonlySet<unknown>): object {
    this.refuseKeys(value);
    const folded: unknown[] = [];
    const step = new SetMemberStep();
    this.enter(step);
    for (const item of Set.prototype.values.call(value) as Iterable<unknown>) {
      step.index = folded.length;
      folded.push(this.any(item));
    }
    this.steps.pop();
    return this.container(CONTAINER.set, folded);
  }

  private raw(value: ArrayBuffer | ArrayBufferView): string {
    if (ArrayBuffer.isView(value) && types.isSharedArrayBuffer(value.buffer)) {
      throw this.refusal('is a view of a SharedArrayBuffer, which lives in this process only; send a copy');
    }
    this.refuseEnumerable(value, ArrayBuffer.isView(value) ? namedKeys(value) : Object.keys(value));
    this.raws.push(this.options.viewsRaws ? viewBytes(value) : copyBytes(value));
    return this.leaf(LEAF.raw, rawKind(value));
  }

  private text(value: string): string {
    return this.any(value) as string;
  }

  private error(value: Error): object {
    const name = String(value.name);
    const form: ErrorForm = { name: this.text(name), message: this.text(String(value.message)) };
    const kind = errorKind(value);
    if (kind !== name) form.kind = kind;
    const { stack } = value;
    if (typeof stack === 'string') form.stack = this.text(stack);
    if (Object.hasOwn(value, 'cause')) form.cause = this.property(value, 'cause');
    // An AggregateError's errors are its own, but not enumerable.
    const aggregate = kind === 'AggregateError' && Object.hasOwn(value, 'errors');
    if (aggregate) form.errors = this.property(value, 'errors');
    const fields = this.plain(value, aggregate ? AGGREGATE_OWN : ERROR_OWN);
    if (Object.keys(fields).length > 0) form.fields = fields;
    return this.container(CONTAINER.error, form);
  }
}

const ERROR_OWN = new Set(['name', 'message', 'stack', 'cause']);
const AGGREGATE_OWN = new Set([...ERROR_OWN, 'errors']);
