/**
 * Gathers equal events of many slaves into one line. A line is due 250 ms after the last event that belongs
 * to it, and a second after the first.
 */

import { counted } from '../../structures/counted.js';
import { withoutNumbers } from '../format/without-numbers.js';
import { bad, good, type Notice, plain, warning } from './notice.js';

const QUIET_MS = 250;
const LONGEST_MS = 1_000;

export type Move = 'joined' | 'joined-again' | 'left' | 'lost' | 'unanswered';

interface Gathered {
  readonly move: Move;
  readonly sids: string[];
  /** For each slave: its host, former sid or evidence; only the differences are printed. */
  readonly about: Set<string>;
}

export class Together {
  readonly #lines = new Map<string, Gathered>();
  #firstMs = 0;
  #lastMs = 0;

  get dueMs(): number | undefined {
    if (this.#lines.size === 0) return undefined;
    return Math.min(this.#firstMs + LONGEST_MS, this.#lastMs + QUIET_MS);
  }

  add(move: Move, sid: string, about: string, timeMs: number): void {
    if (this.#lines.size === 0) this.#firstMs = timeMs;
    this.#lastMs = timeMs;
    const key = move === 'lost' || move === 'left' ? `${move} ${withoutNumbers(about)}` : move;
    const line = this.#lines.get(key);
    if (line === undefined) {
      this.#lines.set(key, { move, sids: [sid], about: new Set([about]) });
      return;
    }
    line.sids.push(sid);
    line.about.add(about);
  }

  take(): readonly Notice[] {
    const notices = Array.from(this.#lines.values(), say);
    this.#lines.clear();
    return notices;
  }
}

function say({ move, sids, about }: Gathered): Notice {
  const [sid = ''] = sids;
  const [what = ''] = about;
  const alone = sids.length === 1;
  const who = alone ? sid : counted(sids.length, 'slave');
  const which = `${sid}${sids.length === 2 ? ', ' : ' … '}${sids.at(-1)}`;
  switch (move) {
    case 'joined': {
      const where = about.size === 1 ? `on ${what}` : `on ${about.size} hosts`;
      return good(alone ? `${who} joined ${where}` : `${who} joined (${which} ${where})`);
    }
    case 'joined-again':
      return plain(`${who} joined again${alone ? ` (was ${what})` : ` (${which})`}`);
    case 'left':
      return plain(`${who} left${alone ? '' : ` (${which})`}: ${what}`);
    case 'lost':
      return bad(`${who} lost${alone ? '' : ` (${which})`}: ${what}`);
    case 'unanswered':
      return warning(`${who} did not answer the shutdown${alone ? '' : ` (${which})`}`);
    default:
      return move satisfies never;
  }
}
