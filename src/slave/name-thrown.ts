/** Describes any exception in one line of limited length: for audit trails and the histories of tasks. */

import { MOST_EVIDENCE } from '../wire/messages/messages.js';

export function nameThrown(thrown: unknown): string {
  let text: string;
  try {
    text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    text = 'a value that has no text';
  }
  const [line = ''] = text.trimStart().split(/[\r\n]/, 1);
  return line.slice(0, MOST_EVIDENCE);
}
