/** Describes any exception in one line of limited length: for audit trails and the histories of tasks. */

import { cutAlike } from '../audit/format/cut-alike.js';

/** Few enough that the words before it, and longer numbers, fit into a message's evidence. */
const MOST_CHARACTERS = 150;
const LONGEST = 170;

export function nameThrown(thrown: unknown): string {
  let text: string;
  try {
    text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    text = 'a value that has no text';
  }
  const [line = ''] = text.trimStart().split(/[\r\n]/, 1);
  return cutAlike(line, MOST_CHARACTERS, LONGEST);
}
