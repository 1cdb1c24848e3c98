/**
 * Part of `npm run check`: looks for words that slow a reader down, in documents, in the comments and texts of the
 * source, and in the comments of tests, and says for each what to write instead. `plain-words.ts` has the list.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProseKind, WORD_RULES } from './plain-words.js';
import { proseOf } from './prose.js';

const root = join(fileURLToPath(import.meta.url), '../../..');

interface Place {
  /** A file, or a folder with everything in it. */
  readonly path: string;
  readonly kinds: readonly ProseKind[];
}

/** Everything that is checked. */
const PLACES: readonly Place[] = [
  { path: 'README.md', kinds: ['document'] },
  { path: 'CHANGELOG.md', kinds: ['document'] },
  { path: 'docs', kinds: ['document'] },
  { path: 'src', kinds: ['comment', 'text'] },
  { path: 'examples', kinds: ['comment', 'text'] },
  { path: 'bench', kinds: ['comment', 'text'] },
  { path: 'tools', kinds: ['comment'] },
  { path: 'tests', kinds: ['comment'] },
];

/** Files in these places that are not checked: lines of CL-MW, which other programs may read. */
const EXEMPT: readonly string[] = ['src/audit/format/text-templates.ts'];

export interface Finding {
  readonly line: number;
  readonly phrase: string;
  readonly instead: string;
}

const RULES = WORD_RULES.map(({ pattern, ...rule }) => ({
  ...rule,
  pattern: new RegExp(`(?<![\\w-])(?:${pattern.replaceAll(' ?', '\\s*').replaceAll(' ', '\\s+')})`, 'gi'),
}));

/** The phrases that a text of one kind should say otherwise, by line. */
export function findWords(kind: ProseKind, text: string): Finding[] {
  const prose = proseOf(kind, text);
  return RULES.filter(({ only }) => only?.includes(kind) ?? true)
    .flatMap(({ pattern, instead }) =>
      Array.from(prose.matchAll(pattern), (match) => ({
        line: text.slice(0, match.index).split('\n').length,
        phrase: phraseAt(text, match.index, match[0].length),
        instead,
      })),
    )
    .sort((a, b) => a.line - b.line);
}

/** The phrase with the words after it, as it is written. */
function phraseAt(text: string, index: number, length: number): string {
  const [after = ''] = /^(?:[^\S\n]+[\w'-]+){0,3}/.exec(text.slice(index + length)) ?? [];
  return (text.slice(index, index + length) + after).replace(/\s+(?:(?:\*|\/\/)\s+)?/g, ' ').trim();
}

function filesBelow(path: string): string[] {
  if (/\.\w+$/.test(path)) return [path];
  return readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(md|ts|js)$/.test(name) && !name.includes('node_modules/'))
    .sort()
    .map((name) => join(path, name));
}

function main(): void {
  const lines = PLACES.flatMap(({ path, kinds }) =>
    filesBelow(path)
      .filter((file) => !EXEMPT.includes(file))
      .flatMap((file) => {
        const text = readFileSync(join(root, file), 'utf8');
        return kinds
          .filter((kind) => (kind === 'document') === file.endsWith('.md'))
          .flatMap((kind) => findWords(kind, text))
          .map(({ line, phrase, instead }) => `${file}:${line}: "${phrase}": write ${instead}`);
      }),
  );
  for (const line of lines) console.error(line);
  if (lines.length > 0)
    console.error(`${lines.length} phrases to write otherwise; the list is tools/plain-words.ts`);
  process.exitCode = lines.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
