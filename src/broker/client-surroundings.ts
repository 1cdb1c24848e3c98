/** The parts of the broker that a client needs. */
import type { Admission } from './admission/admission.js';
import type { Strangers } from './admission/strangers.js';
import type { Subscription } from './participant.js';
import type { ParserLimits } from './protocol/parsed-commands.js';
import type { RouteTable } from './routing/routes.js';

export interface ClientSurroundings<C> {
  readonly routes: RouteTable<Subscription>;
  readonly limits: ParserLimits;
  /** Bytes that a client, and an owner, may leave unread. */
  readonly maxPending: number;
  readonly maxOwnerPending: number;
  /** An owner that has left this number unread is behind. */
  readonly holdGuestsAt: number;
  readonly admission: Admission;
  readonly strangers: Strangers;
  /** The client has bytes to send at the end of this turn. */
  wantsFlush(client: C): void;
  countPending(change: number): void;
  /** Called when the pending bytes of all clients may have become too many. */
  checkTotal(): void;
  onConnected(client: C): void;
  /** A guest tried for the first time something that it may not do. */
  onForbidden(client: C, reason: string): void;
  onClosed(client: C, reason: string): void;
}
