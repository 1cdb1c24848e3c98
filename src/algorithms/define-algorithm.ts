/** Makes an algorithm from a function: the registry's definition, and the callable with its stubs. */

import { UsageError } from '../errors.js';
import { checkOptionNames } from '../structures/check-options.js';
import { ArrayCallbackArguments, refuseArrayCallback } from './array-callback.js';
import { callSiteOf, placeOf } from './call-site.js';
import { fingerprintFor } from './fingerprint.js';
import { PlaceSampler } from './place-sampler.js';
import { DEFAULT_POLICY, resolvePolicy } from './policy.js';
import { checkAlgorithmName, definitionOf, registerAlgorithm } from './registry.js';
import { currentMaster, futureHere, submitHere } from './submitter-context.js';
import type {
  Algorithm,
  AlgorithmDefinition,
  AlgorithmOptions,
  AlgorithmStubs,
  Future,
  ResolvedPolicy,
  TaskFunction,
  TaskId,
  TaskPolicy,
  TaskSubmitter,
} from './types.js';

const OPTION_KEYS = [
  'policy',
  'version',
  'checkpoint',
  'functionsInResults',
] as const satisfies (keyof AlgorithmOptions)[];

/** The return type of `defineAlgorithm`: an algorithm, or the reason why `F` cannot be one. */
export type DefinedAlgorithm<N extends string, F> = F extends TaskFunction
  ? Algorithm<N, F>
  : 'a task algorithm cannot have a this parameter';

/**
 * Defines a task algorithm (CL-MW's mw-define-algorithm): master and slaves must both define it, under the
 * same name, before they are initialized. Calling the returned algorithm runs `fn` here; its `funcall`,
 * `future` and `withTaskPolicy` make tasks instead. `fn` itself is not changed. Throws UsageError for a name
 * that is empty, taken, or cannot be shown in a line.
 *
 * The types of the stubs come from `fn`: required, optional, default, rest and object parameters, sync and
 * async. Every parameter needs a type or a default, and a recursive algorithm its return type. Limits: the
 * stubs of a generic function see its type parameters as their constraints (`unknown` for `<T>`), those of an
 * overloaded one its last overload. The direct call keeps all types.
 *
 * @example
 * const hello = defineAlgorithm('hello', (name: string) => `Hello World: ${name}`);
 * hello('here');           // runs here
 * hello.funcall('there');  // one task, for any slave
 */
// CallableFunction and not TaskFunction: a constraint with a signature would give untyped parameters the type
// `never`. This one gives them no type, and the compiler reports them at their place.
export function defineAlgorithm<const N extends string, F extends CallableFunction>(
  name: N,
  fn: F,
  options: AlgorithmOptions = {},
): DefinedAlgorithm<N, F> {
  const place = placeOf(callSiteOf(defineAlgorithm));
  checkAlgorithmName(name, place);
  checkFunction(name, fn);
  checkOptions(name, options);
  const run = fn as unknown as TaskFunction;
  const definition: AlgorithmDefinition = Object.freeze({
    name,
    fn: run,
    policy: options.policy === undefined ? DEFAULT_POLICY : resolvePolicy(options.policy),
    fingerprint: fingerprintFor(name, run, options.version),
    checkpoint: options.checkpoint ?? true,
    functionsInResults: options.functionsInResults ?? false,
    place,
  });
  const algorithm = (...args: never[]): unknown => run(...args);
  Object.defineProperties(algorithm, stubsOf(definition));
  registerAlgorithm(definition, algorithm);
  return algorithm as unknown as DefinedAlgorithm<N, F>;
}

/** Not enumerable, so that printing or comparing an algorithm never asks a master for its counts. */
function stubsOf(
  definition: AlgorithmDefinition,
): Record<'length' | keyof AlgorithmStubs<string, TaskFunction>, PropertyDescriptor> {
  const places = new PlaceSampler();
  return {
    name: { value: definition.name },
    length: { value: definition.fn.length },
    funcall: { value: makeFuncall(definition, places) },
    future: { value: makeFuture(definition, places) },
    withTaskPolicy: {
      value: (policy: TaskPolicy) =>
        makeTaskSubmitter(definition, resolvePolicy(policy, definition.policy), places),
    },
    ...counters(definition),
  };
}

