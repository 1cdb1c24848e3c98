/** The sides of a route, with or without a socket. */
import type { PublishedMessage } from './protocol/parsed-commands.js';
import type { Route } from './routing/routes.js';

export interface Subscription {
  readonly client: Participant;
  readonly subject: string;
  readonly queue: string | undefined;
  readonly sid: string;
  /** Ends after this many messages; 0 for never. */
  max: number;
  delivered: number;
}

export interface Participant {
  readonly isClosed: boolean;
  /** May do everything among guests. */
  readonly isOwner: boolean;
  /** Bytes that it has not read. */
  readonly pending: number;
  deliver(route: Route<Subscription>, message: PublishedMessage, from: Publisher): void;
  endSubscription(subscription: Subscription): void;
  /** Calls back once when nothing is pending. A participant without a socket never has anything pending. */
  whenWritten?(listener: () => void): void;
}

export interface Publisher extends Participant {
  /** Whether it gets its own messages. */
  readonly echo: boolean;
  /** This owner is behind: a guest should publish no more until it has caught up. */
  waitFor?(owner: Participant): void;
}
