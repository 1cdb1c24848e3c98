/**
 * Takes orders for profiles, one at a time, and keeps the last four with their trees. The sentinel takes them; its port
 * does not pass the master's main thread.
 */

import type { MessagePort } from 'node:worker_threads';
import type { ProfileNews, ProfileOrder } from '../../threads/profile-messages.js';
import { foldProfile } from './flame-tree.js';
import { readProfile, unpackProfile } from './read-profile.js';

export const MOST_KEPT = 4;

/** A process and for how long: `process` is `master` or a sid. */
export interface ProfileWish {
  readonly process: string;
  readonly seconds: number;
}

export interface ProfileUnderWay extends ProfileWish {
  readonly id: number;
  readonly sinceMs: number;
  readonly state: 'running' | 'fetching' | 'reading';
  /** Share of its time that is over, then that has come, 0 to 1. */
  readonly share: number;
}

/** A profile that is there, without its content. */
export interface ProfileSeen extends ProfileWish {
  readonly id: number;
  readonly atMs: number;
}

export interface ProfileFault extends ProfileSeen {
  readonly reason: string;
}

interface Kept {
  readonly seen: ProfileSeen;
  readonly bytes: Uint8Array;
  /** A `FlameTree` as JSON. */
  readonly tree: string;
}

type Port = Pick<MessagePort, 'postMessage' | 'on' | 'unref' | 'close'>;

export class ProfileDesk {
  readonly #now: () => number;
  #port: Port | undefined;
  #underWay: ProfileUnderWay | undefined;
  #fault: ProfileFault | undefined;
  #kept: Kept[] = [];
  #lastId = 0;

  /** `now` is the time of day in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get underWay(): ProfileUnderWay | undefined {
    const underWay = this.#underWay;
    if (underWay?.state !== 'running') return underWay;
    const seconds = (this.#now() - underWay.sinceMs) / 1_000;
    return { ...underWay, share: Math.max(0, Math.min(1, seconds / underWay.seconds)) };
  }

  /** The last one that failed, until the next is ordered. */
  get fault(): ProfileFault | undefined {
    return this.#fault;
  }

  /** The newest first. */
  get kept(): readonly ProfileSeen[] {
    return this.#kept.map(({ seen }) => seen).reverse();
  }

  /** The master has started. */
  open(port: Port): void {
    this.#port = port;
    port.on('message', (news: ProfileNews) => void this.#hear(news));
    port.on('close', () => {
      this.#port = undefined;
      this.#fail("cannot be asked: the master's sentinel has ended");
    });
    port.unref();
  }

  /** Undefined if it was ordered; otherwise why not, and what to do. */
  order({ process, seconds }: ProfileWish): string | undefined {
    if (this.#port === undefined) return 'the master has not started yet, or has ended';
    const busy = this.#underWay;
    if (busy !== undefined) {
      return `a profile of ${busy.process} is being taken for ${busy.seconds} s; ask again when it is there`;
    }
    const id = ++this.#lastId;
    const slave = process === 'master' ? undefined : Number(process.slice('SLAVE-'.length));
    this.#fault = undefined;
    this.#underWay = { id, process, seconds, sinceMs: this.#now(), state: 'running', share: 0 };
    this.#port.postMessage({ key: id, slave, seconds } satisfies ProfileOrder);
    return undefined;
  }

  /** A `FlameTree` as JSON; undefined if it is not kept. */
  tree(id: number): string | undefined {
    return this.#find(id)?.tree;
  }

  /** As V8 writes it, and with a name for its file. */
  async file(id: number): Promise<{ readonly name: string; readonly text: Buffer } | undefined> {
    const kept = this.#find(id);
    if (kept === undefined) return undefined;
    const { process, atMs } = kept.seen;
    const time = new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    return { name: `${process}-${time}.cpuprofile`, text: await unpackProfile(kept.bytes) };
  }

  close(): void {
    this.#port?.close();
  }

  async #hear(news: ProfileNews): Promise<void> {
    const underWay = this.#underWay;
    if (underWay === undefined || news.key !== underWay.id) return;
    switch (news.state) {
      case 'running':
        return;
      case 'fetching':
        this.#underWay = { ...underWay, state: 'fetching', share: news.pieces / news.of };
        return;
      case 'failed':
        this.#fail(news.reason);
        return;
      case 'done':
        this.#underWay = { ...underWay, state: 'reading', share: 1 };
        await this.#keep(underWay, news.bytes);
        return;
      default:
        news satisfies never;
    }
  }

  async #keep({ id, process, seconds, sinceMs }: ProfileUnderWay, bytes: Uint8Array): Promise<void> {
    try {
      const text = (await unpackProfile(bytes)).toString('utf8');
      const tree = JSON.stringify(foldProfile(readProfile(text)));
      this.#kept = [...this.#kept, { seen: { id, process, seconds, atMs: sinceMs }, bytes, tree }].slice(
        -MOST_KEPT,
      );
      this.#underWay = undefined;
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #fail(reason: string): void {
    const underWay = this.#underWay;
    if (underWay === undefined) return;
    const { id, process, seconds } = underWay;
    this.#underWay = undefined;
    this.#fault = { id, process, seconds, atMs: this.#now(), reason };
  }

  #find(id: number): Kept | undefined {
    return this.#kept.find(({ seen }) => seen.id === id);
  }
}
