/** Reads what a client says in CONNECT, and decides whether it may come in. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ErrorText, ProtocolError } from '../protocol/protocol.js';

export interface ClientLogin {
  readonly verbose: boolean;
  readonly pedantic: boolean;
  readonly echo: boolean;
  readonly headers: boolean;
  readonly noResponders: boolean;
  readonly authToken: string;
  readonly user: string;
  readonly password: string;
}

/** What holds until a CONNECT says otherwise, as in nats-server. */
export const BEFORE_CONNECT: ClientLogin = {
  verbose: true,
  pedantic: true,
  echo: true,
  headers: false,
  noResponders: false,
  authToken: '',
  user: '',
  password: '',
};

/** What this CONNECT leaves out stays as it was `before`. */
export function readClientLogin(json: string, before: ClientLogin): ClientLogin {
  const said = parseObject(json);
  const protocol = said.protocol ?? 0;
  if (protocol !== 0 && protocol !== 1) throw new ProtocolError(ErrorText.invalidClientProtocol);
  const options: ClientLogin = {
    verbose: flag(said.verbose, before.verbose),
    pedantic: flag(said.pedantic, before.pedantic),
    echo: flag(said.echo, before.echo),
    headers: flag(said.headers, before.headers),
    noResponders: flag(said.no_responders, before.noResponders),
    authToken: text(said.auth_token, before.authToken),
    user: text(said.user, before.user),
    password: text(said.pass, before.password),
  };
  if (options.noResponders && !options.headers) throw new ProtocolError(ErrorText.noRespondersNeedHeaders);
  return options;
}

export interface Credentials {
  readonly token?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

export function asksForCredentials({ token, user }: Credentials): boolean {
  return token !== undefined || user !== undefined;
}

export function isAdmitted(wanted: Credentials, given: ClientLogin): boolean {
  if (wanted.token !== undefined) return isSame(wanted.token, given.authToken);
  if (wanted.user === undefined) return true;
  const userIsRight = isSame(wanted.user, given.user);
  const passwordIsRight = isSame(wanted.password ?? '', given.password);
  return userIsRight && passwordIsRight;
}

/** Whether it gives the token of the broker's owner, where there is one. */
export function isOwner(ownerToken: string | undefined, given: ClientLogin): boolean {
  return ownerToken !== undefined && isSame(ownerToken, given.authToken);
}

/** In a time that tells nothing about how much of it was right. */
function isSame(wanted: string, given: string): boolean {
  return timingSafeEqual(digest(wanted), digest(given));
}

function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

function parseObject(json: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new ProtocolError(ErrorText.unknownOperation);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ProtocolError(ErrorText.unknownOperation);
  return value as Record<string, unknown>;
}

function flag(value: unknown, otherwise: boolean): boolean {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'boolean') throw new ProtocolError(ErrorText.unknownOperation);
  return value;
}

function text(value: unknown, otherwise: string): string {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'string') throw new ProtocolError(ErrorText.unknownOperation);
  return value;
}
