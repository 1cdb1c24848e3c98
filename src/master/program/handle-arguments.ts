/** Checks the arguments of the calls of a master's handle. All of them throw UsageError. */

import type { SlaveKind } from '../../audit/events.js';
import { UsageError } from '../../errors.js';
import { checkOptionNames } from '../../structures/check-options.js';
import { givenText } from '../../structures/value-text.js';
import { SLAVE_KINDS } from '../slaves/allocation.js';
import type { AllocateOptions, CancelOptions, SubmitAllOptions } from './master-handle.js';

export const TASK_ID = /^TASK-(\d+)$/;
export const SLAVE_ID = /^SLAVE-(\d+)$/;
/** CL-MW's. */
const DEFAULT_AMOUNT = 1_000;
const ALLOCATE_KEYS = ['amount', 'kind'] as const satisfies (keyof AllocateOptions)[];
const KILL_KEYS = ['kill'] as const satisfies (keyof CancelOptions)[];
const SUBMIT_ALL_KEYS = ['targetNumber'] as const satisfies (keyof SubmitAllOptions)[];

/** The number in an id of this form; `what` says what it should be. */
export function numberOf(id: unknown, form: RegExp, what: string): number {
  const number = typeof id === 'string' ? form.exec(id)?.[1] : undefined;
  if (number === undefined) throw new UsageError(`${givenText(id)} is no ${what}`);
  return Number(number);
}

export function killOf(options: CancelOptions): boolean {
  checkOptionNames('cancel', options, KILL_KEYS);
  const { kill = false } = options;
  if (typeof kill === 'boolean') return kill;
  throw new UsageError(`kill of cancel is true or false; got ${givenText(kill)}`);
}

export function checkSubmitAll(items: unknown, submit: unknown, options: SubmitAllOptions): void {
  const isObject = typeof items === 'string' || (typeof items === 'object' && items !== null);
  const source = Object(items) as object;
  if (!isObject || !(Symbol.iterator in source || Symbol.asyncIterator in source)) {
    throw new UsageError('submitAll draws from an iterable or async iterable, such as a list or a generator');
  }
  if (typeof submit !== 'function') {
    throw new UsageError('submitAll needs a function of an item, such as (n) => square.funcall(n)');
  }
  checkOptionNames('submitAll', options, SUBMIT_ALL_KEYS);
  const { targetNumber } = options;
  if (targetNumber !== undefined && !(Number.isSafeInteger(targetNumber) && targetNumber > 0)) {
    throw new UsageError(`submitAll's targetNumber is a whole number from 1; got ${givenText(targetNumber)}`);
  }
}

export function amountAndKind(call: string, options: AllocateOptions): [number, SlaveKind] {
  checkOptionNames(call, options, ALLOCATE_KEYS);
  const { amount = DEFAULT_AMOUNT, kind = 'unordered' } = options;
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new UsageError(`an amount of slaves is a whole number from 0; got ${givenText(amount)}`);
  }
  if (!SLAVE_KINDS.includes(kind)) {
    throw new UsageError(
      `${givenText(kind)} is not a group of slaves; the groups are ${SLAVE_KINDS.join(', ')}`,
    );
  }
  return [amount, kind];
}
