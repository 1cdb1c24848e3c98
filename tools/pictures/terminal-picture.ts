/** Draws the lines of a terminal as an SVG picture, in a window with its own dark background. */
import type { Span, Style } from './terminal-screen.js';

const COLUMN = 8.4;
const ROW = 19;
const FONT_SIZE = 14;
const MARGIN = 16;
const TITLE_BAR = 32;

/** A dark terminal's colours, by their SGR numbers; bright ones are drawn as the others. */
const COLOURS = ['#6e7681', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#e6edf3'];
const TEXT = '#e6edf3';
const DIM = '#9198a1';

export interface TerminalPicture {
  readonly lines: readonly (readonly Span[])[];
  /** Width of the window. */
  readonly columns: number;
  /** Stands in the window's bar. */
  readonly title: string;
  /** For screen readers. */
  readonly description: string;
}

/** Each span has its place and its length, so that columns stay columns in any monospaced font. */
export function terminalPicture({ lines, columns, title, description }: TerminalPicture): string {
  const width = Math.ceil(2 * MARGIN + columns * COLUMN);
  const height = TITLE_BAR + 2 * MARGIN + lines.length * ROW - (ROW - FONT_SIZE);
  const texts = lines.flatMap((spans, row) =>
    spans.map((span) => spanText(span, TITLE_BAR + MARGIN + FONT_SIZE - 2 + row * ROW)),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">
<title id="title">${escaped(title)}</title>
<desc id="description">${escaped(description)}</desc>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#0d1117" stroke="#57606a"/>
<path d="M1 ${TITLE_BAR}H${width - 1}" stroke="#30363d"/>
<circle cx="18" cy="16" r="5" fill="#ff5f57"/><circle cx="36" cy="16" r="5" fill="#febc2e"/><circle cx="54" cy="16" r="5" fill="#28c840"/>
<text x="${width / 2}" y="21" text-anchor="middle" font-family="system-ui, sans-serif" font-size="13" fill="${DIM}">${escaped(title)}</text>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}">
${texts.join('\n')}
</g>
</svg>
`;
}

function spanText({ column, text, style }: Span, y: number): string {
  const length = Array.from(text).length;
  const place = `x="${places(MARGIN + column * COLUMN)}" y="${y}" textLength="${places(length * COLUMN)}"`;
  const weight = style.bold === true ? ' font-weight="bold"' : '';
  return `<text ${place} lengthAdjust="spacingAndGlyphs" fill="${fillOf(style)}"${weight}>${escaped(kept(text))}</text>`;
}

function fillOf({ colour, dim }: Style): string {
  if (colour === undefined) return dim === true ? DIM : TEXT;
  return COLOURS[colour % 10] ?? TEXT;
}

/** Of plain blanks, viewers draw one in a row and none at the beginning. */
const kept = (text: string): string => text.replaceAll(' ', '\u00a0');

/** 8.4 times a number has digits that nobody sees. */
const places = (value: number): string => String(Number(value.toFixed(2)));

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
