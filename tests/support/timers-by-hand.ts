/** Timers that ring when a test says so: what happens after a while is tested without waiting for it. */

interface Timer {
  readonly ms: number;
  readonly ring: () => void;
  readonly repeats: boolean;
  readonly unref: () => Timer;
}

export interface TimersByHand {
  /** The delays of those that are set, in the order of their setting. */
  readonly set: readonly number[];
  /** Rings those with this delay, each once. */
  ring(ms: number): void;
}

/** Only timers that the body itself sets are among them: it must not be asynchronous. */
export function withTimersByHand(body: (timers: TimersByHand) => void): void {
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
  const timers = new Set<Timer>();
  const starter = (repeats: boolean) => (ring: () => void, ms: number) => {
    const timer: Timer = { ms, ring, repeats, unref: () => timer };
    timers.add(timer);
    return timer;
  };
  const clear = (timer?: unknown): void => {
    timers.delete(timer as Timer);
  };
  Object.assign(globalThis, {
    setTimeout: starter(false),
    setInterval: starter(true),
    clearTimeout: clear,
    clearInterval: clear,
  });
  try {
    body({
      get set() {
        return [...timers].map(({ ms }) => ms);
      },
      ring(ms) {
        for (const timer of [...timers]) {
          if (timer.ms !== ms || !timers.has(timer)) continue;
          if (!timer.repeats) timers.delete(timer);
          timer.ring();
        }
      },
    });
  } finally {
    Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval });
  }
}
