/** The elements that calls take for the parameters of a task. */

import type { Shared } from '../../algorithms/shared.js';

/** A parameter's value, or a shared one, which each slave gets once. */
export type MapElement<A> = A | Shared<A>;

/** The same for tuples. */
export type MapElements<A extends readonly unknown[]> = { readonly [K in keyof A]: MapElement<A[K]> };
