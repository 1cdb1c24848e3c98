/** Events that may end a process before its algorithm does: a signal, or an exception that nobody caught. */

import type { AuditSink } from '../../audit/audit-trail.js';

/** The exit codes of a process that a signal has ended, as shells count them. */
export const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
export type EndSignal = keyof typeof SIGNAL_CODES;
export const END_SIGNALS = Object.keys(SIGNAL_CODES) as readonly EndSignal[];

/**
 * For a process that starts, and has nothing to save: a signal ends it at once, with its code, or the given one. Returns a
 * function that leaves signals alone again.
 */
export function endAtSignal(audit: AuditSink, code?: number): () => void {
  const onSignal = (signal: EndSignal): void => {
    audit.emit({ type: 'interrupted', signal });
    process.exit(code ?? SIGNAL_CODES[signal]);
  };
  for (const signal of END_SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of END_SIGNALS) process.off(signal, onSignal);
  };
}

export type Uncaught = {
  readonly by: 'exception';
  readonly error: unknown;
  /** Whether it is the reason of a promise that was rejected while nobody awaited it. */
  readonly isRejection: boolean;
};

export type Interruption =
  | { readonly by: 'signal'; readonly signal: NodeJS.Signals; readonly code: number }
  | Uncaught;

export interface InterruptionWatch {
  /** Resolves with the first one. */
  readonly first: Promise<Interruption>;
  /** From now on the process has its exit code, and a signal can only make it end sooner. */
  readonly end: (code: number) => void;
}

/**
 * A second signal ends the process at once. `onException` is called immediately for each exception, and is
 * told whether there was an earlier interruption. A program with its own listeners for exceptions decides
 * itself, as in Node.
 */
export function watchForInterruption(
  audit: AuditSink,
  onException: (uncaught: Uncaught, isFirst: boolean) => void,
): InterruptionWatch {
  let onSignal: (signal: EndSignal) => void = () => {};
  let onUncaught: NodeJS.UncaughtExceptionListener = () => {};
  let ended: number | undefined;
  let failed = false;
  const first = new Promise<Interruption>((resolve) => {
    let signals = 0;
    onSignal = (signal) => {
      if (ended !== undefined) process.exit(ended);
      audit.emit({ type: 'interrupted', signal });
      const code = SIGNAL_CODES[signal];
      // The user insists.
      if (++signals > 1) process.exit(code);
      resolve({ by: 'signal', signal, code });
    };
    onUncaught = (error, origin) => {
      if (process.listenerCount('uncaughtException') > 1) return;
      const uncaught = { by: 'exception', error, isRejection: origin === 'unhandledRejection' } as const;
      const isFirst = !failed && signals === 0;
      failed = true;
      onException(uncaught, isFirst);
      resolve(uncaught);
    };
  });
  for (const signal of END_SIGNALS) process.on(signal, onSignal);
  // Before listeners that run once, which are no longer counted after their call.
  process.prependListener('uncaughtException', onUncaught);
  return {
    first,
    end: (code) => {
      ended = code;
      // Repeated exceptions must not change the exit code.
      if (!failed) process.off('uncaughtException', onUncaught);
    },
  };
}
