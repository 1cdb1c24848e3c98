/**
 * The exception of a task algorithm, as data that always travels: made on the slave from any value, and read
 * on the master to become a TaskError.
 */
import { FormatError, isFinal, type RemoteError } from '../../errors.js';
import { decodeText, decodeValue, type EncodedValue, encodeValue } from './codec.js';
import { defineHidden, errorKind, makeError } from './error-kinds.js';

/** Longest message, stack or string that is kept, in characters. */
const MAX_TEXT = 65_536;
/** Bytes of an error; a larger one goes without its fields and cause. */
const MAX_BYTES = 1_048_576;
/** Bytes of one field, or of a cause that is not an Error. */
const MAX_FIELD_BYTES = 262_144;
const MAX_FIELDS = 100;
/** Characters of a name or message that has no more room. */
const SHORT = 512;
const NO_ROOM = '[the rest was not sent: it is larger than --max-message-size]';
const MAX_CAUSES = 10;
/** Members of an AggregateError that are described. */
const MAX_ERRORS = 20;
const DESCRIBED = new Set(['name', 'message', 'stack', 'cause']);

/**
 * Describes any exception. Never throws: a part that cannot be read or cannot travel is replaced by a string
 * that says so, and long parts are cut. Causes and the members of an AggregateError are Errors of the same
 * form.
 */
export function describeError(thrown: unknown): RemoteError {
  return describe(thrown, MAX_CAUSES);
}

/** The wire form of any exception, of at most `mostBytes`, which are some thousand or more; never throws. */
export function encodeError(thrown: unknown, mostBytes = MAX_BYTES): EncodedValue {
  const remote = describeError(thrown);
  let reason: string;
  try {
    const encoded = encodeValue(remote);
    if (encoded.byteLength <= Math.min(mostBytes, MAX_BYTES)) return encoded;
    reason = `${encoded.byteLength} bytes`;
  } catch (error) {
    // Each part can travel, but their nesting may be too deep together.
    reason = reasonOf(error);
  }
  const { name, message, stack, final } = remote;
  const fields = { notSent: `[fields and cause not sent: ${reason}]` };
  const optional = { ...(stack === undefined ? {} : { stack }), ...(final ? { final } : {}) };
  const short = encodeValue({ name, message, fields, ...optional });
  if (short.byteLength <= mostBytes) return short;
  return encodeValue({
    name: name.slice(0, SHORT),
    message: message.slice(0, SHORT),
    fields: { notSent: NO_ROOM },
    ...(final ? { final } : {}),
  });
}

/** Reads a RemoteError back, which holds no functions; throws FormatError. */
export function decodeError(json: unknown, meta: unknown, raws: readonly Uint8Array[]): RemoteError {
  const value = decodeValue(json, meta, raws, 'refused');
  if (!isRecord(value)) throw new FormatError('an error is not an object');
  const { name, message, stack, fields, final } = value;
  if (typeof name !== 'string' || typeof message !== 'string' || !isRecord(fields)) {
    throw new FormatError('an error lacks its name, message or fields');
  }
  if (stack !== undefined && typeof stack !== 'string')
    throw new FormatError('the stack of an error is not text');
  if (final !== undefined && final !== true) throw new FormatError('an error is final or says nothing of it');
  return {
    name,
    message,
    fields,
    ...(stack === undefined ? {} : { stack }),
    ...('cause' in value ? { cause: value.cause } : {}),
    ...(final ? { final } : {}),
  };
}

function describe(thrown: unknown, causesLeft: number): RemoteError {
  if (!isError(thrown)) {
    return { name: 'NonError', message: cut(`threw ${show(thrown)}`), cause: portable(thrown), fields: {} };
  }
  const stack = read(thrown, 'stack');
  const fields = describeFields(thrown);
  const errors = read(thrown, 'errors');
  if (Array.isArray(errors)) fields.errors = describeMembers(errors, causesLeft);
  return {
    name: text(read(thrown, 'name'), 'Error'),
    message: text(read(thrown, 'message'), ''),
    fields,
    ...(typeof stack === 'string' ? { stack: cut(stack) } : {}),
    ...(hasOwn(thrown, 'cause') ? { cause: describeCause(read(thrown, 'cause'), causesLeft) } : {}),
    ...(isFinal(thrown) ? { final: true } : {}),
  };
}

