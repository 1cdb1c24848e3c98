/** The inputs that once were trouble, a file each under `tests/fuzz/corpus/TARGET`: read, and added to. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of the sources: what is compiled lies three folders deeper. */
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'tests', 'fuzz', 'corpus');

export interface CorpusInput {
  readonly name: string;
  readonly bytes: Buffer;
}

export function readCorpus(target: string): CorpusInput[] {
  const folder = join(ROOT, target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

/** Returns the path of the file. */
export function keepInput(target: string, bytes: Uint8Array): string {
  const folder = join(ROOT, target);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `found-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`);
  writeFileSync(path, bytes);
  return path;
}
