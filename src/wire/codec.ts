/**
 * Values as text and raw bytes, and back: one value at a time, each by itself. What stays of a value:
 *
 * - JSON's kinds, undefined, NaN, -0, infinities, BigInt, Date, RegExp, URL, Map, Set, Error with name,
 *   message, stack, cause and own fields, typed arrays, DataView, ArrayBuffer and Buffer (each over memory
 *   of its own), objects without a prototype, holes; and which of them are the same object, in a circle too.
 * - Instances of other classes that are data arrive as plain objects; subclasses of the kinds above as
 *   what they extend (an Error keeps its name, on the nearest built-in class). Left behind: properties
 *   that are not enumerable, named properties of arrays and typed arrays.
 * - Everything else is refused: see cannot-travel.ts.
 */
import { EncodeError, FormatError } from '../errors.js';
import { applyMeta } from './apply-meta.js';
import { depthError, foldValue, isStackOverflow } from './fold-value.js';
import { isPlainJson } from './plain-walk.js';
import { superjson } from './stand-ins.js';
import { type Functions, unfoldValue } from './unfold-value.js';

export interface EncodedValue {
  /**
   * What stands in an entry's array after its head: `J`, `J,M` or `J,M,[n1,n2]`, where J is the JSON
   * text of the value, M that of superjson's meta, and the numbers are the raw parts' byte lengths.
   */
  readonly text: string;
  /** The bytes of typed arrays and Buffers, in order: copies, so that later changes are not sent. */
  readonly raws: readonly Uint8Array[];
  /** The bytes of `text` in UTF-8 and of `raws`. */
  readonly byteLength: number;
}

const NO_RAWS: readonly Uint8Array[] = Object.freeze([]);

/** Encodes a value as it is now; throws EncodeError with the path of what cannot travel. */
export function encodeValue(value: unknown): EncodedValue {
  try {
    if (isPlainJson(value)) {
      const text = JSON.stringify(value);
      return { text, raws: NO_RAWS, byteLength: Buffer.byteLength(text) };
    }
  } catch {
    // A getter threw, or the stack or memory ended: the fold finds out where.
  }
  const folded = foldValue(value);
  const text = foldedText(folded.tree, folded.raws, folded.escaped);
  const byteLength = folded.raws.reduce((sum, raw) => sum + raw.byteLength, Buffer.byteLength(text));
  return { text, raws: folded.raws.length === 0 ? NO_RAWS : folded.raws, byteLength };
}

function foldedText(tree: unknown, raws: readonly Uint8Array[], escaped: boolean): string {
  try {
    const { json, meta } = superjson.serialize(tree);
    const text = JSON.stringify(json);
    // superjson notes equal bigints and NaNs as one object; the tree has no object twice.
    const values = meta?.values;
    if (values === undefined && !escaped) return text;
    const described = `${text},${JSON.stringify({ values, v: 1 })}`;
    return raws.length === 0 ? described : `${described},[${raws.map((raw) => raw.byteLength).join()}]`;
  } catch (error) {
    if (isStackOverflow(error)) throw depthError();
    const reason = error instanceof Error ? error.message : String(error);
    throw new EncodeError('', `the value cannot be written as text: ${reason}`, { cause: error });
  }
}

/**
 * Decodes a value from its parsed JSON, parsed meta (undefined or 0 if there is none) and raw parts, which
 * are copied. `json` becomes part of the value: parse anew for another. Throws FormatError, and nothing else.
 */
export function decodeValue(
  json: unknown,
  meta: unknown,
  raws: readonly Uint8Array[],
  functions: Functions = 'allowed',
): unknown {
  try {
    if (meta === undefined || meta === 0) {
      if (raws.length > 0) throw new FormatError(`a plain value comes with ${raws.length} raw parts`);
      return json;
    }
    return unfoldValue(applyMeta(json, meta), raws, functions);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`a value cannot be decoded: ${reason}`, { cause: error });
  }
}

/** Decodes an EncodedValue's text and raw parts: a fresh copy each time. Throws FormatError. */
export function decodeText(
  text: string,
  raws: readonly Uint8Array[],
  functions: Functions = 'allowed',
): unknown {
  let parts: unknown[];
  try {
    parts = JSON.parse(`[${text}]`) as unknown[];
  } catch (error) {
    throw new FormatError('the text of a value is no JSON', { cause: error });
  }
  if (parts.length < 1 || parts.length > 3) throw new FormatError('the text of a value has a wrong shape');
  return decodeValue(parts[0], parts[1], raws, functions);
}
