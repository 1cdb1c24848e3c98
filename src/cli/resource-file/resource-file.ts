/**
 * Owns the form of the resource file, by which slaves find their master; the master decides when it is
 * written.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';
import { FormatError } from '../../errors.js';

/** The data for slaves, with CL-MW's keys. */
export interface ResourceFile {
  /** `finished` only after a master algorithm has returned; a dead master leaves `in-progress`. */
  readonly 'computation-status': 'in-progress' | 'finished';
  /** The time of writing, in ISO form. */
  readonly timestamp: string;
  readonly 'member-id': string;
  /** Seconds between two writes. */
  readonly 'update-interval': number;
  /** The number of slaves that the master would accept now. */
  readonly 'slaves-needed': number;
  /** The program to start as a slave. */
  readonly 'slave-executable': string;
  /** Its arguments. */
  readonly 'slave-arguments': readonly string[];
  /** The address of the broker, and the credentials that it asks for. */
  readonly nats: BrokerOfFile;
  /** Names this run of the master. */
  readonly 'run-id': string;
  /** The master's process; files of older masters lack it. */
  readonly 'master-process'?: ProcessOfFile | undefined;
}

export interface ProcessOfFile {
  readonly host: string;
  readonly pid: number;
  /** Distinguishes it from a later process with the same id. */
  readonly started?: string | undefined;
}

export interface BrokerOfFile {
  readonly urls: readonly string[];
  readonly token?: string | undefined;
  /** PEM: the authority that must have signed the certificate of a nats-server. */
  readonly ca?: string | undefined;
  /** PEM: the exact certificate of the broker in the master. */
  readonly certificate?: string | undefined;
}

/** The result of `readResourceFile`; `tooOpen` if others may read the token in it. */
export type ResourceFileReading =
  | { readonly status: 'missing' }
  | { readonly status: 'read'; readonly file: ResourceFile; readonly tooOpen: boolean };

/** We never write larger files. */
export const RESOURCE_FILE_LIMIT = 1024 * 1024;

const OWNER_ONLY = 0o600;

type Check = (value: unknown) => boolean;

const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Check = (value) => typeof value === 'string' && value !== '';
const isTextList: Check = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');
const isCount: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** The keys of every file, in the order in which they are written, each with its type. */
const KEYS: Readonly<
  Record<Exclude<keyof ResourceFile, 'master-process'>, readonly [expected: string, check: Check]>
