/** Admits clients with the broker's credentials. If the broker has an owner, the clients without its token are guests. */
import type { Admission } from './admission.js';
import type { Applicant } from './applicant.js';
import {
  asksForCredentials,
  type ClientLogin,
  type Credentials,
  isAdmitted,
  isOwner,
} from './client-login.js';
import { type GuestOptions, GuestRights } from './guests.js';
import { EVERYTHING, type Rights } from './rights.js';

export class ByCredentials implements Admission {
  readonly asksForCredentials: boolean;
  /** Without an owner nobody is a guest. */
  readonly rightsBefore: Rights;
  readonly #credentials: Credentials;
  readonly #ownerToken: string | undefined;

  constructor(credentials: Credentials, guests: GuestOptions | undefined) {
    this.asksForCredentials = asksForCredentials(credentials);
    this.rightsBefore = guests === undefined ? EVERYTHING : new GuestRights(guests);
    this.#credentials = credentials;
    this.#ownerToken = guests?.ownerToken;
  }

  isOwner(login: ClientLogin): boolean {
    return isOwner(this.#ownerToken, login);
  }

  admit(_: Applicant, login: ClientLogin): Rights | undefined {
    return isAdmitted(this.#credentials, login) ? this.rightsBefore : undefined;
  }

  closed(): void {}
}
