/**
 * The rights of guests to publish and subscribe. Without the owner's token, every client is a guest, if there
 * is an owner.
 */
import { ErrorText } from '../protocol/protocol.js';
import { isLiteralSubject } from '../protocol/subjects.js';
import { publishViolation, type Rights, subscriptionViolation } from './rights.js';

export interface GuestOptions {
  /** A client that presents it in place of any other credentials may do everything. */
  readonly ownerToken: string;
  /** Forms of subjects, with `*` for one token. */
  readonly mayPublish: readonly string[];
  /**
   * The same. A guest can subscribe only to a subject that it can name, so a subject that contains a secret
   * is private.
   */
  readonly mayHear: readonly string[];
}

/** Subscriptions of one guest at a time. */
const MOST_SUBSCRIPTIONS = 64;

export class GuestRights implements Rights {
  readonly #mayPublish: readonly string[][];
  readonly #mayHear: readonly string[][];

  constructor({ mayPublish, mayHear }: GuestOptions) {
    this.#mayPublish = mayPublish.map((form) => form.split('.'));
    this.#mayHear = mayHear.map((form) => form.split('.'));
  }

  refusePublish(subject: string): string | undefined {
    return hasForm(subject, this.#mayPublish) ? undefined : publishViolation(subject);
  }

  refuseSubscription(subject: string, queue: string | undefined, subscriptions: number): string | undefined {
    if (subscriptions >= MOST_SUBSCRIPTIONS) return ErrorText.maximumSubscriptions;
    if (isLiteralSubject(subject) && hasForm(subject, this.#mayHear)) return undefined;
    return subscriptionViolation(subject, queue);
  }
}

function hasForm(subject: string, forms: readonly string[][]): boolean {
  const tokens = subject.split('.');
  return forms.some(
    (form) =>
      form.length === tokens.length && form.every((token, index) => token === '*' || token === tokens[index]),
  );
}
