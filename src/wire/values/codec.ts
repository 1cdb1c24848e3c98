/**
 * Values as text and raw bytes, and back: one value at a time. The following arrives:
 *
 * - JSON's kinds, undefined, NaN, -0, infinities, BigInt, Date, RegExp, URL, Map, Set, Error with name,
 *   message, stack, cause and own fields, typed arrays, DataView, ArrayBuffer and Buffer (each over memory of
 *   its own), objects without a prototype, holes and named properties of arrays; and which of them are the
 *   same object, in a circle too.
 * - Instances of other classes that are data arrive as plain objects; subclasses of the kinds above as the
 *   kind that they extend (an Error keeps its name, on the nearest built-in class). A getter is read once,
 *   and its value arrives. Properties that are not enumerable are left out.
 * - Everything else is refused: see cannot-travel.ts.
 */
import type { SharedValue } from '../../algorithms/shared.js';
import { isStackOverflow } from '../../algorithms/stack-overflow.js';
import { EncodeError, FormatError } from '../../errors.js';
import { depthError, type FoldOptions, foldValue, type PlaceOf } from './fold-value.js';
import { isPlainJson, isPlainList, isPlainNumber } from './plain-walk.js';
import { checkMeta, taggedText } from './tagged-form.js';
import { type Functions, type SharedOf, type UnfoldOptions, unfoldValue } from './unfold-value.js';

export interface EncodedValue {
  /**
   * The part of an entry's array after its head: `J`, `J,M` or `J,M,[n1,n2]`, where J is the JSON text of the
   * value, M that of superjson's meta, and the numbers are the byte lengths of the raw parts.
   */
  readonly text: string;
  /** The bytes of typed arrays and Buffers, in order: copies, so that later changes are not sent. */
  readonly raws: readonly Uint8Array[];
  /** The bytes of `text` in UTF-8 and of `raws`. */
  readonly byteLength: number;
  /** The shared values that it refers to, each once; undefined if there are none. */
  readonly shares?: readonly SharedValue[] | undefined;
}

const NO_RAWS: readonly Uint8Array[] = Object.freeze([]);
const NO_OPTIONS: FoldOptions = Object.freeze({});

/** Encodes a value as it is now; throws EncodeError with the path of a part that cannot travel. */
export function encodeValue(value: unknown): EncodedValue {
  if (isPlainNumber(value)) return encodedAscii(String(value));
  try {
    if (isPlainJson(value)) return encodePlain(value);
  } catch {
    // The stack or memory ended, or a Proxy threw: the fold finds out where.
  }
  return encodeFolded(value, NO_OPTIONS);
}

/** The same with views of the value for its raw parts: use them before it changes. */
export function encodeView(value: unknown): EncodedValue {
  return encodeFolded(value, { viewsRaws: true });
}

/**
 * The same as `encodeValue` for the arguments of a task, an array that this library made. They may hold shared values;
 * released ones only if `shares` says so.
 */
export function encodeList(list: readonly unknown[], shares: FoldOptions['shares'] = 'live'): EncodedValue {
  if (list.length === 1 && isPlainNumber(list[0])) return encodedAscii(`[${list[0]}]`);
  try {
    if (isPlainList(list)) return encodePlain(list);
  } catch {
    // As above
  }
  return encodeFolded(list, { shares });
}

/** JSON and a template write the same, several times as fast. */
function encodedAscii(text: string): EncodedValue {
  return { text, raws: NO_RAWS, byteLength: text.length };
}

function encodePlain(value: unknown): EncodedValue {
  const text = JSON.stringify(value);
  return { text, raws: NO_RAWS, byteLength: Buffer.byteLength(text) };
}

/** A list some of whose parts are not known yet: `fillTemplate` gives it its values. */
export function encodeTemplate(list: readonly unknown[], placeOf: PlaceOf): EncodedValue {
  return encodeFolded(list, { placeOf, shares: 'live' });
}

/** The list of a template, with the values of its places; a shared value in it is its handle. */
export function fillTemplate(
  { text, raws, shares }: Pick<EncodedValue, 'text' | 'raws' | 'shares'>,
  places: readonly unknown[],
): unknown[] {
  const [form] = JSON.parse(`[${text}]`) as [unknown];
  const sharedOf = shares && ((wanted: string) => shares.find(({ key }) => key === wanted));
  return unfoldValue(form, raws, { functions: 'allowed', places, sharedOf }) as unknown[];
}

function encodeFolded(value: unknown, options: FoldOptions): EncodedValue {
  const { form, isTagged, raws, shares } = foldValue(value, options);
  let text = formText(form, isTagged);
  if (raws.length > 0) text = `${text},[${raws.map((raw) => raw.byteLength).join()}]`;
  const byteLength = raws.reduce((sum, raw) => sum + raw.byteLength, Buffer.byteLength(text));
  return { text, raws: raws.length === 0 ? NO_RAWS : raws, byteLength, shares };
}

function formText(form: unknown, isTagged: boolean): string {
  try {
    return isTagged ? taggedText(form) : JSON.stringify(form);
  } catch (error) {
    if (isStackOverflow(error)) throw depthError();
    const reason = error instanceof Error ? error.message : String(error);
    throw new EncodeError('', `the value cannot be written as text: ${reason}`, { cause: error });
  }
}

/**
 * Decodes a value from its parsed JSON, parsed meta (undefined or 0 if there is none) and raw parts, which
 * are copied. `json` becomes part of the value: parse the text again for another. `sharedOf` finds shared values, where
 * some may be in it. Throws FormatError, and nothing else.
 */
export function decodeValue(
  json: unknown,
  meta: unknown,
  raws: readonly Uint8Array[],
  functions: Functions = 'allowed',
  sharedOf?: SharedOf,
): unknown {
  if (meta === undefined || meta === 0) return plainValue(json, raws);
  return decodeTagged(json, meta, raws, { functions, sharedOf });
}

/** The same with typed arrays over the raw parts themselves, which begin at multiples of eight. */
export function decodeView(json: unknown, meta: unknown, raws: readonly Uint8Array[]): unknown {
  if (meta === undefined || meta === 0) return plainValue(json, raws);
  return decodeTagged(json, meta, raws, { functions: 'allowed', overRaws: true });
}

function plainValue(json: unknown, raws: readonly Uint8Array[]): unknown {
  if (raws.length > 0) throw new FormatError(`a plain value comes with ${raws.length} raw parts`);
  return json;
}

function decodeTagged(
  json: unknown,
  meta: unknown,
  raws: readonly Uint8Array[],
  options: UnfoldOptions,
): unknown {
  try {
    checkMeta(meta);
    return unfoldValue(json, raws, options);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`a value cannot be decoded: ${reason}`, { cause: error });
  }
}

/** Decodes an EncodedValue's text and raw parts: a fresh copy each time, but of shared values. Throws FormatError. */
export function decodeText(
  text: string,
  raws: readonly Uint8Array[],
  functions: Functions = 'allowed',
  sharedOf?: SharedOf,
): unknown {
  let parts: unknown[];
  try {
    parts = JSON.parse(`[${text}]`) as unknown[];
  } catch (error) {
    throw new FormatError('the text of a value is not JSON', { cause: error });
  }
  if (parts.length < 1 || parts.length > 3) throw new FormatError('the text of a value has a wrong shape');
  return decodeValue(parts[0], parts[1], raws, functions, sharedOf);
}
