/** Reads the CONNECT of a client, and decides whether to admit it. */
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

/** The defaults until a CONNECT changes them, as in nats-server. */
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

/** Options that this CONNECT leaves out stay as they were `before`. */
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

/** Whether it presents the token of the broker's owner, if there is one. */
export function isOwner(ownerToken: string | undefined, given: ClientLogin): boolean {
  return ownerToken !== undefined && isSame(ownerToken, given.authToken);
}

/** The time of the comparison does not reveal which part was right. */
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
