/** Tasks of the tests of collections, most of them those of lfarm's tests. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAlgorithm, slaveLocal, taskContext } from 'ts-mw';
import { until } from '../support/programs.js';

/** Calls a function that has travelled. */
export const apply = defineAlgorithm('apply', (fn: (...args: number[]) => unknown, ...args: number[]) =>
  fn(...args),
);
export const add = defineAlgorithm('add', (x: number, y: number) => x + y);
export const mul = defineAlgorithm('mul', (x: number, y: number) => x * y);
export const mul3 = defineAlgorithm('mul3', (x: number, y: number, z: number) => x * y * z);
export const square = defineAlgorithm('square', (x: number) => x * x);
export const addOne = defineAlgorithm('addOne', (x: number) => x + 1);
export const isEven = defineAlgorithm('isEven', (x: number) => x % 2 === 0);
export const isAscending = defineAlgorithm('isAscending', (x: number, y: number) => x < y);
export const itself = defineAlgorithm('itself', (x: unknown) => x);
export const same = defineAlgorithm('same', (x: number) => x);
export const seven = defineAlgorithm('seven', () => 7);
export const nothing = defineAlgorithm('nothing', () => {});
export const join = defineAlgorithm('join', (x: string, y: string) => x + y);
export const compare = defineAlgorithm('compare', (x: number, y: number) => x - y);

/** Throws for every seventh number. */
export const notSeventh = defineAlgorithm('notSeventh', (x: number) => {
  if (x % 7 === 6) throw new RangeError(`${x} is a seventh`);
  return x;
});

/** Throws in its first run. */
export const secondTime = defineAlgorithm(
  'secondTime',
  (x: number) => {
    if (taskContext().attempt === 1) throw new RangeError('the first run');
    return x;
  },
  { policy: { retryErrors: true } },
);

/** A value after a while, unless its master does not want it any more. */
export const late = defineAlgorithm('late', async <T>(ms: number, value: T) => {
  await sleep(ms, undefined, { signal: taskContext().signal });
  return value;
});

export const fib = defineAlgorithm('fib', (n: number): number => (n < 2 ? n : fib(n - 1) + fib(n - 2)));
/** The value that a broadcast has left on a slave. */
const kept = slaveLocal<unknown>();

export const keep = defineAlgorithm('keep', (value: unknown) => {
  kept.value = value;
});

/** The value that the broadcast of a setter has left on its slave. */
export const whatIsKept = defineAlgorithm('whatIsKept', () => kept.value);

/** Calls the function that its slave keeps. */
export const callKept = defineAlgorithm('callKept', (...args: number[]) =>
  (kept.value as (...args: number[]) => unknown)(...args),
);

export const add2 = defineAlgorithm('add2', ({ x, y }: { readonly x: number; readonly y: number }) => x + y);
export const check = defineAlgorithm('check', (...args: readonly unknown[]) => args);
export const hello = defineAlgorithm(
  'hello',
  ({ world }: { readonly world: { readonly name: string } }) => world.name,
);
export const unreadable = defineAlgorithm('unreadable', (): unknown => ({ symbol: Symbol('abc') }));

/** The product of two matrices of two rows, modulo 1,009: associative, and not commutative. */
export const times = defineAlgorithm(
  'times',
  (a: readonly number[], b: readonly number[]): readonly number[] => {
    const [a0 = 0, a1 = 0, a2 = 0, a3 = 0] = a;
    const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = b;
    const product = [a0 * b0 + a1 * b2, a0 * b1 + a1 * b3, a2 * b0 + a3 * b2, a2 * b1 + a3 * b3];
    return product.map((element) => element % 1_009);
  },
);

interface Run {
  readonly resolve: (answer: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

/** The runs of `held` and `isHeld`, which wait for the test: slaves of these tests are in its process. */
class Gates {
  readonly begun: number[] = [];
  readonly #waiting = new Map<number, Run>();

  /** The run for `n` ends with this answer, as soon as it has begun. */
  async open(n: number, answer = true): Promise<void> {
    (await this.#take(n)).resolve(answer);
  }

  /** The least numbers from `first` on whose runs wait, as soon as there are as many. */
  async waiting(first: number, count: number): Promise<number[]> {
    const known = (): number[] => [...this.#waiting.keys()].filter((n) => n >= first).sort((a, b) => a - b);
    await until(`${count} runs from ${first} on have begun`, () => known().length >= count);
    return known().slice(0, count);
  }

  /** It throws instead. */
  async fail(n: number, error: Error): Promise<void> {
    (await this.#take(n)).reject(error);
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  hold(n: number): Promise<boolean> {
    this.begun.push(n);
    const { signal } = taskContext();
    return new Promise((resolve, reject) => {
      this.#waiting.set(n, { resolve, reject });
      signal.addEventListener('abort', () => {
        this.#waiting.delete(n);
        reject(signal.reason);
      });
    });
  }

  async #take(n: number): Promise<Run> {
    await until(`the run of ${n} has begun`, () => this.#waiting.has(n));
    const run = this.#waiting.get(n) as Run;
    this.#waiting.delete(n);
    return run;
  }
}

export const gates = new Gates();

/** Returns its number when its gate is opened. */
export const held = defineAlgorithm('held', async (n: number) => {
  await gates.hold(n);
  return n;
});

/** Returns the answer with which its gate is opened. */
export const isHeld = defineAlgorithm('isHeld', (n: number) => gates.hold(n));

interface Aged {
  readonly age: number;
}

export const ageOf = defineAlgorithm('ageOf', (person: Aged) => person.age);
export const byAge = defineAlgorithm('byAge', (a: Aged, b: Aged) => a.age - b.age);
export const bySecond = defineAlgorithm(
  'bySecond',
  (a: readonly [string, number], b: readonly [string, number]) => a[1] - b[1],
);
export const lateCompare = defineAlgorithm('lateCompare', async (a: number, b: number) => a - b);
