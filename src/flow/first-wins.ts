/** Components of which one is enough. */

import { StoppedError } from '../errors.js';
import { valueText } from '../structures/value-text.js';
import { type Component, type Components, componentsOf } from './components.js';
import { componentResult, heldBy } from './scope/run-component.js';
import { currentFlowScope, type FlowScope, ownScope, pathWithin } from './scope/scope.js';
import { nextMoment, tellScope } from './scope/scope-path.js';

const MOST_SHOWN = 3;

/**
 * Runs components side by side and resolves with the value of the first that succeeds. The others are cancelled: their
 * tasks, queued and running, and all that waits in them; it resolves when they have stopped. As with `Promise.any`, a
 * component that fails does not win, and if all fail, it rejects with an AggregateError of their errors, in order.
 *
 * Rejects with ScopeCancelledError if a scope around it was cancelled before one had won, with StoppedError if the master
 * was stopped before that, and with UsageError for anything but functions.
 *
 * @example const path = await firstWins([() => breadthFirst.future(maze), () => depthFirst.future(maze)]);
 */
export function firstWins<const C extends readonly Component[]>(
  components: C,
): Promise<Awaited<ReturnType<C[number]>>>;
/** The same for components with names, which paths of errors show. */
export function firstWins<const C extends Readonly<Record<string, Component>>>(
  components: C,
): Promise<Awaited<ReturnType<C[keyof C]>>>;
export function firstWins(components: Components): Promise<unknown> {
  const around = currentFlowScope();
  return heldBy(around, async () => {
    const { functions, nameOf } = componentsOf('firstWins', components);
    // Otherwise the beginnings of nested calls would be a recursion
    await undefined;
    const scopes = functions.map((_, index) => ownScope(nameOf(index), around));
    const errors = new Array<unknown>(functions.length);
    let winner: { readonly scope: FlowScope; readonly value: unknown } | undefined;
    const run = async (scope: FlowScope, index: number): Promise<void> => {
      const { cancellation } = scope;
      try {
        if (cancellation.reason !== undefined) throw cancellation.reason;
        const value = await componentResult(scope, functions[index] as Component);
        cancellation.end();
        if (winner !== undefined || cancellation.reason !== undefined) return;
        winner = { scope, value };
        const why = `${scope.path} has won`;
        for (const other of scopes) other.cancellation.cancel(why);
      } catch (error) {
        errors[index] = error;
        cancellation.end();
      }
    };
    const running = scopes.map(run);
    for (const one of running) await one;
    if (winner !== undefined) return winner.value;
    if (around?.cancellation.reason !== undefined) throw around.cancellation.reason;
    // That is nothing of the components: they had no time to win
    const stopped = errors.find((error) => error instanceof StoppedError);
    if (stopped !== undefined) throw stopped;
    throw allFailed(errors, pathWithin(around, 'firstWins'));
  });
}

function allFailed(errors: readonly unknown[], path: string): AggregateError {
  const shown = errors.slice(0, MOST_SHOWN).map((error) => `\n  ${valueText(error)}`);
  if (errors.length > MOST_SHOWN) shown.push(`\n  and ${errors.length - MOST_SHOWN} more, in errors`);
  const what = errors.length === 0 ? 'there is none' : `none of ${errors.length} succeeded`;
  const error = new AggregateError(errors, `${path} has no winner: ${what}${shown.join('')}`);
  tellScope(error, () => path, nextMoment());
  return error;
}
