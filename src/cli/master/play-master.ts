/**
 * Runs a program's master algorithm on its master: to its end, or until a signal or an exception stops both.
 * Then the algorithm has some time to save its work.
 */

import { setProgramSubmitter } from '../../algorithms/submitter-context.js';
import type { AuditTrail } from '../../audit/audit-trail.js';
import type { MasterEnd } from '../../master/program/master-end.js';
import type { MasterAlgorithm } from '../define-program.js';
import type { Configuration } from '../flags/configuration.js';
import { describeThrown, describeUnawaited } from '../process/describe-thrown.js';
import { exitCodeOf, FAILURE } from '../process/exit-code.js';
import { type Uncaught, watchForInterruption } from '../process/interruption.js';
import type { RunningMaster } from './run-master.js';

/** The time for a master algorithm to end after it was stopped. */
const SAVE_WITHIN_MS = 10_000;

interface PlayParams {
  readonly configuration: Configuration;
  readonly audit: AuditTrail;
  readonly algorithm: MasterAlgorithm;
  readonly running: RunningMaster;
  /** Prints a problem, and keeps it for the trail. */
  readonly tell: (text: string) => void;
}

type Played =
  | { readonly by: 'return'; readonly value: unknown }
  | { readonly by: 'throw'; readonly error: unknown };

/** Returns the exit code, when the master has ended; never rejects. */
export async function playMaster(params: PlayParams): Promise<number> {
  const { audit, algorithm, running, tell } = params;
  const killLocalSlaves = (): void => running.killLocalSlaves();
  process.on('exit', killLocalSlaves);
  setProgramSubmitter(running.master);
  const isKnown = (error: unknown): boolean => error === running.handle.signal.reason;
  const interruption = watchForInterruption(audit, (uncaught, isFirst) => {
    if (!isFirst && !isKnown(uncaught.error)) tell(describeUncaught(uncaught));
  });
  const played: Promise<Played> = Promise.resolve(running.handle)
    .then(algorithm)
    .then(
      (value) => ({ by: 'return', value }),
      (error: unknown) => ({ by: 'throw', error }),
    );
  const first = await Promise.race([played, interruption.first]);
  let code = FAILURE;
  switch (first.by) {
    case 'return':
      code = exitCodeOf(first.value, audit);
      if (await endPlayed(params)) code = FAILURE;
      break;
    case 'throw':
      tell(describeThrown(first.error));
      await running.end({ by: 'error', error: first.error });
      break;
    case 'exception':
      tell(describeUncaught(first));
      await stop(params, played, first);
      break;
    case 'signal':
      ({ code } = first);
      await stop(params, played, first);
      break;
    default:
      first satisfies never;
  }
  setProgramSubmitter(undefined);
  interruption.end(code);
  process.off('exit', killLocalSlaves);
  return code;
}

/** True if something was left and the program must fail because of it. */
async function endPlayed({ running, configuration, tell, audit }: PlayParams): Promise<boolean> {
  const ending = running.end({ by: 'return' });
  const { leftBehind } = running;
  if (leftBehind !== undefined) {
    if (configuration.strict) tell(`--strict: ${leftBehind}`);
    else audit.emit({ type: 'warning', text: `${leftBehind}; --strict makes that exit 255` });
  }
  await ending;
  return leftBehind !== undefined && configuration.strict;
}

/** Ends the master. The algorithm learns of it by everything that it waits for, and may save its work. */
async function stop(
  { running, audit, tell }: PlayParams,
  played: Promise<Played>,
  interruption: Exclude<MasterEnd, { by: 'return' | 'stop' | 'error' }> | Uncaught,
): Promise<void> {
  const end: MasterEnd =
    interruption.by === 'signal'
      ? { by: 'signal', signal: interruption.signal }
      : { by: 'error', error: interruption.error };
  const saved = played.then((last) => {
    if (last.by !== 'throw') return;
    // An exception that stopped it has already been reported
    if (interruption.by === 'exception' && last.error === running.handle.signal.reason) return;
    tell(describeThrown(last.error));
  });
  const [inTime] = await Promise.all([settlesWithin(saved, SAVE_WITHIN_MS), running.end(end)]);
  if (inTime) return;
  const seconds = SAVE_WITHIN_MS / 1_000;
  const text = `the master algorithm did not end within ${seconds} s after it was stopped, and is abandoned`;
  audit.emit({ type: 'warning', text });
}

/** Whether the promise settles in time. False at once if nothing is left that could settle it. */
async function settlesWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let onIdle = (): void => {};
  const over = new Promise<boolean>((resolve) => {
    onIdle = () => resolve(true);
    process.once('beforeExit', onIdle);
    // The timer does not hold the event loop, which runs empty as soon as the algorithm waits for nothing
    timer = setTimeout(() => resolve(false), ms).unref();
  });
  try {
    return await Promise.race([promise.then(() => true), over]);
  } finally {
    clearTimeout(timer);
    process.off('beforeExit', onIdle);
  }
}

function describeUncaught({ error, isRejection }: Uncaught): string {
  return isRejection ? describeUnawaited(error) : describeThrown(error);
}
