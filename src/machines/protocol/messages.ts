/**
 * The messages between a master and a server, as JSON in frames.
 *
 * A connection begins with `hello`, which says what it is for. `ping`, `end` and `lease` are answered by a `challenge`;
 * then both sides prove themselves in `auth` messages, and the server says `welcome` or `refused`. A `stream` is
 * proved by the key that the server gave over its lease. The master waits until it is `joined`; from then on its bytes are those
 * of a slave's connection.
 */

import type { SlaveOrder, SlaveReport } from '../slave-messages.js';
import { Fields } from './fields.js';

/** Changed when either side could misunderstand the other. */
export const SERVER_PROTOCOL = 2;

/** Silence that is allowed a master, in milliseconds, as `--client-timeout`. */
const TIMEOUT_BOUNDS = { from: 100, to: 200_000_000 } as const;
const MOST_BEAT_MS = 1000;
export const MOST_SLOTS = 1024;
const LARGEST_BUNDLE = 256 * 1024 * 1024;
export const SHA256_FORM = /^[0-9a-f]{64}$/;

const PURPOSES = ['ping', 'end', 'lease'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** The two ports of a master to which its slaves connect. */
export const WAYS = ['broker', 'data'] as const;
export type Way = (typeof WAYS)[number];

export type Hello =
  | { readonly type: 'hello'; readonly version: number; readonly purpose: Purpose; readonly nonce: string }
  | { readonly type: 'stream'; readonly version: number; readonly key: string };

/** Throws FormatError; `version` is read first, so that another one can be answered. */
export function readHello(value: unknown): Hello {
  const fields = new Fields(value);
  const version = fields.whole('version', 0, 2 ** 31);
  if (fields.type === 'stream') return { type: 'stream', version, key: fields.text('key', 64) };
  const purpose = version === SERVER_PROTOCOL ? fields.choice('purpose', PURPOSES) : 'ping';
  return { type: 'hello', version, purpose, nonce: fields.text('nonce', 64) };
}

/** To a master that has opened a stream: the slave's end is joined to it. */
export const JOINED = { type: 'joined' } as const;

/** Throws FormatError. */
export function readJoined(value: unknown): void {
  new Fields(value).choice('type', [JOINED.type]);
}

/** From the server, before `welcome`. */
export interface Challenge {
  readonly type: 'challenge';
  readonly version: number;
  /** Of its `auth`. */
  readonly method: string;
  readonly nonce: string;
}

/** Of the machine, as the server sees it. */
export interface Welcome {
  readonly type: 'welcome';
  readonly name: string;
  readonly hostname: string;
  readonly platform: string;
  readonly node: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly slots: number;
  /** Its clock, in Unix milliseconds. */
  readonly time: number;
}

export function readWelcome(fields: Fields): Welcome {
  return {
    type: 'welcome',
    name: fields.text('name', 256),
    hostname: fields.text('hostname', 256),
    platform: fields.text('platform', 64),
    node: fields.text('node', 64),
    cores: fields.whole('cores', 0, 2 ** 20),
    memoryBytes: fields.whole('memoryBytes', 0, Number.MAX_SAFE_INTEGER),
    slots: fields.whole('slots', 0, MOST_SLOTS),
    time: fields.number('time'),
  };
}

/** The request of a master to a server, as the first message after `welcome`. */
export interface LeaseRequest {
  readonly type: 'lease';
  /** For the server's trail. */
  readonly memberId: string;
  /** Undefined for all that there are. */
  readonly slots?: number | undefined;
  readonly sha256: string;
  readonly bytes: number;
  readonly clientTimeoutMs: number;
  /** The ports that slaves connect to by the server. */
  readonly ways: readonly Way[];
  /** Variables of each slave's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Texts that slaves find as `../files/NAME`. */
  readonly files: Readonly<Record<string, string>>;
}

export function readLeaseRequest(value: unknown): LeaseRequest {
  const fields = new Fields(value);
  fields.choice('type', ['lease']);
  const ways = fields.texts('ways', WAYS.length);
  return {
    type: 'lease',
    memberId: fields.text('memberId', 1024),
    slots: fields.has('slots') ? fields.whole('slots', 1, MOST_SLOTS) : undefined,
    sha256: fields.text('sha256', 64),
    bytes: fields.whole('bytes', 1, LARGEST_BUNDLE),
    clientTimeoutMs: fields.whole('clientTimeoutMs', TIMEOUT_BOUNDS.from, TIMEOUT_BOUNDS.to),
    ways: WAYS.filter((way) => ways.includes(way)),
    env: fields.record('env', 256),
    files: fields.record('files', 16),
  };
}

/** How often each side says that it lives. */
export function beatEveryMs(clientTimeoutMs: number): number {
  return Math.min(MOST_BEAT_MS, clientTimeoutMs / 4);
}

/** From a master that has a lease. */
export type ToServer =
  | { readonly type: 'beat' }
  | SlaveOrder
  /** It could not be dialled: the slave's connection is closed. */
  | { readonly type: 'undialled'; readonly key: string }
  /** The lease ends; the server answers `gone` when nothing of it is left. */
  | { readonly type: 'leave' };

const MOST_ARGUMENTS = 4096;
const LARGEST_NUMBER = 2 ** 31 - 1;

export function readToServer(value: unknown): ToServer {
  const fields = new Fields(value);
  const type = fields.choice('type', ['beat', 'start', 'stop', 'undialled', 'leave']);
  switch (type) {
    case 'start':
      return {
        type,
        slave: fields.whole('slave', 1, LARGEST_NUMBER),
        args: fields.texts('args', MOST_ARGUMENTS),
      };
    case 'stop':
      return {
        type,
        slave: fields.whole('slave', 1, LARGEST_NUMBER),
        how: fields.choice('how', ['terminate', 'kill']),
      };
    case 'undialled':
      return { type, key: fields.text('key', 64) };
    default:
      return { type };
  }
}

/** From a server to a master with a lease; before `ready` only `bundle`, `refused` and `beat`. */
export type FromServer =
  | { readonly type: 'beat' }
  /** Whether the master must send the bundle's bytes. */
  | { readonly type: 'bundle'; readonly wanted: boolean }
  | { readonly type: 'refused'; readonly reason: string }
  /** Slaves may be started; the ports are those on the server's machine that lead to the master's. */
  | { readonly type: 'ready'; readonly ports: Readonly<Partial<Record<Way, number>>> }
  /** The slots that the master has now, of those that it asked for. */
  | { readonly type: 'granted'; readonly slots: number; readonly wanted: number }
  | SlaveReport
  /** A slave wants to connect: the master dials a stream with this key. */
  | { readonly type: 'dial'; readonly way: Way; readonly key: string }
  | { readonly type: 'gone' };

export function readFromServer(value: unknown): FromServer {
  const fields = new Fields(value);
  const type = fields.choice('type', [
    'beat',
    'bundle',
    'refused',
    'ready',
    'granted',
    'started',
    'ended',
    'output',
    'dial',
    'gone',
  ]);
  switch (type) {
    case 'bundle':
      return { type, wanted: fields.flag('wanted') };
    case 'refused':
      return { type, reason: fields.text('reason', 1024) };
    case 'ready': {
      const given = new Fields({ type, ...(Object(fields.value('ports')) as object) });
      const ports = WAYS.filter((way) => given.has(way)).map((way) => [way, given.whole(way, 1, 65535)]);
      return { type, ports: Object.fromEntries(ports) };
    }
    case 'granted':
      return {
        type,
        slots: fields.whole('slots', 0, MOST_SLOTS),
        wanted: fields.whole('wanted', 0, MOST_SLOTS),
      };
    case 'started':
      return {
        type,
        slave: fields.whole('slave', 1, LARGEST_NUMBER),
        pid: fields.whole('pid', 1, LARGEST_NUMBER),
      };
    case 'ended':
      return {
        type,
        slave: fields.whole('slave', 1, LARGEST_NUMBER),
        code: fields.has('code') ? fields.whole('code', -LARGEST_NUMBER, LARGEST_NUMBER) : null,
        signal: fields.has('signal') ? fields.text('signal', 32) : null,
        error: fields.has('error') ? fields.text('error', 1024) : undefined,
      };
    case 'output':
      return {
        type,
        to: fields.choice('to', ['stdout', 'stderr']),
        text: fields.text('text', 256 * 1024),
        slave: fields.has('slave') ? fields.whole('slave', 1, LARGEST_NUMBER) : undefined,
      };
    case 'dial':
      return { type, way: fields.choice('way', WAYS), key: fields.text('key', 64) };
    default:
      return { type };
  }
}
