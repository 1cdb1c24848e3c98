/** Finds the documents of the repository, their programs and their generated tables. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Paths from the root: those that lie there, everything in docs and the chapters of the manual. */
export function documentPaths(): string[] {
  const documents = ['docs', 'docs/manual'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
  return ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...documents];
}

export const readDocument = (path: string): string => readFileSync(join(root, path), 'utf8');

export interface CodeBlock {
  readonly language: string;
  readonly line: number;
  readonly code: string;
}

export function codeBlocks(text: string): CodeBlock[] {
  return Array.from(
    text.matchAll(/^```([a-z]*)\n(.*?)^```$/gms),
    ({ 1: language = '', 2: code = '', index }) => ({
      language,
      line: text.slice(0, index).split('\n').length,
      code,
    }),
  );
}

/** The text between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function section(text: string, name: string): string {
  const found = new RegExp(`<!-- ${name} -->\n(.*?)<!-- /${name} -->`, 's').exec(text);
  if (found === null) throw new Error(`there is no section ${name}`);
  return (found[1] ?? '').trim();
}
