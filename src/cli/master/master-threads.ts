/**
 * The threads that a master will need. They load in parallel with its own code, which takes as long; so this file is loaded
 * without that code.
 */

import { SpareThread } from '../../threads/spare-thread.js';
import type { Configuration } from '../flags/configuration.js';

export class MasterThreads {
  /** Undefined with a nats-server. */
  readonly broker: SpareThread | undefined;
  readonly sentinel: SpareThread;
  /** Undefined without `--servers`. */
  readonly dial: SpareThread | undefined;

  constructor({ nats, servers }: Configuration) {
    // In the order in which they are waited for
    this.broker = nats.urls.length === 0 ? new SpareThread('broker') : undefined;
    this.sentinel = new SpareThread('sentinel');
    this.dial = servers.length > 0 ? new SpareThread('dial') : undefined;
  }

  /** Ends those that the master has not taken: it could not start. */
  async end(): Promise<void> {
    await Promise.all([this.broker?.end(), this.sentinel.end(), this.dial?.end()]);
  }
}
