/**
 * The tasks that collections take: algorithms, and functions marked with `portable`. Resolves and submits both.
 */

import type { OperationName, TaskReference } from '../../algorithms/operations.js';
import { DEFAULT_POLICY, policyOfPart, resolvePolicy } from '../../algorithms/policy.js';
import { portableSource } from '../../algorithms/portable.js';
import { definitionOf, operationNamed } from '../../algorithms/registry.js';
import type { Submitter } from '../../algorithms/submitter.js';
import type { Task } from '../../algorithms/task.js';
import type {
  AlgorithmDefinition,
  Future,
  ResolvedPolicy,
  TaskFunction,
  TaskPolicy,
} from '../../algorithms/types.js';
import { InvalidTaskError } from '../../errors.js';
import { operationErrorOf } from './element-error.js';
import { heed } from './heed.js';

/** Any task; what it takes and returns is checked by types. */
export type AnyTask = Task<never[], unknown>;

/** A task, and how it is submitted. */
export interface ResolvedTask {
  /** For messages. */
  readonly name: string;
  readonly reference: TaskReference;
  /** Undefined for a portable function. */
  readonly definition: AlgorithmDefinition | undefined;
  readonly policy: ResolvedPolicy;
}

/** Throws InvalidTaskError, which names the call `stub`, such as `pmap`. */
export function resolveTask(stub: string, task: unknown, policy?: TaskPolicy): ResolvedTask {
  const definition = definitionOf(task);
  if (definition !== undefined) {
    const { name, fingerprint } = definition;
    return {
      name,
      reference: [name, fingerprint],
      definition,
      policy: policy === undefined ? definition.policy : resolvePolicy(policy, definition.policy),
    };
  }
  if (portableSource(task) === undefined) throw invalidTask(stub, task);
  const { name } = task as TaskFunction;
  return {
    name: name === '' ? 'a portable function' : name,
    reference: task as TaskFunction,
    definition: undefined,
    policy: policy === undefined ? DEFAULT_POLICY : resolvePolicy(policy),
  };
}

/** A task whose parts compute `key` of their elements too: a checkpoint keeps their results only if it keeps those of both. */
export function withKey(task: ResolvedTask, key: ResolvedTask | undefined): ResolvedTask {
  if (key?.definition === undefined || key.definition.checkpoint) return task;
  return { ...task, definition: { ...(task.definition ?? key.definition), checkpoint: false } };
}

/** One task; a portable function travels to the operation that calls it. */
export function submitTaskTo(
  submitter: Submitter,
  task: ResolvedTask,
  args: readonly unknown[],
  place: string | undefined,
): Future<unknown> {
  const { definition, policy, reference } = task;
  if (definition !== undefined) return submitter.future(definition, args, policy, place);
  return submitter.future(operationNamed('ts-mw:call'), [reference, ...args], policy, place);
}

interface OperationParams {
  readonly submitter: Submitter;
  readonly task: ResolvedTask;
  readonly place: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** One task of an operation that computes for a task; rejects with the reason of its signal, or its scope's, when that aborts. */
export async function submitOperation(
  { submitter, task, place, signal }: OperationParams,
  operation: OperationName,
  args: readonly unknown[],
): Promise<readonly unknown[]> {
  signal?.throwIfAborted();
  const future = submitter.future(
    operationNamed(operation),
    [task.reference, ...args],
    policyOfParts(task),
    place,
  );
  const cancel = (): void => {
    future.cancel();
  };
  const leave = signal && heed(signal, cancel);
  try {
    return (await future) as readonly unknown[];
  } catch (error) {
    signal?.throwIfAborted();
    submitter.scopeSignal?.throwIfAborted();
    throw operationErrorOf(error, task.name);
  } finally {
    leave?.();
  }
}

/** The policy of operations that compute for a task. */
export function policyOfParts(
  { definition, policy }: ResolvedTask,
  maxAttempts?: number,
  isSuspect?: boolean,
): ResolvedPolicy {
  return policyOfPart(policy, definition, maxAttempts, isSuspect);
}

function invalidTask(stub: string, task: unknown): InvalidTaskError {
  const cures = 'pass the return value of defineAlgorithm, or mark the function: portable((x) => ...)';
  if (typeof task !== 'function') {
    const kind = task === null ? 'null' : Array.isArray(task) ? 'an array' : typeof task;
    return new InvalidTaskError(`${stub} takes a task, and got ${kind}; ${cures}`);
  }
  const name = task.name === '' ? 'a bare function' : `the bare function ${task.name}`;
  return new InvalidTaskError(`${stub} takes a task, and got ${name}, which slaves do not have; ${cures}`);
}
