/**
 * The one fuzzing loop of all targets: damages inputs, keeps those that show something new, holds each to
 * the same rules, and makes a small one of what broke them. The same seed goes the same way.
 *
 * Rules: a target throws on a fault only; an input takes no more than LIMIT_MS of processor time; nothing
 * is added to or changed in the built-in prototypes; memory does not grow with the number of inputs.
 */
import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Random } from '../wire/values/random-value.js';
import { mutate } from './mutate.js';

export interface FuzzTarget {
  readonly name: string;
  /** To begin from: valid inputs, and suspicious ones. */
  readonly seeds: () => readonly (Uint8Array | string)[];
  /** Pieces that mean something in such an input. */
  readonly dictionary: readonly string[];
  /**
   * Takes an input, which it may change. Throws what the documented door would not throw. The text that it
   * returns names the way that the input went, roughly: a new way is worth keeping.
   */
  readonly run: (input: Buffer) => string | Promise<string>;
  /** Makes an input from nothing, where damaged ones come too seldom to the point. */
  readonly generate?: (random: Random) => Uint8Array;
  readonly mostBytes?: number;
  readonly close?: () => void;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Bytes by which memory may grow from the first quarter of the time to its end. */
  readonly mostGrowth?: number | undefined;
  /** Told of each input before it is run: what hangs has no other trace. */
  readonly onInput?: ((input: Buffer) => void) | undefined;
  /** Whether code ran for the first time since it was asked last; asked once a batch. */
  readonly reachedNew?: (() => boolean) | undefined;
}

export interface FuzzFailure {
  /** Undefined if it is the fault of no single one. */
  readonly input: Buffer | undefined;
  readonly error: unknown;
}

export interface FuzzOutcome {
  readonly inputs: number;
  readonly seconds: number;
  /** Inputs that were kept, as each went another way. */
  readonly ways: number;
  readonly slowestMs: number;
  readonly heapGrowth: number;
  readonly failure: FuzzFailure | undefined;
}

/** Processor time that one input may take; targets bound their inputs to some kilobytes. */
export const LIMIT_MS = 1_000;
const MOST_POOLED = 400;
const MOST_WAYS = 4_000;
const MOST_BYTES = 16 * 1024;
const BATCH = 64;
const MOST_GROWTH = 24 * 1024 * 1024;
const MINIMISE_MS = 5_000;

export class FuzzError extends Error {}

const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzOutcome> {
  const random = new Random(options.seed);
  const seeds = target.seeds().map((seed) => Buffer.from(seed as Uint8Array));
  const pool: Buffer[] = [...seeds];
  const ways = new Set<string>();
  const mutation = { dictionary: target.dictionary, mostBytes: target.mostBytes ?? MOST_BYTES };
  const pristine = takePrototypes();
  const begun = performance.now();
  let inputs = 0;
  let slowestMs = 0;
  let warmBytes: number | undefined;
  let failure: FuzzFailure | undefined;
  let batch: Buffer[] = [];
  const elapsed = (): number => (performance.now() - begun) / 1_000;
  const draw = (): Buffer => {
    if (inputs < seeds.length) return Buffer.from(seeds[inputs] as Buffer);
    if (target.generate !== undefined && random.below(5) === 0) return Buffer.from(target.generate(random));
    return mutate(random.pick(pool), random, random.pick(pool), mutation);
  };
  const pooled = (input: Buffer): void => {
    if (pool.length < MOST_POOLED) pool.push(input);
    else pool[seeds.length + random.below(MOST_POOLED - seeds.length)] = input;
  };

  while (failure === undefined && (elapsed() < options.seconds || inputs < seeds.length)) {
    const input = draw();
    options.onInput?.(input);
    const from = performance.now();
    try {
      const way = digestOf(await runChecked(target, Buffer.from(input), pristine));
      if (ways.size < MOST_WAYS && !ways.has(way)) {
        ways.add(way);
        pooled(input);
      }
    } catch (error) {
      failure = { input, error };
    }
    slowestMs = Math.max(slowestMs, performance.now() - from);
    inputs++;
    batch.push(input);
    if (inputs % BATCH === 0) {
      if (options.reachedNew?.()) for (const one of batch) pooled(one);
      batch = [];
    }
    if (warmBytes === undefined && elapsed() > options.seconds / 4) warmBytes = await memory();
  }
  const heapGrowth = failure === undefined && warmBytes !== undefined ? (await memory()) - warmBytes : 0;
  if (failure === undefined && heapGrowth > (options.mostGrowth ?? MOST_GROWTH)) {
    const error = new FuzzError(`memory grew by ${heapGrowth} bytes over ${inputs} inputs`);
    failure = { input: undefined, error };
  }
  if (failure !== undefined) failure = await minimise(target, failure, pristine);
  return { inputs, seconds: elapsed(), ways: ways.size, slowestMs, heapGrowth, failure };
}

