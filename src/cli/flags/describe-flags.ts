/** The text of `--help`, made from the table of flags; loaded only on demand. */

import { programName } from '../process/versions.js';
import { type FlagRow, shownFlag } from './flag-row.js';
import { FIRST_ROWS, FLAG_ROWS } from './flag-table.js';
import { layOut, wrap } from './text-columns.js';

const COLUMNS = 80;
const LEAST_COLUMNS = 48;
/** Longer lines are hard to read. */
const MOST_COLUMNS = 120;

export interface HelpParams {
  /** Path of the file that node runs. */
  readonly program: string;
  /** Width of the terminal; undefined without one. */
  readonly columns?: number | undefined;
  /** Every flag, not only those that people need first. */
  readonly all: boolean;
}

export function helpText({ program, columns, all }: HelpParams): string {
  const width = Math.min(MOST_COLUMNS, Math.max(LEAST_COLUMNS, columns || COLUMNS));
  const name = programName(program);
  const lines = [
    `${name} --master [flags] [--] [arguments]`,
    `${name} --slave [flags] [--] [arguments]`,
    ...(all ? allFlags(width) : firstFlags(width)),
    '',
    ...wrap(
      'Other arguments reach the algorithms in their order, and so does everything after --. ' +
        'Sizes: k, m and g are powers of 1024.',
      width,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function firstFlags(width: number): string[] {
  const others = FLAG_ROWS.length - FIRST_ROWS.length;
  return ['', ...layOut(FIRST_ROWS.map(meaningOf), width), '', `--help all shows ${others} more.`];
}

function allFlags(width: number): string[] {
  const groups = [...new Set(FLAG_ROWS.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const rows = FLAG_ROWS.filter((row) => row.group === group);
    return ['', group, ...layOut(rows.map(meaningOf), width)];
  });
}

function meaningOf(row: FlagRow): [name: string, meaning: string] {
  const { describe, byDefault } = row;
  const ending = byDefault === undefined ? '' : ` [default:\u00a0${byDefault.replaceAll(' ', '\u00a0')}]`;
  return [shownFlag(row), `${describe}${ending}`];
}
