/** Decides which clients are admitted, and with which rights. */
import type { Applicant } from './applicant.js';
import type { ClientLogin } from './client-login.js';
import type { Rights } from './rights.js';

export interface Admission {
  /** Whether a client must be admitted before any command other than CONNECT is accepted. */
  readonly asksForCredentials: boolean;
  /** The rights of a client before its CONNECT, if it may use any other command. */
  readonly rightsBefore: Rights;
  isOwner(login: ClientLogin): boolean;
  /** Undefined if it is refused. A client may ask again. */
  admit(client: Applicant, login: ClientLogin): Rights | undefined;
  /** Also called for clients that were not admitted. */
  closed(client: Applicant): void;
}
