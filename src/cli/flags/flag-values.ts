/** Turns one flag's text into its value, or says what was expected, what was given and what to type. */

import { isIP } from 'node:net';
import { FlagError } from '../../errors.js';
import { givenText } from '../../structures/value-text.js';

const KB = 1024;

/** Timers hold at most 2^31 ms, and a slave waits for ten times this when there is only silence. */
const MAX_SECONDS = 200_000;

export function wrong(name: string, expected: string, came: string, example: string): FlagError {
  return new FlagError(name, `expected ${expected}, got ${givenText(came)}; type ${name} ${example}`);
}

export function parseNatural(
  name: string,
  text: string,
  { from, to }: { from: number; to: number },
  example: string,
): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw wrong(name, `a whole number from ${from} to ${to}`, text, example);
}

/** A slave keeps a word for each task under way, and has at least two groups. */
const LARGEST_GROUP = 32_768;
/** Encoded up to three times as long, and twice in a line to a broker, which takes 4,096 bytes. */
const LONGEST_MEMBER_ID_BYTES = 300;

export function parseGroup(name: string, text: string): number | 'auto' {
  if (text === 'auto') return text;
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= LARGEST_GROUP) return value;
  throw wrong(name, `auto or a whole number from 1 to ${LARGEST_GROUP}`, text, 'auto');
}

/** Converts typed seconds to milliseconds; `zero` is the meaning of 0, which is refused without one. */
export function parseSeconds(name: string, text: string, zero?: string): number {
  const value = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  const least = zero === undefined ? 'above 0' : `from 0 (${zero})`;
  if (!(value <= MAX_SECONDS) || (value === 0 && zero === undefined)) {
    throw wrong(name, `seconds ${least} to ${MAX_SECONDS}`, text, '30');
  }
  return value === 0 ? 0 : Math.max(1, Math.round(value * 1000));
}

interface ByteBounds {
  readonly from: number;
  readonly to: number;
  /** The limits in words, such as `64k to 1g`. */
  readonly words: string;
  readonly example: string;
}

export const MESSAGE_BYTES: ByteBounds = {
  from: 64 * KB,
  to: 1024 * KB * KB,
  words: '64k to 1g',
  example: '256m',
};

export const SHARE_CACHE_BYTES: ByteBounds = {
  from: KB * KB,
  to: 64 * 1024 * KB * KB,
  words: '1m to 64g',
  example: '512m',
};

/** The minimum has room for every line that ts-mw itself writes. */
export const AUDIT_FILE_BYTES: ByteBounds = {
  from: 4 * KB,
  to: 1024 * 1024 * KB * KB,
  words: '4k to 1024g',
  example: '100m',
};

export function parseBytes(name: string, text: string, bounds: ByteBounds): number {
  const match = /^(\d+)\s*(?:([kmg])(?:i?b)?|b)?$/i.exec(text);
  const unit = { k: KB, m: KB * KB, g: KB * KB * KB }[match?.[2]?.toLowerCase() ?? ''] ?? 1;
  const value = match === null ? Number.NaN : Number(match[1]) * unit;
  if (value >= bounds.from && value <= bounds.to) return value;
  throw wrong(name, `bytes from ${bounds.words}, with k, m, g or without`, text, bounds.example);
}

export function parseChoice<const T extends string>(name: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw wrong(name, choices.join(' or '), text, choices[0] ?? '');
}

export function parseText(name: string, text: string, example: string): string {
  if (text !== '' && !text.includes('\0')) return text;
  throw wrong(name, 'a text that is not empty', text, example);
}

/** Any text, also none: it is encoded in subjects, of which a broker takes some thousand bytes. */
export function parseMemberId(name: string, text: string): string {
  if (Buffer.byteLength(text) <= LONGEST_MEMBER_ID_BYTES) return text;
  throw wrong(name, `at most ${LONGEST_MEMBER_ID_BYTES} bytes`, text, 'NAME');
}

/** A host name or an address; an IPv6 address may have brackets, which are removed. */
export function parseHost(name: string, text: string): string {
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isIP(bare) !== 0 || (bare === text && isHostName(text))) return bare;
  throw wrong(name, 'a host name or an address, without a port', text, '127.0.0.1');
}

/** `[HOST:]PORT`, where a server listens; port 0 is any free one. */
export function parseListener(
  name: string,
  text: string,
  hostByDefault: string,
): { readonly host: string; readonly port: number } {
  const [, host, digits] = /^(?:(\[[^\]]*\]|[^:]+):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? Number.NaN);
  if (!(port <= 65535)) throw wrong(name, 'a port from 0 to 65535, or HOST:PORT', text, '9400');
  return { host: host === undefined ? hostByDefault : parseHost(name, host), port };
}

/** A text of only digits and dots that is not an address is a typing error, not a name. */
function isHostName(text: string): boolean {
  return /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/.test(text) && !/^[\d.]+$/.test(text);
}

/**
 * `nats://HOST[:PORT]`, `tls://HOST[:PORT]` or `HOST:PORT`, as `scheme://host:port`. Credentials in it are
 * refused, since the client would ignore them silently.
 */
export function parseNatsUrl(name: string, text: string): string {
  const bad = (expected: string, came = text) => wrong(name, expected, came, 'nats://broker.example:4222');
  const expected = 'nats://HOST:PORT, tls://HOST:PORT or HOST:PORT (one per flag; repeat it for several)';
  const match = /^(?:(nats|tls):\/\/)?(?:(.*)@)?(\[[^\]]*\]|[^:/?#[\]]*)(?::(\d+))?\/?$/i.exec(text);
  if (match === null) throw bad(expected, text.replace(/\/\/.*@/, '//…@'));
  const [, scheme, credentials, host = '', port] = match;
  if (credentials !== undefined) {
    throw new FlagError(
      name,
      `expected a URL without credentials, got one with; type ${name} nats://${host}${port ? `:${port}` : ''} --nats-user USER --nats-password PASSWORD`,
    );
  }
  if (scheme === undefined && port === undefined) throw bad(expected);
  const bracketed = /^\[(.*)\]$/.exec(host)?.[1];
  if (bracketed !== undefined ? isIP(bracketed) !== 6 : isIP(host) === 0 && !isHostName(host)) {
    throw bad(expected);
  }
  const number = Number(port ?? 4222);
  if (number < 1 || number > 65535) throw bad('a port from 1 to 65535 in the URL');
  return `${(scheme ?? 'nats').toLowerCase()}://${host}:${number}`;
}
