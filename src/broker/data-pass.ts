/** The master's end of one slave's connection to the data port. */
import type { Passes } from './admission/passes.js';
import type { Attachment } from './attachment.js';
import { isLiteralSubject, isWord } from './protocol/subjects.js';
import { throwLater } from './throw-later.js';

/** Of one slave, and of nobody else. */
export interface DataSubjects {
  readonly toMaster: string;
  readonly toSlave: string;
}

/** Errors that these calls throw are thrown in a microtask of their own. */
export interface DataPeer {
  /** The payload is a view that is valid during the call only. */
  onFrame(payload: Uint8Array): void;
  /** The slave hears. */
  onOpened(): void;
  /** It hears no longer: its connection is gone, or was replaced by a newer one. Never without `onOpened` before. */
  onClosed(): void;
  /** All that it had unsent when `send` returned false has been written. */
  onDrained(): void;
}

export interface DataPass {
  /** The token of the slave. */
  readonly secret: string;
  readonly isOpen: boolean;
  /**
   * False, and nothing is sent, while it is not open, and while the slave has 1 MB unsent. Throws a RangeError if the
   * payload is larger than 1 MB. It may be changed when the call has returned.
   */
  send(payload: Uint8Array): boolean;
  /** Cuts the slave's connection, after which `onClosed` is called; it may come back. */
  hangUp(): void;
  /** Cuts the slave's connection; it cannot come back. May be called twice. */
  revoke(): void;
}

export class PassToSlave implements DataPass {
  readonly secret: string;
  readonly #toSlave: string;
  readonly #attachment: Attachment;
  readonly #passes: Passes;
  readonly #endSubscription: () => void;
  #isOpen = false;

  constructor(
    secret: string,
    subjects: DataSubjects,
    peer: DataPeer,
    attachment: Attachment,
    passes: Passes,
  ) {
    const { toMaster, toSlave } = subjects;
    for (const subject of [toMaster, toSlave])
      if (!isWord(subject) || !isLiteralSubject(subject))
        throw new RangeError(`not a literal subject: ${subject}`);
    this.secret = secret;
    this.#toSlave = toSlave;
    this.#attachment = attachment;
    this.#passes = passes;
    this.#endSubscription = attachment.subscribe(toMaster, (_, payload) => peer.onFrame(payload));
    attachment.onDrained = () => {
      if (this.#isOpen) peer.onDrained();
    };
    passes.add(secret, {
      mayPublish: toMaster,
      mayHear: toSlave,
      opened: () => {
        this.#isOpen = true;
        callSafely(() => peer.onOpened());
      },
      closed: () => {
        this.#isOpen = false;
        callSafely(() => peer.onClosed());
      },
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(payload: Uint8Array): boolean {
    return this.#isOpen && this.#attachment.send(this.#toSlave, payload);
  }

  hangUp(): void {
    this.#passes.hangUp(this.secret);
  }

  revoke(): void {
    this.#endSubscription();
    this.#passes.revoke(this.secret);
  }
}

/** The server calls in the middle of its own work. */
function callSafely(call: () => void): void {
  try {
    call();
  } catch (error) {
    throwLater(error);
  }
}
