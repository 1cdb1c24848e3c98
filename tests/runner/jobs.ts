/** Which test files run in one process: those of a room that are over in a moment and leave nothing behind. */

/** Of these folders below tests; in the others each file starts processes. */
const UNITS =
  /^(actors|algorithms|audit|broker|cli|collections|dashboard|flow|machines|master|mutants|runner|slave|structures|tools|wire)\//;
/** Algorithms have their names in a process, and two files may use the same one; others say it at their head. */
const NEEDS_A_PROCESS =
  /\bdefine(Algorithm|Master|Slave)\(|\bprocess\.(exit\(|on\(|once\()|In a process of its own:/;
const MOST_FILES = 20;

/** The folder below tests. */
export function roomOf(file: string): string {
  return file.slice(0, file.indexOf('/'));
}

/** `files` are paths below tests; each ends up in one job. */
export function jobsOf(
  files: readonly string[],
  isShort: (file: string) => boolean,
  textOf: (file: string) => string,
): string[][] {
  const jobs: string[][] = [];
  const open = new Map<string, string[]>();
  for (const file of files) {
    const isUnit = UNITS.test(file) && isShort(file) && !NEEDS_A_PROCESS.test(textOf(file));
    const room = roomOf(file);
    let job = isUnit ? open.get(room) : undefined;
    if (job === undefined || job.length >= MOST_FILES) {
      job = [];
      jobs.push(job);
      if (isUnit) open.set(room, job);
    }
    job.push(file);
  }
  return jobs;
}
