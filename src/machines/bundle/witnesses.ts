/**
 * The material of a program's code, so that it can be told later whether it would come out the same: the content of
 * its files, of the files that say how names are resolved and sources compiled, and the names of its sources'
 * neighbours, of which a new one could be found instead.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** By path: the SHA-256 of a file, of a folder's names, or `absent`. */
export type Witnesses = Readonly<Record<string, string>>;

const PACKAGES = /[\\/]node_modules[\\/]/;
/** Package managers write one of these with each change. */
const INSTALLED = ['.package-lock.json', '.modules.yaml', '.yarn-state.yml', '.yarn-integrity'];
/** Files that could be found instead of one that is there now. */
const FOUND_BY_NAME = /\.([cm]?[jt]sx?|json|node)$/;
const MOST_AT_ONCE = 32;

export async function witnessesOf(inputs: readonly string[]): Promise<Witnesses> {
  const paths = new Set(inputs);
  for (const input of inputs) {
    const isOwn = !PACKAGES.test(input);
    if (isOwn) paths.add(`${dirname(input)}/`);
    for (const folder of foldersAbove(input)) {
      paths.add(join(folder, 'package.json'));
      if (!isOwn) continue;
      paths.add(join(folder, 'tsconfig.json'));
      for (const name of INSTALLED) paths.add(join(folder, 'node_modules', name));
    }
  }
  const seen = new Map<string, string>();
  await look([...paths], seen);
  // One that is named by another is looked at in its turn
  for (let bases = await extendedBy(seen); bases.length > 0; bases = await extendedBy(seen)) {
    await look(bases, seen);
  }
  return Object.fromEntries([...seen].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether all is as it was. */
export async function stillHold(witnesses: Witnesses): Promise<boolean> {
  const seen = new Map<string, string>();
  await look(Object.keys(witnesses), seen);
  return Object.entries(witnesses).every(([path, state]) => seen.get(path) === state);
}

/** One of the files that was written after `since` and before `until`, in milliseconds since 1970. */
export async function changedBetween(
  files: readonly string[],
  since: number,
  until: number,
): Promise<string | undefined> {
  const times = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return files.find((_, index) => {
    const time = times[index] ?? 0;
    return time > since && time <= until;
  });
}

async function look(paths: readonly string[], seen: Map<string, string>): Promise<void> {
  const left = [...paths];
  const worker = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) seen.set(path, await stateOf(path));
  };
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, worker));
}

async function stateOf(path: string): Promise<string> {
  try {
    const content = path.endsWith('/') ? await namesIn(path) : await readFile(path);
    return createHash('sha256').update(content).digest('hex');
  } catch {
    return 'absent';
  }
}

async function namesIn(folder: string): Promise<string> {
  const names = await readdir(folder);
  return names
    .filter((name) => FOUND_BY_NAME.test(name))
    .sort()
    .join('\n');
}

/** Files that a tsconfig among those seen extends, and that were not seen yet. */
async function extendedBy(seen: ReadonlyMap<string, string>): Promise<string[]> {
  const found = new Set<string>();
  for (const [path, state] of seen) {
    if (state === 'absent' || !/tsconfig[^\\/]*\.json$/.test(path)) continue;
    const [, list = ''] = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(await readFile(path, 'utf8')) ?? [];
    for (const [, name = ''] of list.matchAll(/"(\.{0,2}\/[^"]*)"/g)) {
      const base = resolve(dirname(path), name);
      for (const file of [base, `${base}.json`]) if (!seen.has(file)) found.add(file);
    }
  }
  return [...found];
}

function foldersAbove(file: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    folders.push(folder);
    if (folder === dirname(folder)) return folders;
  }
}