function describeCause(cause: unknown, causesLeft: number): unknown {
  if (!isError(cause)) return portable(cause);
  if (causesLeft === 0) return `[more than ${MAX_CAUSES} causes]`;
  return asError(cause, describe(cause, causesLeft - 1));
}

function describeMembers(errors: readonly unknown[], causesLeft: number): unknown[] {
  const members: unknown[] = [];
  for (let i = 0; i < Math.min(errors.length, MAX_ERRORS); i++) {
    // A tree of AggregateErrors grows with its breadth: each member gets few levels.
    members.push(describeCause(read(errors, String(i)), causesLeft >> 2));
  }
  if (errors.length > MAX_ERRORS) members.push(`[${errors.length - MAX_ERRORS} more]`);
  return members;
}

function asError(cause: Error, { name, message, stack, fields, ...rest }: RemoteError): Error {
  const error = makeError(kindOf(cause), name, message);
  if ('cause' in rest) defineHidden(error, 'cause', rest.cause);
  defineHidden(error, 'stack', stack);
  for (const key of Object.keys(fields)) define(error, key, fields[key]);
  return error;
}

function kindOf(error: Error): string {
  try {
    return errorKind(error);
  } catch {
    return 'Error';
  }
}

function describeFields(thrown: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  let keys: string[];
  try {
    keys = Object.keys(thrown).filter((key) => !DESCRIBED.has(key));
  } catch (error) {
    return { unreadable: `[not sent: ${reasonOf(error)}]` };
  }
  for (const key of keys.slice(0, MAX_FIELDS)) define(fields, key, fieldOf(thrown, key));
  return fields;
}

function fieldOf(thrown: object, key: string): unknown {
  try {
    return portable((thrown as Readonly<Record<string, unknown>>)[key]);
  } catch (error) {
    return `[not sent: ${reasonOf(error)}]`;
  }
}

/** A copy of the value if it can travel and is not too large; otherwise a string with the reason. */
function portable(value: unknown): unknown {
  if (typeof value === 'string') return cut(value);
  try {
    const { text, raws, byteLength } = encodeValue(value);
    // A copy, because a getter may give something else, or throw, the next time.
    return byteLength <= MAX_FIELD_BYTES
      ? decodeText(text, raws, 'refused')
      : `[not sent: ${byteLength} bytes]`;
  } catch (error) {
    return `[not sent: ${reasonOf(error)}]`;
  }
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
  } catch {
    return false;
  }
}

function read(target: object, key: string): unknown {
  try {
    return (target as Readonly<Record<string, unknown>>)[key];
  } catch (error) {
    return `[unreadable: ${reasonOf(error)}]`;
  }
}

function hasOwn(target: object, key: string): boolean {
  try {
    return Object.hasOwn(target, key);
  } catch {
    return false;
  }
}

function text(value: unknown, otherwise: string): string {
  return value === undefined ? otherwise : cut(typeof value === 'string' ? value : show(value));
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value));
  try {
    return typeof value === 'object' && value !== null
      ? `an object: ${JSON.stringify(value)}`
      : String(value);
  } catch {
    return 'something that cannot be shown';
  }
}

function reasonOf(error: unknown): string {
  try {
    return cut(error instanceof Error ? String(error.message) : String(error));
  } catch {
    return 'it cannot be read';
  }
}

function cut(long: string): string {
  return long.length <= MAX_TEXT ? long : `${long.slice(0, MAX_TEXT)}… [${long.length} characters]`;
}

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
