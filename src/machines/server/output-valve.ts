/**
 * Bounds what the slaves of a lease print: so much per second goes to their master, the rest is counted, and the count is
 * told each second.
 */

/** Bytes, or rather UTF-16 units, within a second. */
const PER_SECOND = 256 * 1024;
const SECOND_MS = 1000;
const LONGEST = 64 * 1024;

/** Without a slave, the server says it. */
type PassOutput = (to: 'stdout' | 'stderr', text: string, slave?: number) => void;

export class OutputValve {
  readonly #pass: PassOutput;
  #since = Number.NEGATIVE_INFINITY;
  #passed = 0;
  #dropped = 0;

  constructor(pass: PassOutput) {
    this.#pass = pass;
  }

  take(to: 'stdout' | 'stderr', text: string, now: number, slave: number): void {
    if (now - this.#since >= SECOND_MS) {
      this.tellDropped();
      this.#since = now;
      this.#passed = 0;
    }
    const room = Math.max(0, PER_SECOND - this.#passed);
    const passing = text.slice(0, room);
    this.#passed += passing.length;
    this.#dropped += text.length - passing.length;
    for (let at = 0; at < passing.length; at += LONGEST)
      this.#pass(to, passing.slice(at, at + LONGEST), slave);
  }

  /** Also called at the end. */
  tellDropped(): void {
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#pass(
      'stderr',
      `[the server dropped ${dropped} characters: slaves print more than 256 KB per second]\n`,
    );
  }
}
