/** The text form of control messages: JSON, checked on arrival, written by hand if it is frequent. */

import { areCellOffers, areCellValues } from '../../wire/messages/cells.js';
import { isCount } from '../../wire/messages/count.js';
import {
  type Command,
  type ControlMessage,
  type Epoch,
  MOST_CONCURRENCY,
  MOST_EVIDENCE,
  MOST_PROFILE_PIECES,
  MOST_PROFILE_SECONDS,
  PROFILE_PIECE_BYTES,
} from '../../wire/messages/messages.js';

/** The part of a slave's beat about its work. */
const ACTIVITY = ['running', 'runningMs', 'begun'] as const;
/** The measures of a slave's process, and the most of each: a petabyte, ten thousand cores. */
const MEASURED = { memoryBytes: 1e15, processorPercent: 1e6 } as const;
/** Characters of a server's id; nats-server's has 56. */
const LONGEST_SERVER = 128;
/** Milliseconds between two beats that a master may announce. */
const LONGEST_REST_MS = 60_000;
const FOUND = new Set<unknown>(['waiting', 'running', 'gone']);
const LONGEST_PIECE = Math.ceil(PROFILE_PIECE_BYTES / 3) * 4;

/** Undefined if the text is not one of our control messages. */
export function parseControl(text: string): ControlMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const message = value as Record<string, unknown>;
  switch (message.type) {
    case 'beat':
      return hasEpoch(message) &&
        isNumber(message.sent) &&
        isNumber(message.received) &&
        isNumber(message.limit) &&
        ACTIVITY.every((key) => message[key] === undefined || isNumber(message[key])) &&
        isMeasured(message) &&
        (message.server === undefined || isServer(message.server)) &&
        (message.restMs === undefined || (isCount(message.restMs) && message.restMs <= LONGEST_REST_MS))
        ? (value as ControlMessage)
        : undefined;
    case 'probe':
      return hasEpoch(message) ? (value as ControlMessage) : undefined;
    case 'command':
      return hasEpoch(message) && isNumber(message.id) && isCommand(message.body)
        ? (value as ControlMessage)
        : undefined;
    case 'ack':
      return hasEpoch(message) && isNumber(message.id) && isOutcome(message)
        ? (value as ControlMessage)
        : undefined;
    case 'cells':
      return hasEpoch(message) &&
        isCount(message.id) &&
        isCount(message.taken) &&
        areCellValues(message.values)
        ? (value as ControlMessage)
        : undefined;
    case 'offers':
      return hasEpoch(message) &&
        isCount(message.id) &&
        isCount(message.seen) &&
        areCellOffers(message.offers)
        ? (value as ControlMessage)
        : undefined;
    case 'profile':
      return hasEpoch(message) && isCount(message.id) && isSeconds(message.seconds) && isCount(message.at)
        ? (value as ControlMessage)
        : undefined;
    case 'profile-answer':
      return hasEpoch(message) && isCount(message.id) && isProfileAnswer(message)
        ? (value as ControlMessage)
        : undefined;
    case 'stale':
      return typeof message.nonce === 'string' ? (value as ControlMessage) : undefined;
    case 'master-query':
    case 'master-here':
      return typeof message.run === 'string' && typeof message.established === 'boolean'
        ? (value as ControlMessage)
        : undefined;
    default:
      return undefined;
  }
}

export function formatControl(message: ControlMessage): string {
  return JSON.stringify(message);
}

/** The part of a beat's text that stays the same for a session. */
export function beatPrefix({ run, nonce, sid }: Epoch): string {
  return `{"type":"beat","run":${JSON.stringify(run)},"nonce":${JSON.stringify(nonce)},"sid":${sid}`;
}

/** The content of a beat, apart from its sender. */
export interface BeatNumbers {
  readonly sent: number;
  readonly received: number;
  readonly limit: number;
  readonly running?: number | undefined;
  readonly runningMs?: number | undefined;
  readonly begun?: number | undefined;
  readonly memoryBytes?: number | undefined;
  readonly processorPercent?: number | undefined;
  readonly server?: string | undefined;
  readonly restMs?: number | undefined;
}

export function formatBeat(prefix: string, beat: BeatNumbers): string {
  const server = beat.server === undefined ? '' : `,"server":${JSON.stringify(beat.server)}`;
  const rest = beat.restMs === undefined ? '' : `,"restMs":${beat.restMs}`;
  const positions = `${prefix}${server}${rest},"sent":${beat.sent},"received":${beat.received},"limit":${beat.limit}`;
  if (beat.begun === undefined) return `${positions}}`;
  const activity = `"running":${beat.running ?? -1},"runningMs":${beat.runningMs ?? 0},"begun":${beat.begun}`;
  const { memoryBytes = 0, processorPercent } = beat;
  const processor = processorPercent === undefined ? '' : `,"processorPercent":${processorPercent}`;
  return `${positions},${activity},"memoryBytes":${memoryBytes}${processor}}`;
}

function isMeasured(message: Record<string, unknown>): boolean {
  return Object.entries(MEASURED).every(([key, most]) => {
    const value = message[key];
    return value === undefined || (isCount(value) && value <= most);
  });
}

function isOutcome({ from, found }: Record<string, unknown>): boolean {
  return (from === undefined || isNumber(from)) && (found === undefined || FOUND.has(found));
}

function hasEpoch({ run, nonce, sid }: Record<string, unknown>): boolean {
  return typeof run === 'string' && typeof nonce === 'string' && isNumber(sid);
}

function isCommand(body: unknown): body is Command {
  if (typeof body !== 'object' || body === null || !('command' in body)) return false;
  const command = body as Record<string, unknown>;
  switch (command.command) {
    case 'cancel':
      return isNumber(command.index) && (command.kill === undefined || isKill(command.kill));
    case 'overdue':
      return isNumber(command.index);
    case 'recall':
      return isNumber(command.from) && isNumber(command.to);
    case 'shutdown':
      return true;
    case 'bye':
      return isFarewell(command);
    default:
      return false;
  }
}

function isKill(kill: unknown): boolean {
  if (typeof kill !== 'object' || kill === null) return false;
  const { task, afterMs } = kill as Record<string, unknown>;
  return isNumber(task) && isNumber(afterMs) && afterMs >= 0;
}

function isFarewell({ running, begun, sent, error }: Record<string, unknown>): boolean {
  return (
    Array.isArray(running) &&
    running.length <= MOST_CONCURRENCY &&
    running.every(isNumber) &&
    isNumber(begun) &&
    isNumber(sent) &&
    (error === undefined || typeof error === 'string')
  );
}

function isSeconds(value: unknown): boolean {
  return isCount(value) && value >= 1 && value <= MOST_PROFILE_SECONDS;
}

function isProfileAnswer({ state, at, of, text }: Record<string, unknown>): boolean {
  if (!isCount(at) || !isCount(of) || typeof text !== 'string') return false;
  if (state === 'running') return of === 0 && text === '';
  if (state === 'failed') return of === 0 && text.length <= MOST_EVIDENCE;
  return state === 'ready' && at < of && of <= MOST_PROFILE_PIECES && text.length <= LONGEST_PIECE;
}

function isServer(value: unknown): boolean {
  return typeof value === 'string' && value.length <= LONGEST_SERVER;
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
