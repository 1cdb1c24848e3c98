/** The rights of a client, and the texts with which it is refused the rest: those of nats-server. */

export interface Rights {
  /** The reason why it may not publish there; undefined if it may. */
  refusePublish(subject: string): string | undefined;
  /** The reason why it may not have this subscription beside this number of others; undefined if it may. */
  refuseSubscription(subject: string, queue: string | undefined, subscriptions: number): string | undefined;
  /** One of its subscriptions stands. */
  subscribed?(): void;
  /** One of them has ended, but not its connection. */
  unsubscribed?(): void;
}

export const EVERYTHING: Rights = {
  refusePublish: () => undefined,
  refuseSubscription: () => undefined,
};

export function publishViolation(subject: string): string {
  return `Permissions Violation for Publish to ${quoted(subject)}`;
}

export function subscriptionViolation(subject: string, queue: string | undefined): string {
  const refusal = `Permissions Violation for Subscription to ${quoted(subject)}`;
  return queue === undefined ? refusal : `${refusal} using queue ${quoted(queue)}`;
}

/** Quoted as in nats-server: a name may itself contain quotation marks and backslashes. */
function quoted(name: string): string {
  return `"${name.replaceAll(/["\\]/g, '\\$&')}"`;
}