function makeFuncall(definition: AlgorithmDefinition, places: PlaceSampler): (...args: unknown[]) => TaskId {
  const { fn, policy } = definition;
  const stub = `${definition.name}.funcall`;
  const funcall = (...args: unknown[]): TaskId => {
    if (args.length === 3) refuseArrayCallback(stub, fn, args, funcall);
    return submitHere(stub, definition, args, policy, places.take(funcall));
  };
  return funcall;
}

function makeFuture(
  definition: AlgorithmDefinition,
  places: PlaceSampler,
): (...args: unknown[]) => Future<unknown> {
  const { fn, policy } = definition;
  const stub = `${definition.name}.future`;
  const future = (...args: unknown[]): Future<unknown> => {
    if (args.length === 3) refuseArrayCallback(stub, fn, args, future);
    return futureHere(stub, definition, args, policy, places.take(future));
  };
  return future;
}

function makeTaskSubmitter(
  definition: AlgorithmDefinition,
  policy: ResolvedPolicy,
  places: PlaceSampler,
): TaskSubmitter<TaskFunction> {
  const stub = `${definition.name}.withTaskPolicy(policy)`;
  const mapped = new ArrayCallbackArguments(stub, definition.fn);
  const submit = (...args: readonly unknown[]): TaskId => {
    const sent = args.length === 3 ? mapped.take(args, submit) : args;
    return submitHere(stub, definition, sent, policy, places.take(submit));
  };
  const future = (...args: readonly unknown[]): Future<unknown> => {
    const sent = args.length === 3 ? mapped.take(args, future) : args;
    return futureHere(stub, definition, sent, policy, places.take(future));
  };
  return Object.assign(submit, { future });
}

function counters(
  definition: AlgorithmDefinition,
): Record<'targetNumber' | 'pendingTasks' | 'uptoTargetNumber', PropertyDescriptor> {
  const stub = `${definition.name}.targetNumber`;
  return {
    targetNumber: {
      get: () => currentMaster(stub).targetNumber(definition),
      set: (target: unknown) => {
        if (!Number.isSafeInteger(target)) {
          throw new UsageError(`${stub} is a whole number; got ${String(target)}`);
        }
        currentMaster(stub).setTargetNumber(definition, Math.max(0, target as number));
      },
    },
    pendingTasks: {
      get: () => currentMaster(`${definition.name}.pendingTasks`).pendingTasks(definition),
    },
    uptoTargetNumber: {
      get: () => {
        const submitter = currentMaster(`${definition.name}.uptoTargetNumber`);
        return Math.max(0, submitter.targetNumber(definition) - submitter.pendingTasks(definition));
      },
    },
  };
}

function checkFunction(name: string, fn: unknown): void {
  if (typeof fn !== 'function') {
    throw new UsageError(`algorithm ${JSON.stringify(name)} needs a function; got ${typeof fn}`);
  }
  const other = definitionOf(fn);
  if (other !== undefined) {
    throw new UsageError(
      `algorithm ${JSON.stringify(name)} is given algorithm ${JSON.stringify(other.name)}; ` +
        'give it the plain function',
    );
  }
}

function checkOptions(name: string, options: AlgorithmOptions): void {
  checkOptionNames(`algorithm ${JSON.stringify(name)}`, options, OPTION_KEYS);
  const { version } = options;
  for (const key of ['checkpoint', 'functionsInResults'] as const) {
    if (options[key] === undefined || typeof options[key] === 'boolean') continue;
    throw new UsageError(`${key} of algorithm ${JSON.stringify(name)} is true or false`);
  }
  if (version !== undefined && (typeof version !== 'string' || version === '')) {
    throw new UsageError(`the version of algorithm ${JSON.stringify(name)} is a string that is not empty`);
  }
}
