/** Decides who is a client, and what it may do. */
import type { Applicant } from './applicant.js';
import type { ClientLogin } from './client-login.js';
import type { Rights } from './rights.js';

export interface Admission {
  /** Whether nothing but a CONNECT is heard of a client that was not admitted. */
  readonly asksForCredentials: boolean;
  /** Of a client that has not said CONNECT, where it is heard. */
  readonly rightsBefore: Rights;
  isOwner(login: ClientLogin): boolean;
  /** Undefined if it is refused. A client may ask again. */
  admit(client: Applicant, login: ClientLogin): Rights | undefined;
  /** Also called for clients that were not admitted. */
  closed(client: Applicant): void;
}
