/** Draws the items of a source one by one and has a task made of each, only as fast as there is room for them. */

/** For how long items are drawn before the event loop gets its turn. */
const TURN_MS = 5;
/** How often room is looked for without news: a target may be raised, fates may be taken. */
const LOOK_MS = 100;

export type Items<T> = Iterable<T> | AsyncIterable<T>;

interface DrawParams<T> {
  readonly items: Items<T>;
  /** Makes the task; what it returns is awaited, if it can be, but nothing else waits for it. */
  readonly submit: (item: T) => unknown;
  /** Whether another task may be made, besides so many that are being made. */
  readonly hasRoom: (unfinished: number) => boolean;
  /** Resolves when there may be room, after so many milliseconds at the latest. */
  readonly news: (withinMs: number) => Promise<void>;
  /** `submit` has finished a task. */
  readonly onFinished: () => void;
  /** Aborted when nobody wants the items any more; whoever waits for `news` is told too. */
  readonly signal: AbortSignal;
}

/**
 * Resolves with true when the last item's task is made, with false when nobody wants more; rejects with what
 * the source or `submit` throws. A source that is not drawn to its end is closed: one that is waited for as
 * soon as nobody wants more.
 */
export async function drawAll<T>(params: DrawParams<T>): Promise<boolean> {
  const { items, submit, hasRoom, news, signal } = params;
  const making = new Making(params.onFinished);
  const iterator =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : (items as Iterable<T>)[Symbol.iterator]();
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

/** What `submit` returned and has not settled; the first failure among it. */
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
