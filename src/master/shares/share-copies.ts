/**
 * Tells slaves of the master's own machine where they can read a shared value, so that its bytes need not travel. Pure:
 * the copies are a port's. A slave that cannot read one asks for pieces.
 */

import type { ShareCopy, SharedContent } from '../../algorithms/shared.js';
import { copyMessage } from '../../wire/messages/share-messages.js';
import type { CopyPort } from '../model/copy-port.js';
import type { SlaveRecord } from '../model/slave-record.js';

interface Known {
  /** Undefined while it is made, or if there is none. */
  copy: ShareCopy | undefined;
  /** Those that asked while it is made. */
  readonly waiting: Set<SlaveRecord>;
  isMade: boolean;
}

interface ShareCopiesParams {
  /** Without it, no slave is told anything. */
  readonly port: CopyPort | undefined;
  /** The session of the slave has something to send. */
  readonly wake: (slave: SlaveRecord) => void;
  /** There is no copy: the slave needs pieces. */
  readonly sendPieces: (slave: SlaveRecord, key: string) => void;
  /** The slave was told of a copy. */
  readonly onTold: (slave: SlaveRecord, content: SharedContent) => void;
}

export class ShareCopies {
  readonly #params: ShareCopiesParams;
  /** By the keys of values that tasks need. */
  readonly #known = new Map<string, Known>();

  constructor(params: ShareCopiesParams) {
    this.#params = params;
  }

  /** Whether the slave is told of a copy, now or when it is made; or else of none, and `sendPieces` follows. */
  offer(slave: SlaveRecord, content: SharedContent): boolean {
    const { port } = this.#params;
    if (port === undefined || slave.host !== port.host || content.size < port.leastBytes) return false;
    const known = this.#known.get(content.key) ?? this.#make(port, content);
    if (!known.isMade) {
      known.waiting.add(slave);
      return true;
    }
    return known.copy !== undefined && this.#tell(slave, content, known.copy);
  }

  #make(port: CopyPort, content: SharedContent): Known {
    const known: Known = { copy: undefined, waiting: new Set(), isMade: false };
    this.#known.set(content.key, known);
    port.make(content, (copy) => {
      if (this.#known.get(content.key) !== known) return;
      known.copy = copy;
      known.isMade = true;
      for (const slave of known.waiting) {
        if (copy === undefined || !this.#tell(slave, content, copy))
          this.#params.sendPieces(slave, content.key);
      }
      known.waiting.clear();
    });
    return known;
  }

  #tell(slave: SlaveRecord, content: SharedContent, copy: ShareCopy): boolean {
    const message = copyMessage(content.key, content.size, copy);
    if (message === undefined) return false;
    slave.session.post(message);
    this.#params.wake(slave);
    this.#params.onTold(slave, content);
    return true;
  }

  /** The slave has no room for it any more. */
  drop(slave: SlaveRecord, key: string): void {
    this.#known.get(key)?.waiting.delete(slave);
  }

  /** Its session is over. */
  forget(slave: SlaveRecord): void {
    for (const { waiting } of this.#known.values()) waiting.delete(slave);
  }

  /** No task needs it any more. */
  close(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    this.#known.delete(key);
    this.#params.port?.remove(key);
    for (const slave of known.waiting) this.#params.sendPieces(slave, key);
  }
}
