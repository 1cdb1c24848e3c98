/**
 * The classes that stand in a folded value for what superjson cannot carry, and the one superjson
 * instance that knows them. Their property names are the wire's.
 */
import { SuperJSON } from 'superjson';

/** An object met before: the `id`-th (from 0) that a walk in order meets. */
export class SharedReference {
  constructor(readonly id: number) {}
}

/** A typed array, DataView, ArrayBuffer or Buffer: its bytes are the raw part `part`. */
export class RawPart {
  constructor(
    readonly kind: string,
    readonly part: number,
  ) {}
}

/**
 * An Error; `cause`, `errors` and the own `fields` are folded, and absent where the error has none, and
 * `kind` is its built-in class, absent where the name says it.
 */
export class ErrorForm {
  declare kind?: string;
  declare cause?: unknown;
  declare errors?: unknown;
  declare fields?: Record<string, unknown>;
  declare stack?: string;

  constructor(
    readonly name: string,
    readonly message: string,
  ) {}
}

/** An object without a prototype. */
export class BareObject {
  constructor(readonly entries: Record<string, unknown>) {}
}

/** An array with holes: `items` has what is there, by index. */
export class SparseArray {
  constructor(
    readonly length: number,
    readonly items: Record<string, unknown>,
  ) {}
}

/** A function that may travel. */
export class FunctionSource {
  constructor(
    readonly name: string,
    readonly source: string,
  ) {}
}

/** A BigInt of more digits than MOST_DIGITS: in hex, which is read in the time that its length takes. */
export class HugeInteger {
  constructor(
    readonly negative: boolean,
    readonly hex: string,
  ) {}
}

/** Of a BigInt that travels in decimal: the time to write or read one grows with their square. */
export const MOST_DIGITS = 10_000;

/** A Date whose time is NaN. */
export class InvalidDate {}

const STAND_INS = {
  ref: SharedReference,
  raw: RawPart,
  error: ErrorForm,
  bare: BareObject,
  sparse: SparseArray,
  'invalid-date': InvalidDate,
  function: FunctionSource,
  bigint: HugeInteger,
};

const PROTOTYPES = new Map<unknown, object>(
  Object.entries(STAND_INS).map(([identifier, { prototype }]) => [identifier, prototype]),
);

/** What the stand-in of this name on the wire has for a prototype; undefined if there is none. */
export function standInPrototype(identifier: unknown): object | undefined {
  return PROTOTYPES.get(identifier);
}

/** Our own instance: the program may register what it likes with the global one. */
export const superjson = new SuperJSON();
for (const [identifier, standIn] of Object.entries(STAND_INS)) {
  superjson.registerClass(standIn, { identifier });
}