> = {
  'computation-status': [
    '"in-progress" or "finished"',
    (value) => value === 'in-progress' || value === 'finished',
  ],
  timestamp: ['an ISO time', (value) => isText(value) && !Number.isNaN(Date.parse(value as string))],
  'member-id': ['a string that is not empty', isText],
  'update-interval': [
    'a number of seconds',
    (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  ],
  'slaves-needed': ['a whole number, 0 or more', isCount],
  'slave-executable': ['a string that is not empty', isText],
  'slave-arguments': ['a list of strings', isTextList],
  nats: ['an object', isObject],
  'run-id': ['a string that is not empty', isText],
};

/** JSON, one key per line, always in the same order. */
export function formatResourceFile(file: ResourceFile): string {
  const keys: (keyof ResourceFile)[] = [...(Object.keys(KEYS) as (keyof typeof KEYS)[]), 'master-process'];
  const lines = keys
    .filter((key) => file[key] !== undefined)
    .map((key) => `  ${JSON.stringify(key)}: ${JSON.stringify(file[key])}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * Reads the text of a resource file; further keys are ignored and left out.
 *
 * @throws FormatError that names `path` and the problem: too large, empty, binary, half-written, not JSON,
 * or, for another program's file, the key that is missing or wrong.
 */
export function parseResourceFile(text: string, path: string): ResourceFile {
  const values = parseObject(text, path);
  for (const [key, [expected, check]] of Object.entries(KEYS)) {
    if (!Object.hasOwn(values, key)) throw wrong(path, `is foreign: the key "${key}" is missing`);
    const value = values[key];
    if (!check(value))
      throw wrong(path, `is foreign: "${key}" must be ${expected}, and is ${describe(value)}`);
  }
  const file = values as unknown as ResourceFile;
  const { urls } = file.nats;
  if (!isTextList(urls) || urls.length === 0 || !urls.every(isText))
    throw wrong(path, `is foreign: "urls" in "nats" must be a list of URLs, and is ${kindOf(urls)}`);
  const nats: { urls: readonly string[]; token?: string; ca?: string; certificate?: string } = { urls };
  for (const key of ['token', 'ca', 'certificate'] as const) {
    const value: unknown = file.nats[key];
    if (value === undefined) continue;
    if (typeof value !== 'string')
      throw wrong(path, `is foreign: "${key}" in "nats" must be a string, and is ${kindOf(value)}`);
    nats[key] = value;
  }
  const masterProcess = processOf(file['master-process'], path);
  return {
    'computation-status': file['computation-status'],
    timestamp: file.timestamp,
    'member-id': file['member-id'],
    'update-interval': file['update-interval'],
    'slaves-needed': file['slaves-needed'],
    'slave-executable': file['slave-executable'],
    'slave-arguments': file['slave-arguments'],
    nats,
    'run-id': file['run-id'],
    ...(masterProcess === undefined ? {} : { 'master-process': masterProcess }),
  };
}

function processOf(value: unknown, path: string): ProcessOfFile | undefined {
  if (value === undefined) return undefined;
  if (isObject(value)) {
    const { host, pid, started } = value as Partial<ProcessOfFile>;
    const known = started === undefined || typeof started === 'string';
    if (typeof host === 'string' && isCount(pid) && pid !== 0 && known) {
      return { host, pid: pid as number, ...(started === undefined ? {} : { started }) };
    }
  }
  throw wrong(path, `is foreign: "master-process" must have "host" and "pid", and is ${kindOf(value)}`);
}

/**
 * Replaces the file in one step: a reader sees either the old one or the new one, complete. Only its owner
 * can read it, even if others could read the old one; permissions that the old one denied stay denied. Fails
 * as the file system does, and then leaves the old file and no temporary one. Of several writers, the last
 * one wins.
 */
export async function writeResourceFile(path: string, file: ResourceFile): Promise<void> {
  const mode = await modeOfNext(path);
  const temporary = `${path}-tmp-${process.pid}-${randomBytes(6).toString('hex')}`;
  const handle = await open(temporary, 'wx', mode);
  try {
    try {
      await handle.writeFile(formatResourceFile(file));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

async function modeOfNext(path: string): Promise<number> {
  try {
    const old = await lstat(path);
    return old.isFile() ? old.mode & OWNER_ONLY : OWNER_ONLY;
  } catch {
    // an error of this check will also appear when the file is written
    return OWNER_ONLY;
  }
}

/** Reads a resource file. Throws FormatError as `parseResourceFile` does, and errors of the file system. */
export async function readResourceFile(path: string): Promise<ResourceFileReading> {
  let handle: FileHandle;
  try {
    // non-blocking: opening a named pipe would wait forever for its writer
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { status: 'missing' };
    throw error;
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw wrong(path, 'is not a regular file');
    if (stat.size > RESOURCE_FILE_LIMIT) throw tooLarge(path);
    const file = parseResourceFile(decode(await readBounded(handle, path), path), path);
    const openToOthers = (stat.mode & 0o777 & ~OWNER_ONLY) !== 0;
    return { status: 'read', file, tooOpen: openToOthers && file.nats.token !== undefined };
  } finally {
    await handle.close();
  }
}

/** A file may grow after its size was read. */
async function readBounded(handle: FileHandle, path: string): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(RESOURCE_FILE_LIMIT + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  throw tooLarge(path);
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw wrong(path, 'is binary, not text');
  }
}

function parseObject(text: string, path: string): Readonly<Record<string, unknown>> {
  if (text.length > RESOURCE_FILE_LIMIT) throw tooLarge(path);
  if (text.trim() === '') throw wrong(path, 'is empty');
  if (text.includes('\0')) throw wrong(path, 'is binary, not text');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong(path, isUnterminated(text) ? 'is half-written: its JSON has no end' : 'is not JSON');
  }
  if (!isObject(value)) throw wrong(path, `is foreign: it must hold an object, and holds ${kindOf(value)}`);
  return value as Record<string, unknown>;
}

/** Whether an object is opened at the start and not closed by the end. */
function isUnterminated(text: string): boolean {
  if (!text.trimStart().startsWith('{')) return false;
  let depth = 0;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|["{}[\]]/gs)) {
    if (token === '"') return true;
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    if (depth === 0) return false;
  }
  return true;
}

function describe(value: unknown): string {
  if (typeof value === 'string' && value.length <= 40) return JSON.stringify(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function tooLarge(path: string): FormatError {
  return wrong(path, `is too large: a resource file has at most ${RESOURCE_FILE_LIMIT} bytes`);
}

/**
 * Contains no part of the text and no `cause`: JSON's own errors quote the surroundings, such as the token.
 */
function wrong(path: string, what: string): FormatError {
  return new FormatError(`the resource file ${path} ${what}`);
}
