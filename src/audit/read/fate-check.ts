/**
 * Decides from a trail's events whether every task had exactly one fate.
 *
 * A trail may contain several runs, one after the other. For each run, the check keeps the open tasks, as
 * ranges, and the highest submitted number: a lower task that is not open has had its fate. A run is *whole*
 * when its master's first and last lines were read. For any other run, the check can find a task with no fate
 * or two, but cannot prove that there is none.
 */
import { counted } from '../../structures/counted.js';
import type { AuditEvent, AuditEventOf } from '../events.js';
import { parseRanges, type Range, RangeSet } from '../format/ranges.js';

export type FateVerdict =
  | { readonly kind: 'proven'; readonly text: string }
  | { readonly kind: 'refuted'; readonly text: string }
  | { readonly kind: 'unusable'; readonly text: string };

const FATES = ['ok', 'error', 'unrunnable'] as const;

interface Run {
  /** Whether its master's first line was read. */
  readonly begun: boolean;
  readonly open: RangeSet;
  /** The lowest submitted number in the available trail. */
  base: number | undefined;
  /** The number after the highest. */
  next: number;
  /** The first finding; the rest of the run does not matter then. */
  refuted: boolean;
  tasks: number;
  readonly counts: Counts;
}

type Counts = Record<(typeof FATES)[number], number>;

export class FateCheck {
  /** The number of whole runs. */
  readonly #counts: Counts = { ok: 0, error: 0, unrunnable: 0 };
  #run: Run | undefined;
  /** The signal or error that stopped its master. */
  #signal: string | undefined;
  #events = 0;
  #masters = 0;
  #whole = 0;
  #tasks = 0;
  #dropped = 0;
  /** The first of its kind. */
  #refutation: string | undefined;
  #doubt: string | undefined;
  #beginningIsMissing = false;

  take(event: AuditEvent, timeMs: number): void {
    this.#events++;
    switch (event.type) {
      case 'init':
        if (event.role === 'master') this.#close(false);
        break;
      case 'master-ready':
        this.#close(false);
        this.#masters++;
        this.#run = newRun(true);
        this.#signal = undefined;
        break;
      case 'master-finished':
        this.#close(true);
        break;
      case 'interrupted':
        this.#signal = event.signal;
        break;
      case 'audit-dropped':
        this.#dropped += event.count;
        break;
      case 'tasks-submitted':
        this.#submit(event.tasks ?? '');
        break;
      case 'tasks-settled':
        this.#settle(event, timeMs);
        break;
      default:
    }
  }

  /** The trail has ended; `torn` if its last line has no end. */
  finish(torn: boolean): FateVerdict {
    if (this.#events === 0) {
      return { kind: 'unusable', text: 'it is not an audit trail: it has no line of ts-mw' };
    }
    if (torn) this.#doubt ??= 'its last line is cut in the middle';
    this.#close(false);
    if (this.#refutation !== undefined) {
      if (this.#dropped === 0) return { kind: 'refuted', text: this.#refutation };
      const doubt = `but ${counted(this.#dropped, 'line was', 'lines were')} dropped when the trail was written`;
      return { kind: 'unusable', text: `nothing is proven: ${this.#refutation}, ${doubt}` };
    }
    if (this.#beginningIsMissing && this.#whole === 0) {
      this.#doubt ??= 'its first lines are missing (rotated away?)';
    }
    if (this.#masters === 0 && this.#doubt === undefined) {
      return {
        kind: 'unusable',
        text: "it has no lines of a master; give the trail of the master's process",
      };
    }
    if (this.#doubt !== undefined) return { kind: 'unusable', text: `nothing is proven: ${this.#doubt}` };
    const fates = FATES.map((fate) => `${fate} ${this.#counts[fate]}`).join(', ');
    const left = this.#beginningIsMissing
      ? '; the run before, whose first lines are missing, is left out'
      : '';
    return {
      kind: 'proven',
      text: `every task had exactly one fate (tasks ${this.#tasks}: ${fates}; runs ${this.#whole})${left}`,
    };
  }

  #submit(text: string): void {
    this.#run ??= newRun(false);
    const run = this.#run;
    if (run.refuted) return;
    for (const range of parseRanges(text) ?? []) {
      const [first, last] = range;
      run.base ??= run.begun ? 0 : first;
      const expected = Math.max(run.next, run.base);
      if (first !== expected) {
        const what = first < expected ? `${first} was submitted twice` : `${expected} is missing`;
        this.#refute(`TASK-${what}`);
        return;
      }
      run.next = last + 1;
      run.open.append(range);
      run.tasks += last - first + 1;
    }
  }

  #settle(event: AuditEventOf<'tasks-settled'>, timeMs: number): void {
    this.#run ??= newRun(false);
    for (const fate of FATES) {
      for (const range of parseRanges(event[fate] ?? '') ?? []) {
        if (!this.#settleRange(this.#run, range, `${fate}, at ${new Date(timeMs).toISOString()}`)) return;
        this.#run.counts[fate] += range[1] - range[0] + 1;
      }
    }
  }

  /** Tasks from before the first available line are accepted. */
  #settleRange(run: Run, [first, last]: Range, what: string): boolean {
    if (run.refuted) return false;
    if (!run.begun && (run.base === undefined || first < run.base)) {
      return run.base === undefined || last < run.base || this.#settleRange(run, [run.base, last], what);
    }
    const missing = run.open.remove([first, last]);
    if (missing === undefined) return true;
    if (missing >= run.next) this.#refute(`TASK-${missing} has a fate (${what}) and was never submitted`);
    else this.#refute(`TASK-${missing} has a second fate (${what})`);
    return false;
  }

  #refute(what: string): void {
    this.#refutation ??= this.#inRun(what);
    if (this.#run !== undefined) this.#run.refuted = true;
  }

  #close(finished: boolean): void {
    const run = this.#run;
    this.#run = undefined;
    if (run === undefined || run.refuted) return;
    const { smallest, size } = run.open;
    if (smallest !== undefined) {
      const others = size === 1 ? '' : ` (nor have others, ${size} in all)`;
      const why = finished
        ? this.#whyLeft()
        : (this.#doubt ?? 'the trail ends before it, without the last line of its master');
      this.#refutation ??= this.#inRun(`TASK-${smallest} has no fate${others}: ${why}`);
    } else if (!run.begun) {
      this.#beginningIsMissing = true;
      if (!finished) this.#doubt ??= 'the last line of a master is missing (killed, or still running?)';
    } else if (!finished) {
      this.#doubt ??= 'the last line of a master is missing (killed, or still running?)';
    } else {
      this.#whole++;
      this.#tasks += run.tasks;
      for (const fate of FATES) this.#counts[fate] += run.counts[fate];
    }
  }

  #whyLeft(): string {
    if (this.#signal === undefined) return 'the master algorithm did not wait for it';
    return `its master was stopped by ${this.#signal}`;
  }

  #inRun(what: string): string {
    return this.#masters > 1 ? `run ${this.#masters}: ${what}` : what;
  }
}

function newRun(begun: boolean): Run {
  return {
    begun,
    open: new RangeSet(),
    base: undefined,
    next: 0,
    refuted: false,
    tasks: 0,
    counts: { ok: 0, error: 0, unrunnable: 0 },
  };
}
