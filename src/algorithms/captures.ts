/** The captures of a portable function: their names are checked here, and their values by the codec. */
import { UsageError } from '../errors.js';

/** Values by the names of the variables that they become around the function. */
export type Captures = Readonly<Record<string, unknown>>;

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

/** Words that cannot name a variable in strict mode, in a script or in a module. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
);

/** Whether a variable may have this name. */
export function isVariableName(name: string): boolean {
  return IDENTIFIER.test(name) && !RESERVED.has(name);
}

/** Throws UsageError unless they are a plain object whose keys can name variables. */
export function checkCaptures(captures: unknown, who: string): asserts captures is Captures {
  if (!isPlain(captures)) {
    throw new UsageError(
      `the captures of ${who} are ${kindOf(captures)}; give an object such as { x, y }, or a function that returns one`,
    );
  }
  for (const name of Object.keys(captures)) {
    if (!isVariableName(name)) {
      throw new UsageError(
        `the captures of ${who} have the key ${JSON.stringify(name)}, which cannot be the name of a variable; ` +
          'give it the name that the function uses',
      );
    }
  }
  if (Object.getOwnPropertySymbols(captures).length > 0) {
    throw new UsageError(`the captures of ${who} have a symbol as a key, which no variable has as its name`);
  }
}

/** Whether both give the same values under the same names. */
export function areSameCaptures(some: unknown, others: unknown): boolean {
  if (some === others) return true;
  if (!isPlain(some) || !isPlain(others)) return false;
  const names = Object.keys(some);
  return (
    names.length === Object.keys(others).length &&
    names.every((name) => Object.hasOwn(others, name) && Object.is(some[name], others[name]))
  );
}

function isPlain(value: unknown): value is Captures {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return tag === 'Object' ? 'an instance of a class' : `an object of kind ${tag}`;
}
