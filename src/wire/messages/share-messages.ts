/**
 * Messages about shared values, between the tasks and results of a session. A slave asks for what it lacks, and the
 * master sends pieces in order, or says that there is none. Nothing else of either side begins with a string.
 *
 * - slave to master: `["want",[[key,from],…]]`, the bytes from a place on, or `["want",[[key,from],…],1]`, only by pieces;
 *   `["has",[key,…],[key,…]]`, what it has by now, and what it has no longer.
 * - master to slave: `["fetch",[[key,size],…]]`, tasks that may come need these; `["piece",key,size,from]` and raw bytes;
 *   `["copy",key,size,path]`, or with the file's mark at its end, and its first bytes, the others are in a file of the machine; `["gone",key,reason]`.
 */

import type { ShareCopy } from '../../algorithms/shared.js';
import { FormatError } from '../../errors.js';
import { type Body, decodeBody } from './body.js';
import { isCount } from './count.js';

/** The place of the second byte of a body's text. */
const SECOND = 5;
const QUOTE = '"'.charCodeAt(0);
/** SHA-256 in base64url. */
const KEY = /^[\w-]{43}$/;
/** The limit of keys in one message. */
export const MOST_SHARE_KEYS = 1_000;
const MOST_REASON = 1_000;
const MOST_PATH = 4_096;
const MOST_HEAD = 4_096;
const NO_RAWS: readonly Uint8Array[] = [];

/** A shared value by its key, and its size in bytes. */
export type ShareName = readonly [key: string, size: number];
/** The bytes of a shared value from a place on. */
export type ShareWant = readonly [key: string, from: number];

export type ToMaster =
  | {
      readonly type: 'want';
      readonly wants: readonly ShareWant[];
      /** A file of the machine is no help. */
      readonly byPieces: boolean;
    }
  | { readonly type: 'has'; readonly has: readonly string[]; readonly dropped: readonly string[] };

export type ToSlave =
  | { readonly type: 'fetch'; readonly shares: readonly ShareName[] }
  | {
      readonly type: 'piece';
      readonly key: string;
      readonly size: number;
      readonly from: number;
      /** A view of the message. */
      readonly bytes: Uint8Array;
    }
  | {
      readonly type: 'copy';
      readonly key: string;
      readonly size: number;
      readonly path: string;
      /** A view of the message. */
      readonly head: Uint8Array;
      readonly mark: string | undefined;
    }
  | { readonly type: 'gone'; readonly key: string; readonly reason: string };

/** Whether a body is one of these messages. */
export function isShareMessage(body: Uint8Array): boolean {
  return body[SECOND] === QUOTE;
}

export function wantMessage(wants: readonly ShareWant[], byPieces: boolean): Body {
  return { text: JSON.stringify(byPieces ? ['want', wants, 1] : ['want', wants]), raws: NO_RAWS };
}

export function hasMessage(has: readonly string[], dropped: readonly string[]): Body {
  return { text: JSON.stringify(['has', has, dropped]), raws: NO_RAWS };
}

export function fetchMessage(shares: readonly ShareName[]): Body {
  return { text: JSON.stringify(['fetch', shares]), raws: NO_RAWS };
}

export function pieceMessage(key: string, size: number, from: number, bytes: Uint8Array): Body {
  return { text: JSON.stringify(['piece', key, size, from]), raws: [bytes] };
}

/** Undefined if its path is too long to be told. */
export function copyMessage(key: string, size: number, { path, head, mark }: ShareCopy): Body | undefined {
  if (path.length > MOST_PATH || head.byteLength > MOST_HEAD) return undefined;
  const marked = mark === undefined ? [] : [mark];
  return {
    text: JSON.stringify(['copy', key, size, path, ...marked]),
    raws: head.byteLength > 0 ? [head] : NO_RAWS,
  };
}

export function goneMessage(key: string, reason: string): Body {
  return { text: JSON.stringify(['gone', key, reason.slice(0, MOST_REASON)]), raws: NO_RAWS };
}

/** Throws FormatError. */
export function parseToMaster(body: Uint8Array): ToMaster {
  const { value, raw } = decodeBody(body);
  if (!Array.isArray(value) || raw.byteLength > 0) throw malformed();
  const [type, first, second] = value as readonly unknown[];
  if (type === 'want' && (value.length === 2 || (value.length === 3 && second === 1))) {
    return { type, wants: pairsOf(first), byPieces: second === 1 };
  }
  if (type === 'has' && value.length === 3) return { type, has: keysOf(first), dropped: keysOf(second) };
  throw malformed();
}

/** Throws FormatError. */
export function parseToSlave(body: Uint8Array): ToSlave {
  const { value, raw } = decodeBody(body);
  if (!Array.isArray(value)) throw malformed();
  const [type, key, second, from] = value as readonly unknown[];
  if (type === 'piece' && value.length === 4) {
    if (!isKey(key) || !isCount(second) || !isCount(from)) throw malformed();
    if (raw.byteLength === 0 || from + raw.byteLength > second) throw malformed();
    return { type, key, size: second, from, bytes: raw };
  }
  if (type === 'copy' && (value.length === 4 || value.length === 5)) {
    const mark: unknown = value[4];
    if (!isKey(key) || !isCount(second) || !isPath(from) || !(mark === undefined || isMark(mark)))
      throw malformed();
    if (raw.byteLength > Math.min(second, MOST_HEAD)) throw malformed();
    return { type, key, size: second, path: from, head: raw, mark };
  }
  if (raw.byteLength > 0) throw malformed();
  if (type === 'fetch' && value.length === 2) return { type, shares: pairsOf(key) };
  if (type === 'gone' && value.length === 3 && isKey(key) && typeof second === 'string') {
    return { type, key, reason: second.slice(0, MOST_REASON) };
  }
  throw malformed();
}

/** The shared values of tasks, as a tasks message names them: all of them, then their indexes for some positions. */
export type SharesOfTasks = readonly [
  names: readonly ShareName[],
  needs: readonly (readonly [position: number, ...indexes: number[]])[],
];

/** By the positions of the tasks in their message; throws FormatError. */
export function parseSharesOfTasks(value: unknown, tasks: number): ReadonlyMap<number, readonly ShareName[]> {
  if (!Array.isArray(value) || value.length !== 2 || !Array.isArray(value[1])) throw malformed();
  const names = pairsOf(value[0], Number.POSITIVE_INFINITY);
  const shares = new Map<number, readonly ShareName[]>();
  for (const need of value[1] as readonly unknown[]) {
    if (!Array.isArray(need) || need.length < 2 || !need.every(isCount)) throw malformed();
    const [position, ...indexes] = need as [number, ...number[]];
    if (position >= tasks || indexes.some((index) => index >= names.length)) throw malformed();
    shares.set(
      position,
      indexes.map((index) => names[index] as ShareName),
    );
  }
  return shares;
}

function pairsOf(value: unknown, most = MOST_SHARE_KEYS): readonly (readonly [string, number])[] {
  if (!Array.isArray(value) || value.length > most) throw malformed();
  for (const pair of value as readonly unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2 || !isKey(pair[0]) || !isCount(pair[1])) throw malformed();
  }
  return value as [string, number][];
}

function keysOf(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length > MOST_SHARE_KEYS || !value.every(isKey)) throw malformed();
  return value as string[];
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MOST_PATH && !value.includes('\0');
}

function isMark(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && KEY.test(value);
}

function malformed(): FormatError {
  return new FormatError('a message about shared values is malformed');
}
