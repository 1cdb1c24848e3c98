/** Audit trails that are still being written, and waiting for what they or the process table tell. */

import type { AuditEventOf, AuditEventType } from '../../src/audit/events.js';
import { parseJson } from '../../src/audit/format/json-format.js';
import type { TrailEntry } from '../../src/audit/format/text-format.js';
import { PATIENCE } from '../support/patience.js';
import { TailedFile } from './tailed-file.js';

const POLL_MS = 20;
export const PATIENCE_MS = 60_000;

/** Time is what some faults are made of: a silence, a delay. */
export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `look` finds something. */
export async function until<T>(what: string, look: () => T | undefined, withinMs = PATIENCE_MS): Promise<T> {
  const patientMs = withinMs * PATIENCE;
  const deadline = performance.now() + patientMs;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`timeout: no ${what} within ${patientMs / 1000} s`);
    await pass(POLL_MS);
  }
}

/** Waits for the end of a process that need not be a child of ours. */
export async function untilGone(pid: number, withinMs: number): Promise<void> {
  const look = (): true | undefined => {
    try {
      process.kill(pid, 0);
      return undefined;
    } catch {
      return true;
    }
  };
  await until(`end of process ${pid}`, look, withinMs);
}

/** Waits for all, so that each cleans up behind itself, before the first failure counts. */
export async function together(runs: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(runs)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

/** An audit trail that is still being written. */
export class Trail {
  readonly entries: TrailEntry[] = [];
  readonly path: string;
  readonly #file: TailedFile;

  constructor(path: string) {
    this.path = path;
    this.#file = new TailedFile(path);
  }

  read(): readonly TrailEntry[] {
    for (const line of this.#file.newLines()) {
      const entry = parseJson(line);
      if (entry !== undefined) this.entries.push(entry);
    }
    return this.entries;
  }

  /** All events of a type so far. */
  all<T extends AuditEventType>(type: T): (AuditEventOf<T> & { timeMs: number })[] {
    return this.read().flatMap(({ timeMs, event }) =>
      event.type === type ? [{ ...(event as AuditEventOf<T>), timeMs }] : [],
    );
  }

  /** Waits until there are `count` events of a type, and returns the last of them. */
  async until<T extends AuditEventType>(
    type: T,
    count = 1,
    withinMs = PATIENCE_MS,
  ): Promise<AuditEventOf<T> & { timeMs: number }> {
    return await until(`${count} ${type}`, () => this.all(type)[count - 1], withinMs).catch((error) => {
      const tail = this.entries.slice(-25).map(({ event }) => JSON.stringify(event));
      throw new Error(`${(error as Error).message}; the trail ends with\n${tail.join('\n')}`);
    });
  }
}
