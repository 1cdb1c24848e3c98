/** Of what a failed test file printed, the failures: its programs print far more than those. */
import { stripVTControlCharacters } from 'node:util';

/** A failed test's beginning, as uvu writes it. */
const FAILURE = /^ {3}FAIL {2}/;
/** uvu's sum of a file. */
const SUM = /^ {2}Total: /;
/** Of the lines before the failures. */
const MOST_LINES_BEFORE = 200;
const MOST_LINES_OF_ONE = 12;

/** The failures with all that follows, and after them what came before. Long outputs are often read only at one end. */
export function failuresFirst(output: string): string {
  const lines = linesOf(output);
  const from = lines.findIndex((line) => FAILURE.test(line));
  if (from < 0) return lines.slice(-MOST_LINES_BEFORE).join('\n');
  const before = lines.slice(Math.max(0, from - MOST_LINES_BEFORE), from);
  return [...lines.slice(from), `--- the ${before.length} lines before that:`, ...before].join('\n');
}

/** The beginning of each failure, for the end of a run; the end of the output if it has none. */
export function failuresOf(output: string): string[] {
  const lines = linesOf(output);
  const found: string[][] = [];
  for (const line of lines) {
    if (SUM.test(line)) break;
    if (FAILURE.test(line)) found.push([line]);
    else found.at(-1)?.push(line);
  }
  if (found.length === 0) return lines.filter((line) => line.trim() !== '').slice(-MOST_LINES_OF_ONE);
  return found.flatMap((failure) => failure.filter((line) => line.trim() !== '').slice(0, MOST_LINES_OF_ONE));
}

function linesOf(output: string): string[] {
  return stripVTControlCharacters(output).split('\n');
}
