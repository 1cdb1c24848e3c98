/**
 * Factors a number by three strategies at once. Each is good at some numbers and hopeless at others; the first that finds
 * a factor wins, and the tasks of the others are cancelled.
 *
 *     node dist/examples/first-wins.js --master --slaves 2 --number 1000000016000000063
 *
 * A strategy is a row of tasks of some milliseconds each, so that three of them share any number of slaves.
 */
import { defineAlgorithm, defineMaster, firstWins, initialize } from 'ts-mw';
import { type Option, readOptions } from './read-options.js';

interface Found {
  readonly factor: bigint;
  readonly strategy: string;
}

const STEPS = 50_000n;

/** Divides by numbers from `from` on: finds small factors. The number itself if it has none. */
const divide = defineAlgorithm('divide', (n: bigint, from: bigint): bigint | undefined => {
  for (let d = from; d < from + STEPS; d++) {
    if (d * d > n) return n;
    if (n % d === 0n) return d;
  }
  return undefined;
});

/** Looks for squares that differ by the number (Fermat): finds factors that are close to each other. */
const differ = defineAlgorithm('differ', (n: bigint, from: bigint): bigint | undefined => {
  for (let a = from; a < from + STEPS; a++) {
    const difference = a * a - n;
    const b = squareRoot(difference);
    if (b * b === difference) return a - b;
  }
  return undefined;
});

/** Walks at random until two places are equal modulo a factor (Pollard): finds factors of middle size. */
const walk = defineAlgorithm('walk', (n: bigint, seed: bigint, slow: bigint, fast: bigint) => {
  for (let step = 0n; step < STEPS / 50n; step++) {
    slow = (slow * slow + seed) % n;
    fast = (fast * fast + seed) % n;
    fast = (fast * fast + seed) % n;
    const factor = commonDivisor(slow > fast ? slow - fast : fast - slow, n);
    if (factor > 1n) return { factor, slow, fast };
  }
  return { factor: undefined, slow, fast };
});

async function byDivision(n: bigint): Promise<Found> {
  for (let from = 2n; ; from += STEPS) {
    const factor = await divide.future(n, from);
    if (factor !== undefined) return { factor, strategy: 'division' };
  }
}

async function byDifference(n: bigint): Promise<Found> {
  // A strategy that cannot be used fails, and does not win
  if (n % 2n === 0n) throw new RangeError('even numbers are not differences of squares');
  const root = squareRoot(n);
  for (let from = root * root === n ? root : root + 1n; ; from += STEPS) {
    const factor = await differ.future(n, from);
    if (factor !== undefined) return { factor, strategy: 'difference of squares' };
  }
}

async function byWalk(n: bigint): Promise<Found> {
  for (let seed = 1n; ; seed++) {
    for (let at = { slow: 2n, fast: 2n }; ; ) {
      const { factor, slow, fast } = await walk.future(n, seed, at.slow, at.fast);
      if (factor === n) break;
      if (factor !== undefined) return { factor, strategy: 'random walk' };
      at = { slow, fast };
    }
  }
}

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Factors a number by three strategies', {
    number: largeNumber('1000000016000000063', 'The number'),
  });
  if (options === undefined) return 0;
  const { number } = options;
  const { factor, strategy } = await firstWins({
    division: () => byDivision(number),
    difference: () => byDifference(number),
    walk: () => byWalk(number),
  });
  if (factor === 1n || factor === number) console.log(`${number} is prime, says ${strategy}`);
  else console.log(`${number} = ${factor} * ${number / factor}, found by ${strategy}`);
  console.log(`${master.pendingTasks} tasks are left`);
  return 0;
});

await initialize();

function squareRoot(n: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(n))));
  while (root * root > n) root--;
  while ((root + 1n) * (root + 1n) <= n) root++;
  return root;
}

function commonDivisor(a: bigint, b: bigint): bigint {
  while (b > 0n) [a, b] = [b, a % b];
  return a;
}

function largeNumber(byDefault: string, describe: string): Option<bigint> {
  return {
    describe,
    byDefault,
    expected: 'a whole number from 2, of at most 24 digits',
    parse: (text) => (/^\d{1,24}$/.test(text) && BigInt(text) >= 2n ? BigInt(text) : undefined),
  };
}
