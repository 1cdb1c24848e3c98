/** The tests that mutants are held against, and which of them may kill a given one, the likeliest and quickest first. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Coverage } from './coverage.js';
import type { Lane } from './lane.js';
import type { PlacedMutant } from './sources.js';

/** The unit tests of what is mutated, whole masters and slaves in one process, and the simulation. */
const FOLDERS: readonly string[] = ['master', 'slave', 'wire', 'link', 'broker'];
const IN_PROCESS: readonly string[] = [
  'system/master-handle.test.js',
  'system/resubmit.test.js',
  'system/submit-all.test.js',
];
const SIMULATION = 'mutants/few-seeds.js';
/** Generous: the other lane and coverage slow it down. */
const FIRST_TIMEOUT_MS = 240_000;
/** How much sooner a test of the mutant's own room is tried than a foreign one that takes as long. */
const OWN_ROOM = 4;

export interface KnownTest {
  readonly file: string;
  readonly seconds: number;
  readonly coverage: Coverage;
}

/** All whose path has one of the parts. */
export function testFiles(dist: string, parts: readonly string[] = ['']): string[] {
  const names = FOLDERS.flatMap((folder) =>
    (readdirSync(join(dist, 'tests', folder), { recursive: true }) as string[])
      .filter((name) => name.endsWith('.test.js'))
      .map((name) => `${folder}/${name}`),
  );
  return [...names.sort(), ...IN_PROCESS, SIMULATION].filter((name) =>
    parts.some((part) => name.includes(part)),
  );
}

/**
 * Runs it on unchanged code, which must pass: undefined when it does not. Coverage makes all of it slower, so that a test
 * of what something costs may fail for that, and has another trial without.
 */
export async function learnTest(lane: Lane, file: string): Promise<KnownTest | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-coverage-'));
  try {
    let run = await lane.run(file, FIRST_TIMEOUT_MS, folder);
    const coverage = new Coverage(folder, lane.dist);
    if (!run.passed) run = await lane.run(file, FIRST_TIMEOUT_MS);
    return run.passed ? { file, seconds: run.seconds, coverage } : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function testsFor(tests: readonly KnownTest[], { file, start }: PlacedMutant): readonly KnownTest[] {
  const mirror = file.name.replace(/\.js$/, '.test.js');
  const rank = (test: KnownTest): number => {
    if (test.file === mirror) return 0;
    return dirname(test.file) === file.room ? test.seconds / OWN_ROOM : test.seconds;
  };
  return tests.filter(({ coverage }) => coverage.reaches(file.name, start)).sort((a, b) => rank(a) - rank(b));
}
