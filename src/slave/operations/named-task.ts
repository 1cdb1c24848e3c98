/** Finds the function of a task that travelled by its name. */

import type { TaskReference } from '../../algorithms/operations.js';
import { definitionNamed } from '../../algorithms/registry.js';
import { UsageError } from '../../errors.js';

/** A task's function, for calls with any arguments. */
export type Call = (...args: unknown[]) => unknown;

/** Throws UsageError if this slave does not define the algorithm. */
export function callOf(reference: TaskReference): Call {
  if (typeof reference === 'function') return reference as unknown as Call;
  const [name] = reference;
  const definition = definitionNamed(name);
  if (definition !== undefined) return definition.fn as unknown as Call;
  throw new UsageError(
    `this slave does not define the algorithm ${JSON.stringify(name)}; run the same program on both`,
  );
}
