/** The compiled files that are mutated, room by room, and where in the source a place of theirs is. */
import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join } from 'node:path';
import { generator } from '../support/random.js';
import { type Mutant, mutantsOf } from './operators.js';

const LAYERS: readonly string[] = ['master', 'slave', 'wire', 'link', 'broker'];

export interface SourceFile {
  /** Below dist/src, such as `wire/session/credit.js`. */
  readonly name: string;
  /** Its folder. */
  readonly room: string;
  readonly code: string;
}

export interface PlacedMutant extends Mutant {
  readonly file: SourceFile;
}

export function sourceFiles(dist: string): readonly SourceFile[] {
  return LAYERS.flatMap((layer) =>
    (readdirSync(join(dist, 'src', layer), { recursive: true }) as string[])
      .filter((name) => name.endsWith('.js'))
      .sort()
      .map((below) => {
        const name = `${layer}/${below}`;
        return { name, room: dirname(name), code: readFileSync(join(dist, 'src', name), 'utf8') };
      }),
  );
}

/** A sample of the mutants of these files, or all if there are fewer; the same for the same seed. */
export function sampleMutants(
  files: readonly SourceFile[],
  count: number,
  seed: number,
): readonly PlacedMutant[] {
  const random = generator(seed);
  const all = files.flatMap((file) => mutantsOf(file.code).map((mutant) => ({ ...mutant, file })));
  const drawn = all.map((mutant) => ({ mutant, rank: random() })).sort((a, b) => a.rank - b.rank);
  return drawn.slice(0, count).map(({ mutant }) => mutant);
}

/** As `src/wire/session/credit.ts:70: a < b -> a <= b`. */
export function describeMutant(dist: string, { file, start, end, text }: PlacedMutant): string {
  const lines = file.code.slice(0, start).split('\n');
  const column = (lines.at(-1) ?? '').length;
  const payload = JSON.parse(readFileSync(join(dist, 'src', `${file.name}.map`), 'utf8'));
  const entry = new SourceMap(payload).findEntry(lines.length - 1, column);
  const line = 'originalLine' in entry ? entry.originalLine + 1 : 0;
  const lineStart = start - column;
  const lineEnd = file.code.indexOf('\n', start);
  const wasWhole = file.code.slice(lineStart, lineEnd < 0 ? undefined : lineEnd).trim();
  const was = file.code.slice(start, end).replaceAll(/\s+/g, ' ');
  return `src/${file.name.replace(/js$/, 'ts')}:${line}: ${shorten(was)} -> ${shorten(text)}   in ${shorten(wasWhole)}`;
}

function shorten(text: string): string {
  return text.length > 90 ? `${text.slice(0, 87)}...` : text;
}
