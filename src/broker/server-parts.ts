/** Parts of the server that a program may give to it, in place of those of the broker in its thread. */
import type { Admission } from './admission/admission.js';
import type { Strangers } from './admission/strangers.js';
import type { TurnParams } from './turns.js';

export interface ServerParts {
  readonly admission?: Admission;
  readonly strangers?: Strangers;
  /** When the data of a turn goes out: by default when all ready sockets have been read. */
  readonly later?: NonNullable<TurnParams['later']>;
}
