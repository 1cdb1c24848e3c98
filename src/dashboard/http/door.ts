/**
 * Decides who may look at the dashboard. The token is 128 bits, in the fragment of the URL that the master prints, so no
 * browser sends it anywhere by itself. The page exchanges it for a session's cookie; scripts send it as Bearer.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Sessions of browsers; a new one ends the oldest. */
const MOST_SESSIONS = 64;

type Recognition = 'token' | 'session' | 'wrong' | 'nothing';

export class Door {
  readonly #token: Buffer;
  readonly #cookie: string;
  readonly #attributes: string;
  readonly #sessions = new Set<string>();

  /** Cookies are for all ports of a host, so the name has the port. */
  constructor(token: string, port: number, isSecure: boolean) {
    this.#token = digestOf(token);
    this.#cookie = `ts-mw-${port}`;
    this.#attributes = `; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  }

  recognise({ headers }: IncomingMessage): Recognition {
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return timingSafeEqual(digestOf(bearer), this.#token) ? 'token' : 'wrong';
    if (headers.authorization !== undefined) return 'wrong';
    const session = cookieOf(headers.cookie, this.#cookie);
    if (session === undefined) return 'nothing';
    return this.#sessions.has(hashOf(session)) ? 'session' : 'wrong';
  }

  /** Returns the value of `Set-Cookie`. */
  openSession(): string {
    const session = randomBytes(16).toString('hex');
    this.#sessions.add(hashOf(session));
    const [oldest] = this.#sessions;
    if (this.#sessions.size > MOST_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    return `${this.#cookie}=${session}${this.#attributes}`;
  }
}

/** Of one length, as the comparison needs it. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function hashOf(text: string): string {
  return digestOf(text).toString('hex');
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}
