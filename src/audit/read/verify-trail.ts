/** Runs `--audit-verify`: reads a trail, and says in one line what it proves. */
import { FateCheck } from './fate-check.js';
import { readTrailSet } from './trail-set.js';

export interface Answer {
  /** 0 if it is proven, 1 if the contrary is, 255 if the trail cannot be judged. */
  readonly code: 0 | 1 | 255;
  readonly text: string;
}

const CODES = { proven: 0, refuted: 1, unusable: 255 } as const;

/** Throws UsageError if the file cannot be read. */
export async function verifyTrail(path: string): Promise<Answer> {
  const check = new FateCheck();
  const reader = readTrailSet(path);
  for await (const { event, timeMs } of reader) check.take(event, timeMs);
  const { kind, text } = check.finish(reader.torn);
  return { code: CODES[kind], text: `${path}: ${text}` };
}
