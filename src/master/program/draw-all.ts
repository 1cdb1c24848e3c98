/**
 * Draws the items of a source one by one and has a task made from each, only as fast as there is room for
 * them.
 */

/** The time for which items are drawn before the event loop gets its turn. */
const TURN_MS = 5;
/** The interval of looking for room without news: the program may raise a target or take fates. */
const LOOK_MS = 100;

export type Items<T> = Iterable<T> | AsyncIterable<T>;

interface DrawParams<T> {
  readonly items: Items<T>;
  /** Makes the task. A returned promise is awaited, but delays nothing else. */
  readonly submit: (item: T) => unknown;
  /** Whether another task may be made, in addition to those being made. */
  readonly hasRoom: (unfinished: number) => boolean;
  /** Resolves when there may be room, or after this number of milliseconds. */
  readonly news: (withinMs: number) => Promise<void>;
  /** `submit` has finished a task. */
  readonly onFinished: () => void;
  /** Aborted when the items are no longer wanted; also ends a wait for `news`. */
  readonly signal: AbortSignal;
}

/**
 * Resolves with true when the last item's task is made, and with false when the items are no longer wanted.
 * Rejects with an error of the source or of `submit`. A source that is not drawn to its end is closed; a
 * source that is awaited is closed as soon as its items are no longer wanted.
 */
export async function drawAll<T>(params: DrawParams<T>): Promise<boolean> {
  const { items, submit, hasRoom, news, signal } = params;
  const making = new Making(params.onFinished);
  // A text has no properties to look for with `in`.
  const { [Symbol.asyncIterator]: isAsync } = items as Partial<AsyncIterable<T>>;
  const iterator = isAsync
    ? (items as AsyncIterable<T>)[Symbol.asyncIterator]()
    : (items as Iterable<T>)[Symbol.iterator]();
  let isOpen = true;
  let isAwaited = false;
  const closeEarly = (): void => {
    if (isAwaited) void Promise.resolve(iterator.return?.()).catch(() => {});
  };
  signal.addEventListener('abort', closeEarly, { once: true });
  let turnBegan = performance.now();
  try {
    for (;;) {
      while (!hasRoom(making.unfinished) && !signal.aborted) {
        making.throwIfFailed();
        await news(LOOK_MS);
        turnBegan = performance.now();
      }
      making.throwIfFailed();
      if (signal.aborted) return false;
      isOpen = false;
      const step = iterator.next();
      isAwaited = 'then' in step;
      const { done, value } = 'then' in step ? await step : step;
      isAwaited = false;
      if (signal.aborted) {
        isOpen = done !== true;
        return false;
      }
      if (done === true) break;
      isOpen = true;
      making.add(submit(value));
      if (performance.now() - turnBegan < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turnBegan = performance.now();
    }
    while (making.unfinished > 0 && !signal.aborted) {
      await news(LOOK_MS);
      making.throwIfFailed();
    }
    making.throwIfFailed();
    return !signal.aborted;
  } finally {
    signal.removeEventListener('abort', closeEarly);
    // A source that threw, or has come to its end, is closed already.
    if (isOpen) await iterator.return?.();
  }
}

/** The promises of `submit` that have not settled, and the first failure among them. */
class Making {
  unfinished = 0;
  readonly #onFinished: () => void;
  #failure: { readonly error: unknown } | undefined;

  constructor(onFinished: () => void) {
    this.#onFinished = onFinished;
  }

  add(made: unknown): void {
    if (typeof made !== 'object' || made === null || !('then' in made)) return;
    this.unfinished++;
    const finish = (): void => {
      this.unfinished--;
      this.#onFinished();
    };
    Promise.resolve(made).then(finish, (error: unknown) => {
      this.#failure ??= { error };
      finish();
    });
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
