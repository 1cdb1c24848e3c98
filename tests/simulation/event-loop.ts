/** One simulated thread: what came in over sockets waits while it is blocked or frozen, and so do its timers. */

import type { Scheduler } from './scheduler.js';

interface Timer {
  readonly dueAt: number;
  readonly run: (latenessMs: number) => void;
}

/**
 * As Node does after a stall, and harsher than its sentinel: timers that are due run first, then what
 * came in meanwhile, in its order.
 */
export class EventLoop {
  readonly #scheduler: Scheduler;
  #jobs: (() => void)[] = [];
  #due: Timer[] = [];
  #continuation: (() => void) | undefined;
  #blocked = false;
  #frozen = false;
  #turning = false;
  #ended = false;
  /** Jobs, timers and continuations that have run. */
  turns = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get isFree(): boolean {
    return !this.#blocked && !this.#frozen && !this.#turning && !this.#ended;
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Runs a job now, or when the loop comes to it. */
  deliver(job: () => void): void {
    if (this.#ended) return;
    this.#jobs.push(job);
    this.#turn();
  }

  /** Every so often, with how late it is; after a stall there is one late call, not many. */
  every(intervalMs: number, run: (latenessMs: number) => void): void {
    const schedule = (dueAt: number): void => {
      this.#scheduler.at(dueAt, () => {
        if (this.#ended) return;
        const timer = {
          dueAt,
          run: (latenessMs: number) => {
            run(latenessMs);
            schedule(Math.max(dueAt + intervalMs, this.#scheduler.now));
          },
        };
        this.#due.push(timer);
        this.#turn();
      });
    };
    schedule(this.#scheduler.now + intervalMs);
  }

  /** User code computes; it goes on with `then` before anything else has its turn. */
  block(ms: number, then: () => void): void {
    this.#blocked = true;
    this.#scheduler.after(ms, () => {
      if (this.#ended) return;
      this.#continuation = then;
      this.#turn();
    });
  }

  /** SIGSTOP. */
  freeze(): void {
    this.#frozen = true;
  }

  /** SIGCONT. */
  thaw(): void {
    this.#frozen = false;
    this.#turn();
  }

  end(): void {
    this.#ended = true;
    this.#jobs = [];
    this.#due = [];
    this.#continuation = undefined;
  }

  #turn(): void {
    if (this.#frozen || this.#turning || this.#ended) return;
    this.#turning = true;
    for (let next = this.#next(); next !== undefined && !this.#frozen; next = this.#next()) {
      this.turns++;
      next();
    }
    this.#turning = false;
  }

  #next(): (() => void) | undefined {
    const then = this.#continuation;
    if (then !== undefined) {
      this.#continuation = undefined;
      this.#blocked = false;
      return then;
    }
    if (this.#blocked) return undefined;
    const timer = this.#due.shift();
    if (timer !== undefined) return () => timer.run(this.#scheduler.now - timer.dueAt);
    return this.#jobs.shift();
  }
}
