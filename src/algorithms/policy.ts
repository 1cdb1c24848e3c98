/** Task policies: their fields, their defaults, and how one overrides another. */

import { UsageError } from '../errors.js';
import { TaskQueue } from './queue.js';
import type { AlgorithmDefinition, ResolvedPolicy, SlaveId, TaskPolicy } from './types.js';

/** A field that is left out here, or in the merge below, does not compile. */
const KEYS: readonly string[] = Object.keys({
  sid: true,
  tag: true,
  doItAnyway: true,
  retry: true,
  maxAttempts: true,
  retryErrors: true,
  backoffSeconds: true,
  backoffJitter: true,
  timeoutSeconds: true,
  signal: true,
  priority: true,
  backupTasks: true,
  category: true,
  killGraceSeconds: true,
  queue: true,
  trace: true,
} satisfies Record<keyof TaskPolicy, true>);

/** The longest wait between two runs. */
export const MOST_BACKOFF_SECONDS = 3_600;
/** A little less than a timer can wait. */
const LEAST_TIMEOUT_SECONDS = 0.001;
const MOST_TIMEOUT_SECONDS = 2_000_000;
const DEFAULT_CATEGORY = 'default';

/** The given value of `doItAnyway`, kept because without a sid it always reads true. */
const STATED = Symbol('doItAnyway as stated');

interface SettledPolicy extends ResolvedPolicy {
  readonly [STATED]: boolean | undefined;
}

/** The policy of a task without one; one object, shared by all of them. */
export const DEFAULT_POLICY: ResolvedPolicy = settle({});

/**
 * Overrides `base` by `policy` and fills in the defaults; undefined fields of `policy` come from `base`.
 * Without a sid, `doItAnyway` is true, as in CL-MW; if `policy` adds a sid, the given value of `doItAnyway`
 * counts again, or false. Throws UsageError that names the field, also for an unknown one.
 */
export function resolvePolicy(policy: TaskPolicy, base: TaskPolicy = DEFAULT_POLICY): ResolvedPolicy {
  checkPolicy(policy);
  const settled = settle({
    sid: policy.sid ?? base.sid,
    tag: policy.tag === undefined ? base.tag : policy.tag,
    doItAnyway: policy.doItAnyway ?? (STATED in base ? (base as SettledPolicy)[STATED] : base.doItAnyway),
    retry: policy.retry ?? base.retry,
    maxAttempts: policy.maxAttempts ?? base.maxAttempts,
    retryErrors: policy.retryErrors ?? base.retryErrors,
    backoffSeconds: policy.backoffSeconds ?? base.backoffSeconds,
    backoffJitter: policy.backoffJitter ?? base.backoffJitter,
    timeoutSeconds: policy.timeoutSeconds ?? base.timeoutSeconds,
    signal: policy.signal ?? base.signal,
    priority: policy.priority ?? base.priority,
    backupTasks: policy.backupTasks ?? base.backupTasks,
    category: policy.category ?? base.category,
    killGraceSeconds: policy.killGraceSeconds ?? base.killGraceSeconds,
    queue: policy.queue ?? base.queue,
    trace: policy.trace ?? base.trace,
  } satisfies Record<keyof TaskPolicy, unknown>);
  if (settled.sid !== undefined && settled.queue !== undefined) {
    const { sid, queue } = settled;
    throw new UsageError(
      `a task policy has a sid or a queue, not both; it has ${show(sid)} and queue ${show(queue.name)}, and an ` +
        'ordered task waits in the line of its slave',
    );
  }
  return settled;
}

/** The policy of a part of a collection, which computes a task of `subject`; undefined for a portable function. */
export function policyOfPart(
  policy: ResolvedPolicy,
  subject: AlgorithmDefinition | undefined,
  maxAttempts = policy.maxAttempts,
  isSuspect = false,
): ResolvedPolicy {
  return Object.freeze({ ...policy, subject, maxAttempts, isSuspect });
}

/** The policy of a task that a scope cancels, for as long as its signal says so. */
export function policyInScope(policy: ResolvedPolicy, scopeSignal: AbortSignal): ResolvedPolicy {
  return Object.freeze({ ...policy, scopeSignal });
}

/** The policy of a broadcast's runs, each of which belongs to its slave. */
export function policyOfBroadcast(policy: ResolvedPolicy): ResolvedPolicy {
  const bound = { sid: undefined, queue: undefined, retry: false, doItAnyway: false, backupTasks: false };
  return Object.freeze({ ...policy, ...bound, isBroadcast: true });
}

/** The policy of tasks for a reserved slave: what that slave knew is lost with it, so no other runs them. */
export function policyOfReserved(policy: ResolvedPolicy, reservation: object): ResolvedPolicy {
  const once = { retry: false, retryErrors: false, doItAnyway: false, backupTasks: false };
  return Object.freeze({ ...policy, ...once, sid: undefined, queue: undefined, reservation });
}

