/**
 * Admits a client with the secret of a pass. A pass names the one subject to which its client may publish, and the
 * one to which it may subscribe. Only the SHA-256 of each secret is kept, so the time of a look-up reveals nothing.
 */
import { createHash } from 'node:crypto';
import { ErrorText } from '../protocol/protocol.js';
import type { Admission } from './admission.js';
import type { Applicant } from './applicant.js';
import type { ClientLogin } from './client-login.js';
import { publishViolation, type Rights, subscriptionViolation } from './rights.js';

/** Subscriptions of one client at a time. */
const MOST_SUBSCRIPTIONS = 4;

/** Both subjects are literal. */
export interface Pass {
  readonly mayPublish: string;
  readonly mayHear: string;
  /** Its client has subscribed. */
  opened(): void;
  /** Its client has no subscription any more, mostly because its connection has ended. */
  closed(): void;
}

/** A pass, and the client that has it. */
class Holder implements Rights {
  client: Applicant | undefined;
  readonly #pass: Pass;
  #subscriptions = 0;

  constructor(pass: Pass) {
    this.#pass = pass;
  }

  refusePublish(subject: string): string | undefined {
    return subject === this.#pass.mayPublish ? undefined : publishViolation(subject);
  }

  refuseSubscription(subject: string, queue: string | undefined, subscriptions: number): string | undefined {
    if (subscriptions >= MOST_SUBSCRIPTIONS) return ErrorText.maximumSubscriptions;
    return subject === this.#pass.mayHear ? undefined : subscriptionViolation(subject, queue);
  }

  subscribed(): void {
    this.#subscriptions++;
    if (this.#subscriptions === 1) this.#pass.opened();
  }

  unsubscribed(): void {
    this.#subscriptions--;
    if (this.#subscriptions === 0) this.#pass.closed();
  }

  leave(): void {
    this.client = undefined;
    if (this.#subscriptions === 0) return;
    this.#subscriptions = 0;
    this.#pass.closed();
  }
}

export class Passes implements Admission {
  readonly asksForCredentials = true;
  readonly rightsBefore: Rights = {
    refusePublish: publishViolation,
    refuseSubscription: subscriptionViolation,
  };
  /** By the SHA-256 of their secrets. */
  readonly #passes = new Map<string, Holder>();
  /** Also of a pass that is being revoked. */
  readonly #held = new Map<Applicant, Holder>();

  get size(): number {
    return this.#passes.size;
  }

  add(secret: string, pass: Pass): void {
    this.#passes.set(digest(secret), new Holder(pass));
  }

  /** Cuts its client, which may come back. */
  hangUp(secret: string): void {
    this.#passes.get(digest(secret))?.client?.cut('Pass Given Up');
  }

  /** Cuts its client. */
  revoke(secret: string): void {
    const key = digest(secret);
    const holder = this.#passes.get(key);
    this.#passes.delete(key);
    holder?.client?.cut('Pass Revoked');
  }

  isOwner(): boolean {
    return false;
  }

  admit(client: Applicant, { authToken }: ClientLogin): Rights | undefined {
    const key = digest(authToken);
    const holder = this.#passes.get(key);
    if (holder === undefined || holder.client === client) return holder;
    // A client has one pass at most.
    if (this.#held.has(client)) return undefined;
    holder.client?.cut('Pass Used Again');
    // Its listener may have revoked the pass.
    if (!this.#passes.has(key)) return undefined;
    holder.client = client;
    this.#held.set(client, holder);
    return holder;
  }

  closed(client: Applicant): void {
    const holder = this.#held.get(client);
    this.#held.delete(client);
    holder?.leave();
  }
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
