/** The classes of Error in every runtime: an error arrives as one of the nearest class. */

type ErrorKind = new (message: string, options?: ErrorOptions) => Error;

const KINDS = new Map<string, ErrorKind>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((kind) => [
    kind.name,
    kind,
  ]),
);
const AGGREGATE = 'AggregateError';

/** The nearest built-in class of an error, by name, of this realm or another. */
export function errorKind(error: Error): string {
  for (let at: unknown = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    const maker = Object.getOwnPropertyDescriptor(at, 'constructor')?.value as unknown;
    if (typeof maker !== 'function') continue;
    const { name } = maker;
    // Also by name, for another realm; a class of the program with that name is near enough.
    if (KINDS.has(name) || name === AGGREGATE) return name;
  }
  return 'Error';
}

/** An Error of a built-in class, without a stack; its name is not enumerable where it is its own. */
export function makeError(kind: string, name: string, message: string): Error {
  const traced = Error.stackTraceLimit;
  // A trace of the decoder would be thrown away.
  Error.stackTraceLimit = 0;
  try {
    const error =
      kind === AGGREGATE ? new AggregateError([], message) : new (KINDS.get(kind) ?? Error)(message);
    if (error.name !== name) defineHidden(error, 'name', name);
    return error;
  } finally {
    Error.stackTraceLimit = traced;
  }
}

/** Defines a property like Error's own: not enumerable. */
export function defineHidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false, writable: true, configurable: true });
}
