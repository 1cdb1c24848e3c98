/** Deals with connections that are not admitted: those that may be yet, and those that fail. */
import type { Applicant } from './applicant.js';

/** A connection, also one that still shakes hands. */
export interface Arrival {
  destroy(): void;
}

export interface Strangers {
  /** Whether they are told why they are closed. If not, they are cut at once. */
  readonly areTold: boolean;
  /** The address is undefined if the connection has ended already. */
  arrived(address: string | undefined, arrival: Arrival): void;
  admitted(address: string): void;
  /** Called at the end of each connection. */
  left(address: string | undefined): void;
  /** Whether its credentials are checked. If not, it is closed: they may be right. */
  hears(client: Applicant): boolean;
  /** It failed to authenticate. It hears nothing, and is not heard, until it gets the reason or is cut. */
  refuse(client: Applicant): void;
  /** It failed in another way, and is closed by others. */
  tell(client: Pick<Applicant, 'host' | 'address'>, reason: string): void;
  stop(): void;
}
