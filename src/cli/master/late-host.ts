/** A machine whose way is made when it is opened first: a master that has no such machine does not load the code for it. */

import type { MachineFacts, MachineHost } from '../../machines/machine-host.js';
import type { StartSlave } from '../../machines/slave-process.js';

export class LateHost implements MachineHost {
  onLost: (reason: string) => void = () => {};
  onSlots: () => void = () => {};
  readonly #make: () => Promise<MachineHost>;
  #making: Promise<MachineHost> | undefined;
  #host: MachineHost | undefined;

  /** `make` is called again by the next `open` if it fails. */
  constructor(make: () => Promise<MachineHost>) {
    this.#make = make;
  }

  get slots(): number | undefined {
    return this.#host?.slots;
  }

  async open(signal: AbortSignal): Promise<MachineFacts> {
    this.#making ??= this.#makeHost();
    const host = await this.#making;
    signal.throwIfAborted();
    return host.open(signal);
  }

  readonly startSlave: StartSlave = (onEnd) => {
    if (this.#host === undefined) throw new Error('a slave was started on a machine that is not open');
    return this.#host.startSlave(onEnd);
  };

  async close(): Promise<void> {
    await this.#host?.close();
  }

  async #makeHost(): Promise<MachineHost> {
    try {
      const host = await this.#make();
      host.onLost = (reason) => this.onLost(reason);
      host.onSlots = () => this.onSlots();
      this.#host = host;
      return host;
    } catch (error) {
      this.#making = undefined;
      throw error;
    }
  }
}
