/**
 * The slave processes that a master keeps on one machine, and their restarts.
 *
 * Each of the N places is in one of three states: *running*, *waiting* for its next start, or *empty*. A
 * process that ends while the master is not ending makes its place wait: 250 ms at first, doubled with each
 * end up to 15 s, and 250 ms again once a process has run for 30 s. One whose end was ordered is started again
 * at once, and its end does not count. After `beginEnding` nothing is started
 * any more, and waiting places are empty. There are never more than N processes, and a program that dies at
 * once costs N starts every 15 s, forever. Places are added and removed one by one;
 * a new one has the lowest free number.
 *
 * Processes that start take the processors from each other: if a hundred begin together, each needs longer than it has
 * patience. So a limit says how many may be *starting*, from their start to `joined`, their end, or 15 to 30 s
 * where others wait. The places of those wait in turn.
 */

import type { ProcessEnd, SlaveProcess, StartSlave } from './slave-process.js';

export type PlaceEvent =
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

export interface PlacesClock {
  now(): number;
  /** Returns a function that cancels it. */
  after(delayMs: number, act: () => void): () => void;
}

interface SlavePlacesParams {
  readonly count: number;
  readonly onEvent: (event: PlaceEvent) => void;
  readonly clock?: PlacesClock | undefined;
  readonly start: StartSlave;
  /** The number that may be starting at once, apart from those of `add`; no limit by default. */
  readonly mostStarting?: (() => number) | undefined;
  /** Whether the end of a process was ordered, such as that of a run which would not stop; asked before `exited` is told. */
  readonly isOrdered?: ((pid: number, end: ProcessEnd) => boolean) | undefined;
  /** Whether one that ended so is started again; all are by default. */
  readonly isRestarted?: ((end: ProcessEnd) => boolean) | undefined;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
const STEADY_AFTER_MS = 30_000;
const STARTING_MS = 15_000;
export const KILL_AFTER_MS = 2000;
/** The time for a slave that knows of the shutdown to end by itself. */
export const LEAVE_WITHIN_MS = 1000;

export const systemClock: PlacesClock = {
  now: () => performance.now(),
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
};

interface Place {
  readonly number: number;
  /** No slave is started there again; the place is removed with its process. */
  givenUp?: true;
  running?: { readonly process: SlaveProcess; readonly since: number; stopped: boolean } | undefined;
  cancelStart?: (() => void) | undefined;
  /** Its process is counted as starting until this is called. */
  hasStarted?: (() => void) | undefined;
  nextDelayMs: number;
}

export class SlavePlaces {
  readonly #params: SlavePlacesParams;
  readonly #clock: PlacesClock;
  readonly #startSlave: StartSlave;
  #places: Place[];
  /** Those that wait for their turn to start. */
  readonly #inTurn = new Set<Place>();
  #starting = 0;
  #cancelLook: (() => void) | undefined;
  #started = false;
  #ending = false;
  #end: Promise<void> | undefined;
  #onAllGone: (() => void) | undefined;

