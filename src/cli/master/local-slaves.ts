/**
 * The slaves that a master starts on its own machine (`--slaves N`), and their restarts.
 *
 * Each of the N places is in one of three states: *running*, *waiting* for its next start, or *empty*. A
 * process that ends while the master is not ending makes its place wait: 250 ms at first, doubled with each
 * end up to 15 s, and 250 ms again once a process has run for 30 s. After `beginEnding` nothing is started
 * any more, and waiting places are empty. There are never more than N processes, and a program that dies at
 * once costs N starts every 15 s, forever. Places are added and removed one by one.
 */

import {
  type ProcessEnd,
  type SlaveCommand,
  type SlaveProcess,
  type SpawnSlave,
  spawnSlave,
} from './spawn-slave.js';

export type LocalSlaveEvent =
  /** `number` is the place, from 1. */
  | { readonly type: 'started'; readonly number: number; readonly pid: number }
  /** Without a pid, it could not be started, and `error` is the reason. */
  | ({
      readonly type: 'exited';
      readonly number: number;
      readonly pid: number | undefined;
      /** SIGTERM asked it to, since the master was ending. */
      readonly stopped: boolean;
    } & ProcessEnd)
  | { readonly type: 'restarting'; readonly number: number; readonly delayMs: number };

export interface LocalSlavesClock {
  now(): number;
  /** Returns a function that cancels it. */
  after(delayMs: number, act: () => void): () => void;
}

interface LocalSlavesParams extends SlaveCommand {
  readonly count: number;
  readonly onEvent: (event: LocalSlaveEvent) => void;
  readonly clock?: LocalSlavesClock | undefined;
  readonly spawn?: SpawnSlave | undefined;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
const STEADY_AFTER_MS = 30_000;
export const KILL_AFTER_MS = 2000;
/** The time for a slave that knows of the shutdown to end by itself. */
export const LEAVE_WITHIN_MS = 1000;

const systemClock: LocalSlavesClock = {
  now: () => performance.now(),
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
};

interface Place {
  readonly number: number;
  /** No slave is started there again. */
  givenUp?: true;
  running?: { readonly process: SlaveProcess; readonly since: number; stopped: boolean } | undefined;
  cancelStart?: (() => void) | undefined;
  nextDelayMs: number;
}

export class LocalSlaves {
  readonly #params: LocalSlavesParams;
  readonly #clock: LocalSlavesClock;
  readonly #spawn: SpawnSlave;
  readonly #places: Place[];
  #started = false;
  #ending = false;
  #end: Promise<void> | undefined;
  #onAllGone: (() => void) | undefined;

  constructor(params: LocalSlavesParams) {
    this.#params = params;
    this.#clock = params.clock ?? systemClock;
    this.#spawn = params.spawn ?? spawnSlave;
    this.#places = Array.from({ length: params.count }, (_, index) => ({
      number: index + 1,
      nextDelayMs: FIRST_DELAY_MS,
    }));
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    for (const place of this.#places) this.#startOne(place);
  }

  /** Adds a place; returns the pid of its process, undefined if there is none. */
  add(): number | undefined {
    const place: Place = { number: this.#places.length + 1, nextDelayMs: FIRST_DELAY_MS };
    this.#places.push(place);
    this.#startOne(place);
    return place.running?.process.pid;
  }

  /** Kills a process and removes its place; false if it is not one of these. */
  kill(pid: number): boolean {
    const place = this.#places.find(({ running }) => running?.process.pid === pid);
    if (place === undefined) return false;
    place.givenUp = true;
    place.running?.process.kill();
    return true;
  }

  /** Call it before slaves are told to shut down: slaves that then exit are not started again. */
  beginEnding(): void {
    this.#ending = true;
    for (const place of this.#places) {
      place.cancelStart?.();
      place.cancelStart = undefined;
    }
  }

  /**
   * SIGTERM for those still there, SIGKILL two seconds later; resolves when all have gone. Those in `leaving`
   * have acknowledged the shutdown and first get a second to end with their own exit code.
   */
  end(leaving: ReadonlySet<number> = new Set()): Promise<void> {
    this.#end ??= this.#endAll(leaving);
    return this.#end;
  }

  /** For a process that is ending now ('exit' handlers): synchronous, and waits for nothing. */
  killAllNow(): void {
    this.beginEnding();
    for (const { running } of this.#places) running?.process.kill();
  }

  #startOne(place: Place): void {
    if (this.#ending) return;
    place.cancelStart = undefined;
    const process = this.#spawn(this.#params, (end) => this.#exited(place, end));
    place.running = { process, since: this.#clock.now(), stopped: false };
    const { pid } = process;
    if (pid !== undefined) this.#params.onEvent({ type: 'started', number: place.number, pid });
  }

  #exited(place: Place, end: ProcessEnd): void {
    const { running, number } = place;
    if (running === undefined) return;
    place.running = undefined;
    if (this.#clock.now() - running.since >= STEADY_AFTER_MS) place.nextDelayMs = FIRST_DELAY_MS;
    const { process, stopped } = running;
    this.#params.onEvent({ type: 'exited', number, pid: process.pid, stopped, ...end });
    if (this.#ending) {
      if (this.#places.every((one) => one.running === undefined)) this.#onAllGone?.();
      return;
    }
    if (place.givenUp) return;
    const delayMs = place.nextDelayMs;
    place.nextDelayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    place.cancelStart = this.#clock.after(delayMs, () => this.#startOne(place));
    this.#params.onEvent({ type: 'restarting', number, delayMs });
  }

  async #endAll(leaving: ReadonlySet<number>): Promise<void> {
    this.beginEnding();
    const running = this.#places.flatMap((place) => place.running ?? []);
    if (running.length === 0) return;
    const allGone = new Promise<void>((resolve) => {
      this.#onAllGone = resolve;
    });
    const terminate = (wanted: (pid: number | undefined) => boolean): void => {
      for (const { running } of this.#places) {
        if (running === undefined || !wanted(running.process.pid)) continue;
        running.stopped = true;
        running.process.terminate();
      }
    };
    const isLeaving = (pid: number | undefined): boolean => pid !== undefined && leaving.has(pid);
    terminate((pid) => !isLeaving(pid));
    const patienceMs = running.some(({ process }) => isLeaving(process.pid)) ? LEAVE_WITHIN_MS : 0;
    const cancels = [this.#clock.after(patienceMs + KILL_AFTER_MS, () => this.killAllNow())];
    if (patienceMs > 0) cancels.push(this.#clock.after(patienceMs, () => terminate(isLeaving)));
    await allGone;
    for (const cancel of cancels) cancel();
  }
}
