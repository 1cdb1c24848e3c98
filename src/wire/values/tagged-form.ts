/**
 * The JSON form of a value that JSON alone cannot carry: tags inside the value, each read at its place. The
 * envelope is superjson's, with this form registered as one of its custom types. superjson's own form notes a
 * path for each special member, which for a large Map takes many times the time of a copy.
 *
 * A string that begins with `~` is one leaf: `~` and the leaf's letter. An object whose one key begins with a
 * single `~` is one container. The value's own strings and keys that begin with `~` get one more `~`.
 */
import { SuperJSON } from 'superjson';
import { FormatError } from '../../errors.js';

export const TILDE = '~'.charCodeAt(0);

/** A leaf is `~`, its letter, and text. */
export const LEAF = {
  undefined: 'u',
  /** NaN, -0, Infinity or -Infinity, as `String` writes it; `-0` for minus zero. */
  number: 'n',
  /** Decimal. */
  bigint: 'i',
  /** Hex, after a sign: for a BigInt of more than 10,000 digits. */
  hugeBigint: 'h',
  /** Whole days since 1970, a dot, and milliseconds of the day; nothing for an invalid Date. */
  date: 'd',
  url: 'l',
  /** An object met before: the number, from 0, in which a walk in order meets it. */
  reference: 'r',
  /** A value that is not known yet, by its number from 0; only in a template, which does not travel. */
  place: 'p',
  /** The next raw part, of this kind. */
  raw: 'b',
  /** A shared value, by its key; only in the arguments of a task. */
  shared: 's',
} as const;

/** A container is an object with this one key. */
export const CONTAINER = {
  /** Keys and values in turn. */
  map: '~m',
  set: '~s',
  /** An array that has undefined and no null: null stands for undefined, which JSON reads ten times as fast. */
  undefineds: '~w',
  /** An array with only undefined: a text with one `u` for each. */
  allUndefined: '~v',
  /** Source, flags, lastIndex. */
  regexp: '~x',
  /** An ErrorForm. */
  error: '~e',
  /** The entries of an object without a prototype. */
  bare: '~o',
  /** The length, and the existing items, by index. */
  sparse: '~h',
  /** An array, dense or sparse, and the object of its other own properties. */
  named: '~a',
  /** Name and source of a function that may travel, and the entries of its captures if it has any. */
  function: '~f',
} as const;

/**
 * An Error; `cause`, `errors` and the own `fields` are tagged, and absent where the error has none, and
 * `kind` is its built-in class, absent where the name says it.
 */
export interface ErrorForm {
  name: string;
  message: string;
  kind?: string;
  stack?: string;
  cause?: unknown;
  errors?: unknown;
  fields?: Record<string, unknown>;
}

/** A key of a value's own, as it travels. */
export function escapeKey(key: string): string {
  return key.charCodeAt(0) === TILDE ? `~${key}` : key;
}

/** Sets an own property whatever its name: assigning to `__proto__` would set the prototype. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else (target as Record<string, unknown>)[key] = value;
}

/** Marks a value in tagged form for superjson, which does not walk it. */
class Tagged {
  constructor(readonly form: unknown) {}
}

/** Our own instance: the program may register what it likes with the global one. */
const superjson = new SuperJSON();
superjson.registerCustom<Tagged, never>(
  {
    isApplicable: (value): value is Tagged => value instanceof Tagged,
    serialize: ({ form }) => form as never,
    deserialize: (form) => new Tagged(form),
  },
  'tagged',
);

const META = JSON.stringify(superjson.serialize(new Tagged(null)).meta);

/** The text of a value in tagged form, with the meta by which superjson knows it. */
export function taggedText(form: unknown): string {
  return `${JSON.stringify(form)},${META}`;
}

/** Throws FormatError for any other meta: what superjson would do for it, a stranger would choose. */
export function checkMeta(meta: unknown): void {
  if (JSON.stringify(meta) !== META) throw new FormatError('meta names a form that does not travel');
}
