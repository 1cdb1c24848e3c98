/** Arranges names and their meanings side by side within a width, or one below the other if it is small. */

const INDENT = 2;
const GAP = 2;
/** The names' column; a longer one has a line of its own. */
const MOST_NAME = 26;
/** A narrower column is hard to read: then meanings are below names. */
const LEAST_MEANING = 40;
const INDENT_BELOW = 6;

/** Words of a meaning are separated at spaces; a no-break space keeps two together. */
export function layOut(rows: readonly (readonly [name: string, meaning: string])[], width: number): string[] {
  const column = INDENT + Math.min(MOST_NAME, Math.max(...rows.map(([name]) => name.length))) + GAP;
  const isNarrow = width - column < LEAST_MEANING;
  const at = isNarrow ? INDENT_BELOW : column;
  return rows.flatMap(([name, meaning]) => {
    const lines = wrap(meaning, width - at).map((line) => ' '.repeat(at) + line);
    const head = ' '.repeat(INDENT) + name;
    if (isNarrow || head.length + GAP > column) return [head, ...lines];
    return [head.padEnd(column) + (lines[0] ?? '').slice(column), ...lines.slice(1)];
  });
}

/** A word longer than the width has its own line and exceeds it. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => one.replaceAll('\u00a0', ' '));
}