function settle(policy: TaskPolicy): ResolvedPolicy {
  const settled: SettledPolicy = {
    sid: policy.sid,
    tag: policy.tag,
    doItAnyway: policy.sid === undefined || (policy.doItAnyway ?? false),
    retry: policy.retry ?? true,
    maxAttempts: policy.maxAttempts ?? 5,
    retryErrors: policy.retryErrors ?? false,
    backoffSeconds: policy.backoffSeconds ?? 0,
    backoffJitter: policy.backoffJitter ?? 0,
    timeoutSeconds: policy.timeoutSeconds,
    signal: policy.signal,
    priority: policy.priority ?? 0,
    backupTasks: policy.backupTasks,
    category: policy.category ?? DEFAULT_CATEGORY,
    killGraceSeconds: policy.killGraceSeconds ?? 0,
    queue: policy.queue,
    trace: policy.trace ?? 'link',
    [STATED]: policy.doItAnyway,
  };
  return Object.freeze(settled);
}

function checkPolicy(policy: TaskPolicy): void {
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) {
    throw new UsageError(`a task policy is an object of ${KEYS.join(', ')}; got ${show(policy)}`);
  }
  for (const key of Object.keys(policy)) {
    if (!KEYS.includes(key)) {
      throw new UsageError(`a task policy has no ${JSON.stringify(key)}; it may have ${KEYS.join(', ')}`);
    }
  }
  const {
    sid,
    doItAnyway,
    retry,
    maxAttempts,
    retryErrors,
    backoffSeconds,
    backoffJitter,
    timeoutSeconds,
    signal,
    priority,
    backupTasks,
    category,
    killGraceSeconds,
    queue,
    trace,
  } = policy;
  if (sid !== undefined && !isSlaveId(sid)) {
    throw new UsageError(`a task policy's sid is the id of a slave, such as 'SLAVE-0'; got ${show(sid)}`);
  }
  checkBoolean('doItAnyway', doItAnyway);
  checkBoolean('retry', retry);
  if (typeof retryErrors !== 'function' && typeof retryErrors !== 'boolean' && retryErrors !== undefined) {
    throw new UsageError(
      `a task policy's retryErrors is true, false or a function of the error and the attempt; got ${show(retryErrors)}`,
    );
  }
  checkBoolean('backupTasks', backupTasks);
  if (queue !== undefined && !TaskQueue.is(queue)) {
    throw new UsageError(`a task policy's queue is the return value of makeQueue; got ${show(queue)}`);
  }
  if (maxAttempts !== undefined && !(Number.isSafeInteger(maxAttempts) && maxAttempts > 0)) {
    throw new UsageError(`a task policy's maxAttempts is a whole number from 1; got ${show(maxAttempts)}`);
  }
  if (backoffSeconds !== undefined && !isWithin(backoffSeconds, 0, MOST_BACKOFF_SECONDS)) {
    throw new UsageError(
      `a task policy's backoffSeconds are from 0 to ${MOST_BACKOFF_SECONDS}; got ${show(backoffSeconds)}`,
    );
  }
  if (backoffJitter !== undefined && !isWithin(backoffJitter, 0, 1)) {
    throw new UsageError(`a task policy's backoffJitter is from 0 to 1; got ${show(backoffJitter)}`);
  }
  if (
    timeoutSeconds !== undefined &&
    !isWithin(timeoutSeconds, LEAST_TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS)
  ) {
    throw new UsageError(
      `a task policy's timeoutSeconds are from ${LEAST_TIMEOUT_SECONDS} to ${MOST_TIMEOUT_SECONDS}; got ${show(timeoutSeconds)}`,
    );
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new UsageError(`a task policy's signal is an AbortSignal; got ${show(signal)}`);
  }
  if (priority !== undefined && !Number.isFinite(priority)) {
    throw new UsageError(`a task policy's priority is a finite number; got ${show(priority)}`);
  }
  if (trace !== undefined && !['link', 'parent', 'none'].includes(trace)) {
    throw new UsageError(`a task policy's trace is 'link', 'parent' or 'none'; got ${show(trace)}`);
  }
  if (category !== undefined) checkCategory("a task policy's category", category);
  if (killGraceSeconds !== undefined && !isWithin(killGraceSeconds, 0, MOST_TIMEOUT_SECONDS)) {
    throw new UsageError(
      `a task policy's killGraceSeconds are from 0 to ${MOST_TIMEOUT_SECONDS}; got ${show(killGraceSeconds)}`,
    );
  }
}

/** Throws UsageError, whose subject is `what`. */
export function checkCategory(what: string, category: unknown): void {
  if (typeof category === 'string') return;
  throw new UsageError(`${what} is a text, such as 'search'; got ${show(category)}`);
}

function isSlaveId(value: unknown): value is SlaveId {
  return typeof value === 'string' && /^SLAVE-\d+$/.test(value);
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function checkBoolean(key: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new UsageError(`a task policy's ${key} is true or false; got ${show(value)}`);
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
