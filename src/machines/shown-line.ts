/**
 * Makes a line of another process fit to stand in a terminal: colours stay, and end with the line. Other control
 * characters, which could move the cursor or ask the terminal for something, are shown as text.
 */

/** `ESC [ 1 ; 31 m`: colours and weights, by number. */
const STYLE = '\\u001b\\[[0-9;:]*m';
const HAS_CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const STYLES_OR_CONTROLS = new RegExp(`${STYLE}|[\\p{Cc}\\p{Zl}\\p{Zp}]`, 'gu');
const STYLES = new RegExp(STYLE, 'g');
const PLAIN = '\u001b[0m';

export function shownLine(line: string): string {
  if (!HAS_CONTROLS.test(line)) return line;
  let isStyled = false;
  const shown = afterReturns(line).replace(STYLES_OR_CONTROLS, (match) => {
    if (match === '\t') return match;
    if (match.length > 1) {
      isStyled = true;
      return match;
    }
    return `\\u${match.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return isStyled ? `${shown}${PLAIN}` : shown;
}

/** The same for where there are no colours. */
export function withoutStyles(shown: string): string {
  return shown.includes('\u001b') ? shown.replace(STYLES, '') : shown;
}

/** Of a bar that is drawn again and again in one line, the state in which it was left. */
function afterReturns(line: string): string {
  const whole = line.replace(/\r+$/, '');
  return whole.slice(whole.lastIndexOf('\r') + 1);
}