  constructor(params: SlavePlacesParams) {
    this.#params = params;
    this.#clock = params.clock ?? systemClock;
    this.#startSlave = params.start;
    this.#places = Array.from({ length: params.count }, (_, index) => ({
      number: index + 1,
      nextDelayMs: FIRST_DELAY_MS,
    }));
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    for (const place of this.#places) this.#startInTurn(place);
  }

  /** Places in which slaves run, or are started again. */
  get size(): number {
    let size = 0;
    for (const { givenUp } of this.#places) if (!givenUp) size++;
    return size;
  }

  /** Whether no process is left. */
  get isEmpty(): boolean {
    return this.#places.every(({ running }) => running === undefined);
  }

  /** The processes in places that are not given up, and when they were started. */
  kept(): { readonly process: SlaveProcess; readonly since: number }[] {
    return this.#places.flatMap(({ running, givenUp }) => (running && !givenUp ? running : []));
  }

  /** All processes. */
  processes(): SlaveProcess[] {
    return this.#places.flatMap(({ running }) => running?.process ?? []);
  }

  /** Adds a place, and starts its process at once; returns the pid, undefined if there is none. */
  add(): number | undefined {
    const place = this.#newPlace();
    this.#startOne(place);
    return place.running?.process.pid;
  }

  /** Adds a place, whose process is started in its turn. */
  addInTurn(): void {
    this.#startInTurn(this.#newPlace());
  }

  /** A process has joined its master: its start is over. */
  joined(pid: number): void {
    this.#places.find(({ running }) => running?.process.pid === pid)?.hasStarted?.();
  }

  #newPlace(): Place {
    const taken = new Set(this.#places.map(({ number }) => number));
    let number = 1;
    while (taken.has(number)) number++;
    const place: Place = { number, nextDelayMs: FIRST_DELAY_MS };
    this.#places.push(place);
    return place;
  }

  /** Kills a process and removes its place; false if it is not one of these. */
  kill(pid: number): boolean {
    const place = this.#places.find(({ running }) => running?.process.pid === pid);
    if (place === undefined) return false;
    place.givenUp = true;
    if (place.running !== undefined) place.running.stopped = true;
    place.running?.process.kill();
    return true;
  }

  /** Gives up the place of a process, which goes on to its end; false if it is not one of these. */
  release(pid: number): boolean {
    const place = this.#places.find(({ running }) => running?.process.pid === pid);
    if (place === undefined) return false;
    place.givenUp = true;
    return true;
  }

  /** Whether a process has no place any more, and goes on to its end. */
  isReleased(pid: number): boolean {
    return this.#places.some(({ running, givenUp }) => givenUp === true && running?.process.pid === pid);
  }

  /** Gives up all places. Processes go on to their end, and none is started. */
  releaseAll(): void {
    for (const place of this.#places) {
      place.givenUp = true;
      place.cancelStart?.();
    }
    this.#forgetEmpty();
  }

  /** Gives up a place that waits for its next start; false if none does. */
  releaseWaiting(): boolean {
    const place = this.#places.findLast(({ running, givenUp }) => running === undefined && !givenUp);
    if (place === undefined) return false;
    place.givenUp = true;
    place.cancelStart?.();
    this.#forgetEmpty();
    return true;
  }

  /** Gives up all places, and forgets processes, since they have ended with the way to them; returns those. */
  abandon(): SlaveProcess[] {
    const lost = this.processes();
    for (const place of this.#places) place.running = undefined;
    this.releaseAll();
    this.#settle();
    return lost;
  }

  #forgetEmpty(): void {
    this.#places = this.#places.filter(({ running, givenUp }) => running !== undefined || !givenUp);
  }

  /** Call it before slaves are told to shut down: slaves that then exit are not started again. */
  beginEnding(): void {
    this.#ending = true;
    this.#cancelLook?.();
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

  #startInTurn(place: Place): void {
    if (this.#starting < (this.#params.mostStarting?.() ?? Number.POSITIVE_INFINITY)) {
      this.#startOne(place);
      return;
    }
    this.#inTurn.add(place);
    place.cancelStart = () => void this.#inTurn.delete(place);
    this.#cancelLook ??= this.#clock.after(STARTING_MS, () => this.#lookAtStarting());
  }

  /** Processes that have not joined for long make room for those that wait. */
  #lookAtStarting(): void {
    this.#cancelLook = undefined;
    const since = this.#clock.now() - STARTING_MS;
    for (const place of this.#places)
      if (place.running !== undefined && place.running.since <= since) place.hasStarted?.();
    if (this.#inTurn.size > 0)
      this.#cancelLook ??= this.#clock.after(STARTING_MS, () => this.#lookAtStarting());
  }

  #countStart(place: Place): void {
    this.#starting++;
    place.hasStarted = () => {
      place.hasStarted = undefined;
      this.#starting--;
      const [next] = this.#inTurn;
      if (next === undefined || !this.#inTurn.delete(next)) return;
      this.#startInTurn(next);
    };
  }

  #startOne(place: Place): void {
    if (this.#ending) return;
    place.cancelStart = undefined;
    if (this.#params.mostStarting !== undefined) this.#countStart(place);
    const process = this.#startSlave((end) => this.#exited(place, end));
    place.running = { process, since: this.#clock.now(), stopped: false };
    const { pid } = process;
    const tell = (started: number): void =>
      this.#params.onEvent({ type: 'started', number: place.number, pid: started });
    if (pid === undefined) process.onPid = tell;
    else tell(pid);
  }

  #exited(place: Place, end: ProcessEnd): void {
    const { running, number } = place;
    place.hasStarted?.();
    if (running === undefined) return;
    place.running = undefined;
    if (this.#clock.now() - running.since >= STEADY_AFTER_MS) place.nextDelayMs = FIRST_DELAY_MS;
    const { process, stopped } = running;
    const { pid } = process;
    const isOrdered = pid !== undefined && this.#params.isOrdered?.(pid, end) === true;
    this.#params.onEvent({ type: 'exited', number, pid, stopped, ...end });
    if (this.#params.isRestarted?.(end) === false) place.givenUp = true;
    if (place.givenUp) this.#forgetEmpty();
    if (this.#ending) this.#settle();
    if (this.#ending || place.givenUp) return;
    if (isOrdered) {
      this.#params.onEvent({ type: 'restarting', number, delayMs: 0 });
      this.#startInTurn(place);
      return;
    }
    const delayMs = place.nextDelayMs;
    place.nextDelayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    place.cancelStart = this.#clock.after(delayMs, () => this.#startInTurn(place));
    this.#params.onEvent({ type: 'restarting', number, delayMs });
  }

  #settle(): void {
    if (this.isEmpty) this.#onAllGone?.();
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
