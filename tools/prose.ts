/**
 * Finds the prose of a file. Each function returns a text of the file's length in which all else is blank or
 * `BREAK`, so that a place in it is a place in the file.
 */

import { BREAK, type ProseKind } from './plain-words.js';

export function proseOf(kind: ProseKind, text: string): string {
  return kind === 'document' ? proseOfMarkdown(text) : proseOfSource(kind, text);
}

const blanked = (text: string, mark: string): string => text.replace(/\S/g, mark);

/** Before an item of a list. */
const ITEM_MARK = /^\s*(?:[-*]|\d+\.) /gm;

/** Without code blocks and the targets of links. Code inside a sentence stands in it as one word. */
function proseOfMarkdown(text: string): string {
  return text
    .replace(/^(```|~~~).*?^\1$/gms, (code) => blanked(code, BREAK))
    .replace(/^ {4}.*$/gm, (code) => blanked(code, BREAK))
    .replace(/<!--.*?-->/gs, (comment) => blanked(comment, BREAK))
    .replace(/`[^`]+`/g, (code) => 'X'.repeat(code.length))
    .replace(/\]\([^)]*\)/g, (target) => ' '.repeat(target.length))
    .replace(ITEM_MARK, (mark) => blanked(mark, BREAK))
    .replace(/\n(?=\n)/g, BREAK)
    .replace(/[[*]/g, ' ')
    .replaceAll('|', BREAK);
}

/** After these a slash begins a regular expression and divides nothing. */
const BEFORE_PATTERN =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|yield|await))$/;

/** The comments of a TypeScript file, or its string literals; one beside the other is one text. */
function proseOfSource(kind: 'comment' | 'text', text: string): string {
  let prose = '';
  let at = 0;
  /** For each template that is open in an expression of its own: the braces that are open in it. */
  const open: number[] = [];

  const take = (end: number, as: ProseKind | 'code'): void => {
    const part = text.slice(at, end);
    if (as !== kind) prose += as === 'comment' ? blanked(part, ' ') : blanked(part, BREAK);
    else if (as === 'comment') prose += undecorated(part);
    else prose += part.replace(/\\[^u]/g, '  ');
    at = end;
  };
  /** Up to the end of a template's text, or the expression in it. */
  const takeTemplate = (): void => {
    const end = text.slice(at).search(/(?<!\\)(?:\\\\)*(?:`|\$\{)/);
    const mark = /`|\$\{/.exec(text.slice(at + Math.max(end, 0)));
    if (end < 0 || mark === null) {
      take(text.length, 'code');
      return;
    }
    const stop = at + end + mark.index;
    take(stop, 'text');
    take(stop + mark[0].length, 'code');
    if (mark[0] === '${') open.push(0);
  };

  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const char = rest[0] ?? '';
    if (rest === '//') take(endOf(text, '\n', at), 'comment');
    else if (rest === '/*') take(endOf(text, '*/', at) + 2, 'comment');
    else if (char === "'" || char === '"') {
      take(at + 1, 'code');
      const literal = new RegExp(`(?:[^\\\\${char}\\n]|\\\\[^])*`, 'y');
      literal.lastIndex = at;
      take(at + (literal.exec(text)?.[0].length ?? 0), 'text');
      take(at + 1, 'code');
    } else if (char === '`') {
      take(at + 1, 'code');
      takeTemplate();
    } else if (char === '/' && BEFORE_PATTERN.test(text.slice(Math.max(at - 80, 0), at).trimEnd())) {
      const pattern = /\/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y;
      pattern.lastIndex = at;
      take(at + (pattern.exec(text)?.[0].length ?? 1), 'code');
    } else {
      const depth = open.at(-1);
      if (depth !== undefined && char === '{') open[open.length - 1] = depth + 1;
      if (depth !== undefined && char === '}') open[open.length - 1] = depth - 1;
      take(at + 1, 'code');
      if (depth === 0 && char === '}') {
        open.pop();
        takeTemplate();
      }
    }
  }
  return prose;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}

/** A comment without its slashes and stars. A line comment goes on in the next one. */
function undecorated(comment: string): string {
  if (comment.startsWith('//')) return `  ${codeAsWords(comment.slice(2))}`;
  const [, start = '', body = ''] = /^(\/\*+)(.*)$/s.exec(comment) ?? [];
  const lines = body.replace(/\*\/$/, BREAK.repeat(2)).replace(/^(\s*)\*/gm, '$1 ');
  return (
    blanked(start, BREAK) +
    codeAsWords(lines)
      .replace(ITEM_MARK, (mark) => blanked(mark, BREAK))
      .replace(/\n(?=[ \t]*\n)/g, BREAK)
  );
}

const codeAsWords = (text: string): string => text.replace(/`[^`]+`/g, (code) => 'X'.repeat(code.length));
