/** The subjects of the wire. Every token is encoded, so any member id and any user is valid. */

import { FormatError } from '../../errors.js';

/** The user of clients without a name: with a token, or where the broker asks for nothing. */
export const NO_USER = '_';

/** The address of one slave's session: its NATS user (or `_`) and the nonce that it chose. */
export interface SessionAddress {
  readonly user: string;
  readonly nonce: string;
}

const PLAIN = /^[A-Za-z0-9_-]+$/;

/** Bytes other than letters, digits, `-` and `_` become `=XX`; the empty string becomes `=`. */
export function encodeToken(text: string): string {
  if (text === '') return '=';
  if (PLAIN.test(text)) return text;
  let token = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const char = String.fromCharCode(byte);
    token += PLAIN.test(char) ? char : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return token;
}

/** The inverse of `encodeToken`. */
export function decodeToken(token: string): string {
  if (!token.includes('=')) return token;
  const bytes = token.replace(/=([0-9A-F]{2})?/g, (_match, hex: string | undefined) =>
    hex ? `%${hex}` : '',
  );
  return decodeURIComponent(bytes);
}

export class Subjects {
  readonly #base: string;

  constructor(memberId: string) {
    this.#base = `mw.${encodeToken(memberId)}`;
  }

  hello({ user, nonce }: SessionAddress): string {
    return `${this.#base}.hello.${encodeToken(user)}.${nonce}`;
  }

  toMaster({ user, nonce }: SessionAddress): string {
    return `${this.#base}.m.${encodeToken(user)}.${nonce}`;
  }

  toSlave({ user, nonce }: SessionAddress): string {
    return `${this.#base}.s.${encodeToken(user)}.${nonce}`;
  }

  masterControl(address: SessionAddress): string {
    return `${this.toMaster(address)}.control`;
  }

  slaveControl(address: SessionAddress): string {
    return `${this.toSlave(address)}.control`;
  }

  /** The subscriptions of a master's data connection. */
  get allHellos(): string {
    return `${this.#base}.hello.*.*`;
  }

  get allToMaster(): string {
    return `${this.#base}.m.*.*`;
  }

  /** The subscriptions of a master's sentinel. */
  get allMasterControl(): string {
    return `${this.#base}.m.*.*.control`;
  }

  /** The subjects on which slaves publish and subscribe: a broker need not allow more. */
  static readonly ofSlaves = {
    mayPublish: ['mw.*.hello.*.*', 'mw.*.m.*.*', 'mw.*.m.*.*.control'],
    mayHear: ['mw.*.s.*.*', 'mw.*.s.*.*.control'],
  } as const;

  /** Hellos of all members: the embedded broker's master hears and refuses the wrong ones. */
  static readonly everyHello = 'mw.*.hello.*.*';
}

/** The member, user and nonce tokens of a subject, still encoded; the key of a session is `user.nonce`. */
export function parseSubject(subject: string): { member: string; kind: string; user: string; nonce: string } {
  const [root, member, kind, user, nonce] = subject.split('.');
  if (root !== 'mw' || !member || !kind || !user || !nonce) {
    throw new FormatError(`"${subject}" is not a subject of ts-mw`);
  }
  return { member, kind, user, nonce };
}