/** Runs one input under all rules but that of memory. */
export async function runOnce(target: FuzzTarget, input: Uint8Array): Promise<void> {
  await runChecked(target, Buffer.from(input), takePrototypes());
}

async function runChecked(target: FuzzTarget, input: Buffer, pristine: Prototypes): Promise<string> {
  const from = performance.now();
  const cpu = process.cpuUsage();
  const given = target.run(input);
  const way = typeof given === 'string' ? given : await given;
  if (performance.now() - from > LIMIT_MS) {
    const { user, system } = process.cpuUsage(cpu);
    const ms = (user + system) / 1_000;
    if (ms > LIMIT_MS) throw new FuzzError(`an input took ${Math.round(ms)} ms of processor time`);
  }
  const changed = changedPrototype(pristine);
  if (changed !== undefined) throw new FuzzError(`${changed} was changed`);
  return way;
}

/** Of the way of an input, which may be long: thousands are remembered. */
function digestOf(way: string): string {
  return createHash('sha1').update(way).digest('base64');
}

type Prototypes = readonly (readonly [name: string, prototype: object, keys: number, values: unknown[]])[];

const PROTOTYPES: Readonly<Record<string, object>> = {
  'Object.prototype': Object.prototype,
  'Array.prototype': Array.prototype,
  'Function.prototype': Function.prototype,
  'Map.prototype': Map.prototype,
  'Error.prototype': Error.prototype,
  'Object.prototype.toString': Object.prototype.toString,
};

function takePrototypes(): Prototypes {
  return Object.entries(PROTOTYPES).map(([name, prototype]) => {
    const keys = Reflect.ownKeys(prototype);
    return [name, prototype, keys.length, keys.map((key) => slotOf(prototype, key))];
  });
}

/** Names what was changed, and removes what was added, so that later inputs are judged by themselves. */
function changedPrototype(pristine: Prototypes): string | undefined {
  for (const [name, prototype, count, values] of pristine) {
    const keys = Reflect.ownKeys(prototype);
    if (keys.length !== count) {
      for (const key of keys.slice(count)) Reflect.deleteProperty(prototype, key);
      return name;
    }
    if (keys.some((key, index) => slotOf(prototype, key) !== values[index])) return name;
  }
  return undefined;
}

function slotOf(holder: object, key: PropertyKey): unknown {
  const property = Object.getOwnPropertyDescriptor(holder, key);
  return property?.value ?? property?.get;
}

/** Buffers go a turn after the objects that held them. */
async function memory(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Leaves out what the fault does not need, first halves, then less and less. */
async function minimise(
  target: FuzzTarget,
  failure: FuzzFailure,
  pristine: Prototypes,
): Promise<FuzzFailure> {
  const kind = kindOf(failure.error);
  const deadline = performance.now() + MINIMISE_MS;
  let { input, error } = failure;
  if (input === undefined) return failure;
  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < input.length && performance.now() < deadline; ) {
      const shorter = Buffer.concat([input.subarray(0, at), input.subarray(at + size)]);
      const caught = await faultOf(target, shorter, pristine);
      if (caught !== undefined && kindOf(caught.error) === kind) {
        input = shorter;
        error = caught.error;
      } else at += size;
    }
  }
  return { input, error };
}

async function faultOf(
  target: FuzzTarget,
  input: Buffer,
  pristine: Prototypes,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await runChecked(target, Buffer.from(input), pristine);
    return undefined;
  } catch (error) {
    return { error };
  }
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name} ${error.message.split('\n', 1)[0]?.replace(/[\d.]+|"[^"]*"/g, '#')}`;
}

/** How an error reads as the way of an input: its words without what is of the input itself. */
export function wayOf(error: unknown): string {
  return kindOf(error).slice(0, 120);
}
