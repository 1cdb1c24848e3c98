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

/** What is behind a handle. */
export interface SharedContent {
  readonly key: string;
  readonly size: number;
  /** The bytes from one place up to another, which must not be changed. Throws when they cannot be read. */
  read(from: number, to: number): Uint8Array;
  /** What a task finds, as the master has it: the same each time. */
  value(): unknown;
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
    this.#content = undefined;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
