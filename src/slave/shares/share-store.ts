/**
 * The shared values of a slave: which it has, which it asks its master for, and which it drops. Pure: messages go in
 * and out, and files through a port. It outlives sessions, since a key names the same bytes in all of them.
 *
 * All its values together take at most `mostBytes`. Room is made by dropping values that no task here needs, least
 * recently used first. A task whose turn it is may also take the room of values that only later tasks need: these are
 * asked for again. So the first task gets what it needs sooner or later, and its slave is never stuck. A task that needs
 * more than all the room fails.
 */

import { UsageError } from '../../errors.js';
import type { Body } from '../../wire/messages/body.js';
import {
  hasMessage,
  MOST_SHARE_KEYS,
  type ShareName,
  type ToSlave,
  wantMessage,
} from '../../wire/messages/share-messages.js';
import { type CopyReader, SharedEntry, type ShareFiles } from './shared-entry.js';

interface ShareStoreOptions {
  readonly mostBytes: number;
  readonly files: ShareFiles;
  /** Reads copies of its machine; without it, all values come in pieces. */
  readonly readCopy?: CopyReader | undefined;
  /** Something that was read is here: tasks may begin, and what was posted waits. */
  readonly onRead: () => void;
  /** To the master; dropped while there is no session. */
  readonly post: (body: Body) => void;
  /** The master is asked for a value. */
  readonly onAsked: (key: string, bytes: number) => void;
  /** A value came from the master. */
  readonly onReceived: (key: string, bytes: number) => void;
  /** A value had to leave. */
  readonly onDropped: (key: string, bytes: number) => void;
}

/** The shared values that a task needs. */
export type TaskShares = readonly SharedEntry[];

export class ShareStore {
  readonly #options: ShareStoreOptions;
  /** By key, the least recently used one first. */
  readonly #entries = new Map<string, SharedEntry>();
  /** Those that tasks here need and that had no room, the longest waiting one first. */
  readonly #missing = new Set<SharedEntry>();
  #used = 0;

  constructor(options: ShareStoreOptions) {
    this.#options = options;
  }

  /** Bytes of the values that are here or on their way. */
  get used(): number {
    return this.#used;
  }

  // ---- tasks

  /** A task has come that needs these; they are its own until `release`. */
  acquire(names: readonly ShareName[]): TaskShares {
    return names.map(([key, size]) => {
      const entry = this.#entryOf(key, size);
      entry.users++;
      this.#touch(entry);
      if (entry.state === 'missing') this.#ask(entry);
      return entry;
    });
  }

  /** Whether the task whose turn it is may begin; what it lacks is asked for before all else. */
  isReady(shares: TaskShares): boolean {
    if (shares.every(({ isSettled }) => isSettled) || this.#isTooMuch(shares)) return true;
    for (const entry of shares) if (entry.state === 'missing') this.#ask(entry, shares);
    return false;
  }

  begin(shares: TaskShares): void {
    for (const entry of shares) {
      entry.running++;
      this.#touch(entry);
    }
  }

  /** The task has ended, or never begins. */
  release(shares: TaskShares, hasRun: boolean): void {
    for (const entry of shares) {
      entry.users--;
      if (hasRun) entry.running--;
      if (entry.users > 0) continue;
      this.#missing.delete(entry);
      if (!entry.takesRoom && this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    }
    this.#askForMissing();
  }

  /** Finds the values for a task that begins; throws what it cannot have. */
  finderFor(shares: TaskShares): (key: string) => unknown {
    if (this.#isTooMuch(shares)) {
      const bytes = sizeOf(shares);
      throw new UsageError(
        `the shared values of this task take ${bytes} bytes, and its slave keeps ${this.#options.mostBytes}; ` +
          'start slaves with a larger --share-cache',
      );
    }
    return (key) => {
      const entry = shares.find((share) => share.key === key);
      if (entry === undefined)
        throw new UsageError('a task refers to a shared value that its message does not name');
      return entry.value(this.#options.files);
    };
  }

  #isTooMuch(shares: TaskShares): boolean {
    return sizeOf(shares) > this.#options.mostBytes;
  }

  // ---- messages

  /** A session begins: the master hears what is here, and is asked for the rest of what was on its way. */
  open(): void {
    const here = [...this.#entries.values()].filter(({ state }) => state === 'here');
    if (here.length > 0) {
      const keys = here.slice(-MOST_SHARE_KEYS).map(({ key }) => key);
      this.#options.post(hasMessage(keys, []));
    }
    for (const entry of this.#entries.values()) {
      if (entry.state === 'arriving' && !entry.isRead) this.#want(entry);
    }
    this.#askForMissing();
  }

  /** A message of the master; true if a task may begin now. Throws FormatError. */
  take(message: ToSlave): boolean {
    switch (message.type) {
      case 'fetch':
        for (const [key, size] of message.shares) this.#prepare(key, size);
        return false;
      case 'piece':
        return this.#takePiece(message);
      case 'copy':
        this.#takeCopy(message);
        return false;
      case 'gone':
        return this.#takeGone(message);
      default:
        return message satisfies never;
    }
  }

  #takePiece({ key, size, from, bytes }: ToSlave & { readonly type: 'piece' }): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || !entry.take(size, from, bytes)) return false;
    if (entry.error !== undefined) return this.#giveUp(entry);
    this.#arrived(entry);
    return true;
  }

  #arrived({ key, size }: SharedEntry): void {
    this.#options.onReceived(key, size);
    this.#options.post(hasMessage([key], []));
  }

  /** Pieces are asked for if there is no such file here, if it cannot be read, or has other bytes. */
  #takeCopy(copy: ToSlave & { readonly type: 'copy' }): void {
    const { key, size } = copy;
    const entry = this.#entries.get(key);
    entry?.checkSize(size);
    if (entry?.state !== 'arriving' || entry.isRead) return;
    const { readCopy } = this.#options;
    if (readCopy === undefined || entry.filled > 0) {
      this.#want(entry, true);
      return;
    }
    entry.read(copy, readCopy, (isHere) => {
      if (isHere) this.#arrived(entry);
      else this.#want(entry, true);
      this.#options.onRead();
    });
  }

