/**
 * Decides what an overseer does about what it reads in a resource file. A reading and the time go in; the number of slaves
 * to start, or the end, comes out.
 *
 * The master says how many slaves it lacks when it writes the file. So each writing counts once, and slaves that are so
 * young that they may not have joined by then are taken off. A master is gone if its process has ended, or if it has not
 * written for three of its intervals and ten seconds more. Times are our own: clocks of machines differ.
 */

import type { ResourceFile } from '../resource-file/resource-file.js';

export interface Sighting {
  /** Undefined if there is none that can be read. */
  readonly file: ResourceFile | undefined;
  /** Why there is none. */
  readonly reason?: string | undefined;
  /** Of the process in the file. */
  readonly master: 'running' | 'ended' | 'unknown';
}

export interface OwnSlaves {
  /** All places in which slaves run or are started again. */
  readonly kept: number;
  /** Processes, also those that are not kept. */
  readonly running: number;
  /** Those of the kept ones that are younger than `YOUNG_MS`, or wait for their start. */
  readonly young: number;
}

type Oversight =
  /** `stop`: no slave that ends is started again. */
  | {
      readonly does: 'go-on';
      readonly start: number;
      readonly stop: boolean;
      readonly tell?: string | undefined;
    }
  | { readonly does: 'end'; readonly code: number; readonly tell: string };

interface OverseerSettings {
  readonly path: string;
  readonly minSlaves: number;
  readonly maxSlaves: number;
  /** `Infinity` is forever. */
  readonly waitMs: number;
}

export const YOUNG_MS = 10_000;
const MASTER_GONE = 255;
const MISSED_INTERVALS = 3;
const GRACE_MS = 10_000;

export class Overseer {
  readonly #settings: OverseerSettings;
  #run: string | undefined;
  #timestamp: string | undefined;
  #writtenAt = 0;
  /** Since when there is no master; undefined while there is one. */
  #missingSince: number | undefined;
  #told: string | undefined;

  constructor(settings: OverseerSettings) {
    this.#settings = settings;
  }

  decide({ file, reason, master }: Sighting, slaves: OwnSlaves, now: number): Oversight {
    if (file === undefined) return this.#wait(reason ?? 'there is no file', now);
    const { minSlaves, maxSlaves, path } = this.#settings;
    const isNew = file.timestamp !== this.#timestamp || file['run-id'] !== this.#run;
    if (isNew) this.#writtenAt = now;
    const isNewRun = file['run-id'] !== this.#run;
    this.#timestamp = file.timestamp;
    this.#run = file['run-id'];
    if (file['computation-status'] === 'finished') {
      if (slaves.running === 0)
        return { does: 'end', code: 0, tell: `the computation of ${path} is finished` };
      return this.#goOn(0, true, 'the computation is finished; the slaves end by themselves');
    }
    const silentMs = now - this.#writtenAt;
    const mostSilentMs = file['update-interval'] * 1000 * MISSED_INTERVALS + GRACE_MS;
    if (master === 'ended') return this.#wait(`the master of ${path} is gone: its process has ended`, now);
    if (master === 'unknown' && silentMs > mostSilentMs) {
      const seconds = Math.round(mostSilentMs / 1000);
      return this.#wait(`the master of ${path} is gone: it has not written for ${seconds} s`, now);
    }
    this.#missingSince = undefined;
    // Slaves of an earlier run join this one when they are started again
    const coming = isNewRun ? slaves.kept : slaves.young;
    const asked = isNew ? Math.max(0, file['slaves-needed'] - coming) : 0;
    const start = Math.min(Math.max(asked, minSlaves - slaves.kept), maxSlaves - slaves.kept);
    const isShort = isNew && asked > start;
    const text = `the master lacks ${file['slaves-needed']} slaves, and there may be ${maxSlaves} here; see --max-slaves`;
    return this.#goOn(Math.max(0, start), false, isShort ? text : undefined);
  }

  #wait(reason: string, now: number): Oversight {
    this.#missingSince ??= now;
    const { waitMs } = this.#settings;
    if (now - this.#missingSince >= waitMs) {
      return {
        does: 'end',
        code: MASTER_GONE,
        tell: `${reason}, and no other came within ${waitMs / 1000} s`,
      };
    }
    return this.#goOn(0, true, `waits: ${reason}`);
  }

  /** Tells what is new only. */
  #goOn(start: number, stop: boolean, text: string | undefined): Oversight {
    const tell = text === this.#told ? undefined : text;
    if (text !== undefined || !stop) this.#told = text;
    return { does: 'go-on', start, stop, tell };
  }
}
