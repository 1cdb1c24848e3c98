/** Values that the program shares with its slaves: the handles that it passes as arguments. */

declare const sharedBrand: unique symbol;

/**
 * A value that slaves get once, however many tasks have it among their arguments; from `share` or `shareFile`. The task
 * finds the value itself. It may be released twice.
 *
 * @example
 * {
 *   using table = share(new Float64Array(6_000_000));
 *   await pmap(portable((row) => sumOf(values, row), { values: table, sumOf }), rows);
 * }
 */
export interface Shared<T> extends Disposable {
  /** For the compiler only; no value has it. */
  readonly [sharedBrand]: T;
  /** The SHA-256 of its bytes in base64url: equal values have equal keys, in every run. */
  readonly key: string;
  /** Its size as it travels. */
  readonly bytes: number;
  /** Whether the program has released it: it cannot be an argument any more. */
  readonly released: boolean;
  /**
   * The program submits no more tasks with it: its bytes are freed when the last task that has it is settled. Slaves
   * drop theirs when they need the room. `using` calls it at the end of a scope.
   */
  release(): void;
}

/** The value behind a handle. */
export interface SharedContent {
  readonly key: string;
  readonly size: number;
  /** The bytes from one place up to another, which must not be changed. Throws when they cannot be read. */
  read(from: number, to: number): Uint8Array;
  /** The value that a task finds, as the master has it: the same each time. */
  value(): unknown;
  /** A file of this machine that has the bytes anyway, if there is one. */
  readonly copy?: ShareCopy | undefined;
  /** Its bytes are needed, once more than before. */
  hold?(): void;
  /** Once less: with the last need ends what it takes outside of memory. */
  free?(): void;
}

/** Where processes of one machine may read the bytes of a shared value: `head`, then those of the file. */
export interface ShareCopy {
  readonly path: string;
  readonly head: Uint8Array;
  /**
   * Hexadecimal digits with which the file ends, behind the bytes. A file that has them is the one that the master wrote, so
   * that nobody needs to look whether its bytes are those of the value.
   */
  readonly mark?: string | undefined;
}

/** The handle that the program has. */
export class SharedValue {
  readonly key: string;
  readonly bytes: number;
  #content: SharedContent | undefined;

  constructor(content: SharedContent) {
    this.key = content.key;
    this.bytes = content.size;
    this.#content = content;
    content.hold?.();
  }

  /** Undefined for any other object. */
  static find(value: object): SharedValue | undefined {
    return #content in value ? value : undefined;
  }

  /** Undefined once it is released. */
  get content(): SharedContent | undefined {
    return this.#content;
  }

  get released(): boolean {
    return this.#content === undefined;
  }

  release(): void {
    this.#content?.free?.();
    this.#content = undefined;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