  /** Asks for what has not come of it. */
  #want({ key, filled }: SharedEntry, byPieces = false): void {
    this.#options.post(wantMessage([[key, filled]], byPieces));
  }

  #takeGone({ key, reason }: ToSlave & { readonly type: 'gone' }): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.state !== 'arriving') return false;
    entry.refuse(new UsageError(`a shared value of this task is not available: ${reason}`));
    return this.#giveUp(entry);
  }

  /** It was arriving, and is refused. Tasks that need it fail; those that may come have it asked for again. */
  #giveUp(entry: SharedEntry): boolean {
    this.#used -= entry.size;
    if (entry.users > 0) return true;
    this.#forget(entry);
    this.#options.post(hasMessage([], [entry.key]));
    return false;
  }

  /** Tasks that may come will need it, if there is room for it. */
  #prepare(key: string, size: number): void {
    const entry = this.#entryOf(key, size);
    if (entry.state === 'here') this.#options.post(hasMessage([key], []));
    else if (entry.state === 'missing' && !this.#ask(entry)) {
      if (entry.users === 0) this.#forget(entry);
      this.#options.post(hasMessage([], [key]));
    }
  }

  // ---- room

  #entryOf(key: string, size: number): SharedEntry {
    const known = this.#entries.get(key);
    // One that is refused may be shared again meanwhile
    if (known !== undefined && known.state !== 'refused') return known;
    const entry = new SharedEntry(key, size);
    this.#entries.set(key, entry);
    return entry;
  }

  #touch(entry: SharedEntry): void {
    if (this.#entries.get(entry.key) !== entry) return;
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
  }

  #askForMissing(): void {
    for (const entry of this.#missing) if (!this.#ask(entry)) return;
  }

  /** Asks the master for it if there is room; false otherwise. `shares` are those of the task whose turn it is. */
  #ask(entry: SharedEntry, shares?: TaskShares): boolean {
    if (!this.#makeRoom(entry.size, shares)) {
      if (entry.users > 0) this.#missing.add(entry);
      return false;
    }
    this.#missing.delete(entry);
    this.#used += entry.size;
    entry.state = 'arriving';
    this.#options.onAsked(entry.key, entry.size);
    this.#want(entry);
    return true;
  }

  #makeRoom(size: number, shares: TaskShares | undefined): boolean {
    const { mostBytes } = this.#options;
    const mayGo = (entry: SharedEntry): boolean =>
      entry.takesRoom &&
      (entry.users === 0 || (shares !== undefined && entry.running === 0 && !shares.includes(entry)));
    if (this.#used + size <= mostBytes) return true;
    const candidates = [...this.#entries.values()].filter(mayGo);
    // Those that nobody needs come first
    candidates.sort((a, b) => Number(a.users > 0) - Number(b.users > 0));
    const spare = candidates.reduce((sum, entry) => sum + entry.size, 0);
    if (this.#used - spare + size > mostBytes) return false;
    for (const entry of candidates) {
      if (this.#used + size <= mostBytes) break;
      this.#drop(entry);
    }
    return true;
  }

  #drop(entry: SharedEntry): void {
    const { key, size, state, users } = entry;
    this.#used -= size;
    if (entry.drop()) this.#options.files.remove(key);
    if (users > 0) this.#missing.add(entry);
    else this.#forget(entry);
    if (state === 'here') this.#options.onDropped(key, size);
    this.#options.post(hasMessage([], [key]));
  }

  #forget(entry: SharedEntry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }
}

function sizeOf(shares: TaskShares): number {
  return shares.reduce((sum, { size }) => sum + size, 0);
}
