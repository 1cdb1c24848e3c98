/** A terminal's screen as far as programs that print lines need one: text, colours, line ends, wrapping. */

export interface Style {
  /** SGR number of the colour, 30 to 37 or 90 to 97; left out for the terminal's own. */
  readonly colour?: number;
  readonly bold?: boolean;
  readonly dim?: boolean;
}

/** Text of one style, from its first column on, counted from 0. */
export interface Span {
  readonly column: number;
  readonly text: string;
  readonly style: Style;
}

interface Cell {
  readonly character: string;
  readonly style: Style;
}

const ESC = '\u001b';
/** An escape sequence `ESC [ … letter`, another escape, a control character, or one character of text. */
const PIECES = new RegExp(`${ESC}\\[([0-9;?]*)([@-~])|${ESC}[^[]|(\\p{Cc})|(\\P{Cc})`, 'gu');

const TAB = 8;

/** The lines that a terminal of that many columns shows of what a program wrote, without empty ones at the end. */
export function screenLines(output: string, columns: number): Span[][] {
  const rows: Cell[][] = [[]];
  let row = 0;
  let column = 0;
  let style: Style = {};
  const rowAt = (index: number): Cell[] => {
    while (rows.length <= index) rows.push([]);
    return rows[index] as Cell[];
  };
  for (const [, parameters = '', command, control, character] of output.matchAll(PIECES)) {
    if (character !== undefined) {
      if (column === columns) {
        row++;
        column = 0;
      }
      const cells = rowAt(row);
      while (cells.length < column) cells.push({ character: ' ', style: {} });
      cells[column++] = { character, style };
    } else if (control === '\n') {
      rowAt(++row);
    } else if (control === '\r') {
      column = 0;
    } else if (control === '\b') {
      column = Math.max(0, column - 1);
    } else if (control === '\t') {
      column = Math.min(columns - 1, column + TAB - (column % TAB));
    } else if (command === 'm') {
      style = styleAfter(style, parameters);
    } else if (command === 'K' && (parameters === '' || parameters === '0')) {
      rowAt(row).length = Math.min(rowAt(row).length, column);
    }
  }
  const lines = rows.map(spansOf);
  while (lines.length > 0 && lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

/** Backgrounds and other settings that are not drawn are ignored. */
function styleAfter(before: Style, parameters: string): Style {
  let style = before;
  const codes = parameters.split(';').map(Number);
  for (let code = codes.shift(); code !== undefined; code = codes.shift()) {
    const { colour: _, ...plain } = style;
    if (code === 0) style = {};
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 2) style = { ...style, dim: true };
    else if (code === 22) style = { ...style, bold: false, dim: false };
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) style = { ...plain, colour: code };
    else if (code === 39) style = plain;
    // A colour of 256 or of 16 million takes the next numbers with it
    else if (code === 38 || code === 48) codes.splice(0, codes[0] === 5 ? 2 : 4);
  }
  return style;
}

/** Runs of equal style; blanks at the end of a line are not drawn. */
function spansOf(cells: readonly Cell[]): Span[] {
  const spans: Span[] = [];
  const end = cells.findLastIndex(({ character }) => character !== ' ') + 1;
  for (let column = 0; column < end; ) {
    const { style } = cells[column] as Cell;
    const start = column;
    let text = '';
    for (; column < end && cells[column]?.style === style; column++) text += cells[column]?.character;
    spans.push({ column: start, text, style });
  }
  return spans;
}
