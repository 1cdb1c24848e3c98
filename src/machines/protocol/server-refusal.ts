/** A server that answers, and will not have this master: another attempt would end in the same way. */

import { JoinError } from '../../errors.js';
import { thrownText } from '../../structures/value-text.js';

export class ServerRefusal extends JoinError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'JoinError';
  }
}

/** The text of a failure for others, and whether it lasts. */
export function failureOf(error: unknown): { readonly reason: string; readonly lasting: boolean } {
  const reason = thrownText(error);
  return { reason, lasting: error instanceof ServerRefusal };
}

export function errorOf({
  reason,
  lasting,
}: {
  readonly reason: string;
  readonly lasting: boolean;
}): JoinError {
  return lasting ? new ServerRefusal(reason) : new JoinError(reason);
}
