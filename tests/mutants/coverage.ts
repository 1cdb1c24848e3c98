/** Which places of the compiled code a test's processes and threads came by, from what V8 wrote as they ended. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface Report {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: Range[] }[];
  }[];
}

export class Coverage {
  /** By file below dist/src: the ranges of each process or thread. */
  readonly #reports = new Map<string, Range[][]>();

  /** Reads a folder that a test was given as NODE_V8_COVERAGE. */
  constructor(folder: string, dist: string) {
    const src = `${join(dist, 'src')}/`;
    for (const name of readdirSync(folder)) {
      for (const { url, functions } of readReport(join(folder, name))?.result ?? []) {
        if (!url.startsWith('file://')) continue;
        const path = fileURLToPath(url);
        if (!path.startsWith(src)) continue;
        const file = path.slice(src.length);
        const ranges = functions.flatMap((one) => one.ranges);
        this.#reports.set(file, [...(this.#reports.get(file) ?? []), ranges]);
      }
    }
  }

  /** Whether the code at an offset of a file ran in any process or thread. */
  reaches(file: string, offset: number): boolean {
    return (this.#reports.get(file) ?? []).some((ranges) => countAt(ranges, offset) > 0);
  }
}

/** The innermost range tells. */
function countAt(ranges: readonly Range[], offset: number): number {
  let best: Range | undefined;
  for (const range of ranges) {
    if (offset < range.startOffset || offset >= range.endOffset) continue;
    const size = range.endOffset - range.startOffset;
    if (best === undefined || size <= best.endOffset - best.startOffset) best = range;
  }
  return best?.count ?? 0;
}

/** A process that was killed as it wrote leaves half a report. */
function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}
