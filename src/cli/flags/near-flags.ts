/** Finds mistyped flags: an argument that is not one of our flags, but nearly one. */

import type { FlagRow } from './flag-row.js';
import { FLAG_ROWS } from './flag-table.js';
import { ONLY_OF_REPORTS } from './split-arguments.js';

/** Their neighbours are words that programs use, such as `--process`, or they are ours only beside another flag. */
const NOT_MEANT: ReadonlySet<FlagRow['key']> = new Set([
  ...ONLY_OF_REPORTS,
  'metrics',
  'progress',
  'servers',
  'dashboard',
]);

const TARGETS = FLAG_ROWS.filter(({ key }) => !NOT_MEANT.has(key)).map((row) => ({
  row,
  word: row.name.slice(2),
}));

/** From this length on two letters may be wrong; in shorter words that makes another word. */
const LONG = 8;
/** Up to this length a word that lacks a letter is another word, such as `--save`. */
const SHORT = 5;
/** Up to this length only two swapped letters are a mistake: `--rep` and `--repo` are words of programs. */
const VERY_SHORT = 4;
/** Limit of the length: people type no longer flags. */
const MOST = 8;

/**
 * One sentence for each such argument. It may still be a flag of the program, so it is not an error. `args`
 * are the arguments before `--` that are not ours.
 */
export function nearFlags(args: readonly string[]): string[] {
  const told = new Map<string, string>();
  for (const [at, argument] of args.entries()) {
    const typed = argument.split('=', 1)[0] ?? '';
    if (told.has(typed) || told.size >= MOST) continue;
    const hasValue = argument !== typed || /^[^-]/.test(args[at + 1] ?? '');
    const meant = nearestFlag(typed, hasValue);
    if (meant !== undefined) {
      told.set(typed, `${typed} is not a flag of ts-mw and goes to the program; did you mean ${meant.name}?`);
    }
  }
  return [...told.values()];
}

/** Undefined if none is near. Of several equally near flags, one that takes a value if this one seems to. */
export function nearestFlag(typed: string, hasValue: boolean): FlagRow | undefined {
  // A long dash comes from text that was typeset
  // Dashes as escapes: one character beyond Latin-1 makes V8 keep a whole bundle in two bytes for each
  const word = /^[-\u2013\u2014]{1,2}([A-Za-z][A-Za-z0-9_-]*)$/.exec(typed)?.[1];
  if (word === undefined || word.length < VERY_SHORT) return undefined;
  const plain = inKebabCase(word);
  let best: { readonly row: FlagRow; readonly cost: number } | undefined;
  for (const { row, word: target } of TARGETS) {
    if (word === target && typed.startsWith('--')) continue;
    const distance = plain === target ? 0 : distanceWithin(plain, target);
    if (distance === undefined) continue;
    // Distances first, then the value, then the length
    const cost =
      distance * 4 + (row.takesValue === hasValue ? 0 : 2) + (plain.length === target.length ? 0 : 1);
    if (best === undefined || cost < best.cost) best = { row, cost };
  }
  return best?.row;
}

/** `masterPort`, `master_port` and `MASTER-PORT` to `master-port`. */
function inKebabCase(word: string): string {
  return word
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

/** Undefined beyond the distance that counts as a mistake for a word of the target's length. */
function distanceWithin(word: string, target: string): number | undefined {
  const most = target.length < LONG ? 1 : 2;
  if (Math.abs(word.length - target.length) > most || !beginsAlike(word, target)) return undefined;
  if (target.length <= VERY_SHORT && !hasSameLetters(word, target)) return undefined;
  if (target.length <= SHORT && word.length < target.length && !target.startsWith(word)) return undefined;
  const distance = editDistance(word, target);
  return distance <= most ? distance : undefined;
}

/** People rarely mistype the first letter, and other words differ there. */
function beginsAlike(word: string, target: string): boolean {
  return word[0] === target[0] || (word[0] === target[1] && word[1] === target[0]);
}

function hasSameLetters(word: string, target: string): boolean {
  return [...word].sort().join('') === [...target].sort().join('');
}

/**
 * The Damerau-Levenshtein distance of strings in which no part is changed twice: letters lost, added, wrong,
 * swapped.
 */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min(
        (above[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (above[j - 1] as number) + (isSame ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] as number) + 1);
      }
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length] as number;
}
