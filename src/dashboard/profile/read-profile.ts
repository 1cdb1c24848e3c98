/** Unpacks and checks a .cpuprofile: it comes from a process that may lie. */

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** From 0; -1 where there is none. */
    readonly lineNumber: number;
  };
  readonly children?: readonly number[] | undefined;
}

/** As V8 writes it. Times are in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  /** Ids of nodes. */
  readonly samples: readonly number[];
  /** The time before each sample. */
  readonly timeDeltas: readonly number[];
}

/** Processes make no longer ones. */
const MOST_BYTES = 64 * 1024 * 1024;
const NO_PROFILE = 'sent something that is not a profile';

const unpack = promisify(gunzip);

/** Its JSON. Rejects with an error whose message is a sentence without its subject, the process. */
export async function unpackProfile(bytes: Uint8Array): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: MOST_BYTES });
  } catch {
    throw new Error(NO_PROFILE);
  }
}

/** Throws such an error. */
export function readProfile(text: string): CpuProfile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(NO_PROFILE);
  }
  if (!isProfile(value)) throw new Error(NO_PROFILE);
  return value;
}

function isProfile(value: unknown): value is CpuProfile {
  if (typeof value !== 'object' || value === null) return false;
  const { nodes, startTime, endTime, samples, timeDeltas } = value as Readonly<Record<string, unknown>>;
  return (
    Array.isArray(nodes) &&
    nodes.length > 0 &&
    nodes.every(isNode) &&
    Number.isFinite(startTime) &&
    Number.isFinite(endTime) &&
    areNumbers(samples) &&
    areNumbers(timeDeltas)
  );
}

function isNode(value: unknown): value is ProfileNode {
  if (typeof value !== 'object' || value === null) return false;
  const { id, callFrame, children } = value as Readonly<Record<string, unknown>>;
  if (!Number.isFinite(id) || typeof callFrame !== 'object' || callFrame === null) return false;
  const { functionName, url, lineNumber } = callFrame as Readonly<Record<string, unknown>>;
  return (
    typeof functionName === 'string' &&
    typeof url === 'string' &&
    Number.isSafeInteger(lineNumber) &&
    (children === undefined || areNumbers(children))
  );
}

function areNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every(Number.isFinite);
}
