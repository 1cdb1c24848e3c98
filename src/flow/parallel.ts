/** Components that must all succeed: side by side, or one after the other. */

import { UsageError } from '../errors.js';
import { checkOptionNames } from '../structures/check-options.js';
import { givenText } from '../structures/value-text.js';
import { type Component, type Components, type ComponentValues, componentsOf } from './components.js';
import { Cancellation } from './scope/cancellation.js';
import { EndingTogether, heldBy, runComponent } from './scope/run-component.js';
import { currentFlowScope, FlowScope, pathWithin, ScopeCall } from './scope/scope.js';

/** Options of `parallel`. */
export interface ParallelOptions {
  /** Components that run at a time, at most; the others wait, in their order. No limit by default. */
  readonly limit?: number | undefined;
}

const KEYS = ['limit'] as const satisfies (keyof ParallelOptions)[];

/**
 * Runs components side by side, and resolves with their values in the same shape. Each is a function; its tasks,
 * collections, channels and whatever it awaits belong to its scope. The first failure cancels the others: their tasks,
 * queued and running, and all that waits in them. It is thrown when they have stopped, and its `scopePath` says
 * which component it was. A component ends when its promise has settled and no future or flow that it began is left.
 *
 * Rejects with ScopeCancelledError if a scope around it was cancelled, and with UsageError for anything but functions.
 *
 * @example
 * const { build, pages } = await parallel({ build: () => compile.future(sources), pages: () => pmap(render, pages) });
 */
export function parallel<const C extends Components>(
  components: C,
  options: ParallelOptions = {},
): Promise<ComponentValues<C>> {
  return runAll('parallel', components, () => checkedLimit(options));
}

/**
 * Runs components one after the other, and resolves with their values in the same shape. The first failure is thrown,
 * with its `scopePath`, and the rest does not begin. Everything else is as in `parallel`.
 *
 * @example await sequential({ fetch: () => pmap(fetchPage, urls), index: () => makeIndex.future() });
 */
export function sequential<const C extends Components>(components: C): Promise<ComponentValues<C>> {
  return runAll('sequential', components, () => 1);
}

function runAll<C extends Components>(
  kind: string,
  components: C,
  limitOf: () => number,
): Promise<ComponentValues<C>> {
  const around = currentFlowScope();
  return heldBy(around, async () => {
    const { functions, nameOf, shape } = componentsOf(kind, components);
    const limit = limitOf();
    // Otherwise the beginnings of nested calls would be a recursion
    await undefined;
    const scopes = new Array<FlowScope | undefined>(functions.length);
    const cancellation = new Cancellation(
      around?.cancellation,
      () => pathWithin(around, kind),
      () => scopes.filter((scope) => scope !== undefined),
    );
    const values = new Array<unknown>(functions.length);
    let call: ScopeCall | undefined;
    const begin = (index: number, ending: EndingTogether): void => {
      const { onOutcome } = ending;
      call ??= new ScopeCall({ nameOf, parent: around, cancellation, onOutcome });
      const scope = new FlowScope(call, index);
      scopes[index] = scope;
      runComponent(scope, functions[index] as Component, ending);
    };
    const ended = await endOfAll(values, limit, cancellation, begin, ({ index }) => {
      scopes[index] = undefined;
    });
    cancellation.end();
    if (cancellation.failure !== undefined) throw cancellation.failure.error;
    if (ended < functions.length) throw cancellation.reason;
    return shape(values) as ComponentValues<C>;
  });
}

/** Begins components until one is cancelled. Resolves when none runs, with the number of those that gave their value. */
function endOfAll(
  values: unknown[],
  limit: number,
  cancellation: Cancellation,
  begin: (index: number, ending: EndingTogether) => void,
  onEnded: (scope: FlowScope) => void,
): Promise<number> {
  let next = 0;
  let running = 0;
  let ended = 0;
  let isBeginning = false;
  return new Promise((resolve) => {
    const ending = new EndingTogether({
      onValue: (value, scope) => {
        values[scope.index] = value;
        ended++;
        goOn(scope);
      },
      // The cancellation keeps the first one
      onError: (_, scope) => goOn(scope),
    });
    const goOn = (scope: FlowScope): void => {
      running--;
      onEnded(scope);
      // Components that end at once are no recursion
      if (!isBeginning) fill();
    };
    const fill = (): void => {
      isBeginning = true;
      while (running < limit && next < values.length && cancellation.reason === undefined) {
        running++;
        begin(next++, ending);
      }
      isBeginning = false;
      if (running === 0) resolve(ended);
    };
    fill();
  });
}

function checkedLimit(options: ParallelOptions): number {
  checkOptionNames('parallel', options, KEYS);
  const { limit = Number.POSITIVE_INFINITY } = options;
  if (limit === Number.POSITIVE_INFINITY || (Number.isSafeInteger(limit) && limit > 0)) return limit;
  throw new UsageError(`the limit of parallel is a whole number from 1; got ${givenText(limit)}`);
}
