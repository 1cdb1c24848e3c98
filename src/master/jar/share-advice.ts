/**
 * Notices programs that send the same large bytes again and again, which `share` would send once. A sample of them says
 * whether they may be equal, and only then a digest whether they are; so other arguments cost nearly nothing.
 */

import { createHash } from 'node:crypto';

/** Smaller parts of arguments are not looked at. */
export const LARGE_BYTES = 1024 * 1024;
/** The submission with which an algorithm is told of. */
const TOLD_AT = 3;
const SAMPLES = 64;
/** Of an algorithm: large parts that are remembered, and digests that may be in vain. */
const MOST_PARTS = 16;
const MOST_IN_VAIN = 8;

type Part = string | Uint8Array;

interface Seen {
  count: number;
  digest: string | undefined;
}

class SeenParts {
  readonly parts = new Map<string, Seen>();
  inVain = 0;
}

export class ShareAdvice {
  /** By the names of algorithms; undefined for those that need no more looking. */
  readonly #seen = new Map<string, SeenParts | undefined>();
  readonly #onRepeated: (algorithm: string, bytes: number) => void;

  /** `onRepeated` is called at most once for each algorithm. */
  constructor(onRepeated: (algorithm: string, bytes: number) => void) {
    this.#onRepeated = onRepeated;
  }

  /** Encoded arguments of a task of the algorithm, at least `LARGE_BYTES` in all. */
  look(algorithm: string, text: string, raws: readonly Uint8Array[]): void {
    if (!this.#seen.has(algorithm)) this.#seen.set(algorithm, new SeenParts());
    const seen = this.#seen.get(algorithm);
    if (seen === undefined) return;
    for (const part of [text, ...raws]) {
      if (part.length < LARGE_BYTES) continue;
      if (isThird(seen, part)) {
        this.#seen.set(algorithm, undefined);
        this.#onRepeated(algorithm, part.length);
        return;
      }
      if (seen.inVain >= MOST_IN_VAIN) {
        this.#seen.set(algorithm, undefined);
        return;
      }
    }
  }
}

function isThird(seen: SeenParts, part: Part): boolean {
  const sample = sampleOf(part);
  const known = seen.parts.get(sample);
  if (known === undefined) {
    seen.parts.set(sample, { count: 1, digest: undefined });
    const [oldest] = seen.parts.keys();
    if (seen.parts.size > MOST_PARTS && oldest !== undefined) seen.parts.delete(oldest);
    return false;
  }
  const digest = createHash('sha256').update(part).digest('base64');
  if (known.digest !== undefined && known.digest !== digest) {
    seen.inVain++;
    return false;
  }
  known.digest = digest;
  return ++known.count >= TOLD_AT;
}

/** Its length, and elements spread over it. */
function sampleOf(part: Part): string {
  const { length } = part;
  let hash = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const at = Math.floor((sample * (length - 1)) / (SAMPLES - 1));
    const element = typeof part === 'string' ? part.charCodeAt(at) : (part[at] as number);
    hash = Math.imul(hash, 31) + element;
  }
  return `${typeof part}:${length}:${hash}`;
}
