/** Checks that what a program gives as a proof can be one: without its functions, a handshake would only fail, again and again. */

import { UsageError } from '../../errors.js';
import { LONGEST_METHOD, type ServerAuth } from './auth.js';

const SIDES = ['proveToServer', 'acceptMaster'] as const satisfies (keyof ServerAuth)[];

/** Throws UsageError; `subject` names the option. Undefined passes: there is none. */
export function checkAuth(subject: string, auth: unknown): asserts auth is ServerAuth | undefined {
  const fault = auth === undefined ? undefined : faultOf(auth);
  if (fault === undefined) return;
  throw new UsageError(
    `${subject} is an object with method, ${SIDES.join(' and ')}, such as tokenAuth returns; ${fault}`,
  );
}

/** The object itself may hold a secret, so it is not shown. */
function faultOf(auth: unknown): string | undefined {
  if (typeof auth !== 'object' || auth === null) return `got ${auth === null ? 'null' : `a ${typeof auth}`}`;
  const { method, prepareServer } = auth as Partial<Record<keyof ServerAuth, unknown>>;
  if (typeof method !== 'string' || method === '') return 'its method is no text';
  if (method.length > LONGEST_METHOD) {
    return `its method has ${method.length} characters, and may have ${LONGEST_METHOD}`;
  }
  const missing = SIDES.filter((side) => typeof Reflect.get(auth, side) !== 'function');
  if (missing.length > 0) return `it has no function ${missing.join(' and no ')}`;
  if (prepareServer === undefined || typeof prepareServer === 'function') return undefined;
  return 'its prepareServer is no function';
}
