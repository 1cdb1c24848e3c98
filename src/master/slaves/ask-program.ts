/** Asks the program whether a slave may join, and survives anything that the program does. */

import type { SlaveIdentity } from '../model/slave-identity.js';
import type { Authorization, AuthorizeSlave } from './admissions.js';

/** The limit of the reason that a slave is told. */
const LONGEST_REASON = 1_000;

/** Never rejects. Only `true` admits, so a forgotten `return` admits no slave. */
export async function askProgram(authorize: AuthorizeSlave, identity: SlaveIdentity): Promise<Authorization> {
  try {
    const answer: unknown = await authorize(identity);
    if (answer === true) return { admitted: true };
    if (answer === false || answer === '') return refusal('authorizeSlave refuses it');
    if (typeof answer === 'string') return refusal(`authorizeSlave refuses it: ${answer}`);
    return refusal(`authorizeSlave refuses it: it answered with ${typeof answer}, not with true`);
  } catch (error) {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
    return refusal(`authorizeSlave refuses it: it threw ${what}`);
  }
}

function refusal(reason: string): Authorization {
  return { admitted: false, reason: reason.slice(0, LONGEST_REASON) };
}
