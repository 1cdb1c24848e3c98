/** Damages an input as wires, disks and strangers do: bits, numbers, words, cuts, repetitions, grafts. */
import type { Random } from '../wire/values/random-value.js';

export interface Mutation {
  /** Pieces that are put in, and into the place of words. */
  readonly dictionary: readonly string[];
  readonly mostBytes: number;
}

const NUMBERS = [
  ...['0', '1', '-1', '00', '2147483648', '4294967294', '4294967295', '4294967296', '9007199254740991'],
  ...['9007199254740993', '9999999999999999', '1e308', '1e999', '-0', '0.5', '999999999', 'NaN'],
];
const DOUBLES = [0, -0, 1, -1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308, Infinity, NaN, 0.5];
const WORDS = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000, 65, 66, 67];
const BYTES = [0, 9, 10, 13, 32, 34, 44, 45, 46, 48, 91, 92, 93, 123, 125, 126, 127, 128, 192, 237, 255];

type Step = (input: Buffer, random: Random, other: Buffer, mutation: Mutation) => Buffer;

const STEPS: readonly Step[] = [
  (input, random) => overwrite(input, random, Buffer.of(1 << random.below(8)), true),
  (input, random) => overwrite(input, random, Buffer.of(random.pick(BYTES))),
  (input, random) => insert(input, random, Buffer.of(random.pick(BYTES))),
  (input, random) => insert(input, random, Buffer.from(random.pick(NUMBERS))),
  (input, random, _, { dictionary }) => insert(input, random, wordOf(dictionary, random)),
  (input, random, _, { dictionary }) => replaceWord(input, random, wordOf(dictionary, random)),
  (input, random, _, { dictionary }) => replaceWord(input, random, wordOf(dictionary, random)),
  (input, random) => replaceWord(input, random, Buffer.from(random.pick(NUMBERS))),
  (input, random) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(random.pick(DOUBLES));
    return overwrite(input, random, bytes);
  },
  (input, random) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(random.pick(WORDS));
    return overwrite(input, random, bytes);
  },
  (input, random) => {
    const [from, to] = rangeOf(input, random);
    return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
  },
  (input, random) => input.subarray(0, random.below(input.length + 1)),
  (input, random) => {
    const [from, to] = rangeOf(input, random);
    const piece = input.subarray(from, to);
    const times = random.below(8) === 0 ? random.below(2_000) : random.below(4);
    return Buffer.concat([input.subarray(0, to), ...Array<Buffer>(times).fill(piece), input.subarray(to)]);
  },
  (input, random, other) => {
    const [from, to] = rangeOf(other, random);
    return insert(input, random, other.subarray(from, to));
  },
  (input, random, other) =>
    Buffer.concat([
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]),
];

/** A copy of `input` with one to five things done to it. */
export function mutate(input: Buffer, random: Random, other: Buffer, mutation: Mutation): Buffer {
  let mutated: Buffer = Buffer.from(input);
  for (let left = 1 + random.below(5); left > 0; left--) {
    mutated = random.pick(STEPS)(mutated, random, other, mutation).subarray(0, mutation.mostBytes);
  }
  return Buffer.from(mutated);
}

/** Mostly short, as what is taken out or repeated is mostly one field. */
function rangeOf(input: Buffer, random: Random): [from: number, to: number] {
  const from = random.below(input.length + 1);
  const most = random.below(2) === 0 ? 16 : input.length - from;
  return [from, Math.min(input.length, from + random.below(most + 1))];
}

function wordOf(dictionary: readonly string[], random: Random): Buffer {
  return Buffer.from(dictionary.length === 0 ? '' : random.pick(dictionary), 'latin1');
}

function insert(input: Buffer, random: Random, piece: Buffer): Buffer {
  const at = random.below(input.length + 1);
  return Buffer.concat([input.subarray(0, at), piece, input.subarray(at)]);
}

function overwrite(input: Buffer, random: Random, piece: Buffer, flip = false): Buffer {
  if (input.length < piece.length) return input;
  const at = random.below(input.length - piece.length + 1);
  for (const [index, byte] of piece.entries()) {
    input[at + index] = flip ? (input[at + index] as number) ^ byte : byte;
  }
  return input;
}

/** Puts a piece into the place of a word or a quoted text, so that the whole often keeps its form. */
function replaceWord(input: Buffer, random: Random, piece: Buffer): Buffer {
  const start = random.below(input.length + 1);
  const text = input.toString('latin1', start, start + 4_096);
  const found = /"(?:[^"\\]|\\.){0,200}"|[\w.~-]+/.exec(text);
  if (found === null) return insert(input, random, piece);
  const from = start + found.index;
  return Buffer.concat([input.subarray(0, from), piece, input.subarray(from + found[0].length)]);
}
