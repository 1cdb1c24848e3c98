/**
 * Gives the lines of slaves on other machines their names: that of the slave once it has joined, and that of its machine
 * until then, or if the machine does not say whose they are. Of 1,024 slaves half a line is kept, those that printed last.
 */

import { processName } from '../../machines/farm/machine-slaves.js';
import type { ForwardedOutput, OutputSource, OutputStream } from '../../machines/forwarded-output.js';
import type { SlaveOrigin } from '../../machines/remote-slaves.js';

const MOST_SLAVES = 1_024;
/** Processes whose ids are known. */
const MOST_NAMES = 10_000;

export class RemoteOutput {
  readonly #output: ForwardedOutput;
  readonly #machines = new Map<string, OutputSource>();
  readonly #slaves = new Map<SlaveOrigin, OutputSource>();
  /** Of each process the slave that it is, or was last. */
  readonly #sids = new Map<string, string>();

  constructor(output: ForwardedOutput) {
    this.#output = output;
  }

  take(machine: string, stream: OutputStream, text: string, from: SlaveOrigin | undefined): void {
    const source = from === undefined ? this.#ofMachine(machine) : this.#ofSlave(machine, from);
    source.take(stream, Buffer.from(text));
  }

  joined(sid: string, host: string, pid: number): void {
    const name = processName(host, pid);
    this.#sids.delete(name);
    this.#sids.set(name, sid);
    const [oldest] = this.#sids.keys();
    if (this.#sids.size > MOST_NAMES && oldest !== undefined) this.#sids.delete(oldest);
  }

  /** Shows what has no end yet. */
  end(): void {
    for (const source of [...this.#machines.values(), ...this.#slaves.values()]) source.end();
  }

  /** A machine may be registered again. */
  #ofMachine(machine: string): OutputSource {
    const source = this.#machines.get(machine) ?? this.#output.source(() => machine);
    this.#machines.set(machine, source);
    return source;
  }

  #ofSlave(machine: string, from: SlaveOrigin): OutputSource {
    const known = this.#slaves.get(from);
    if (known !== undefined) this.#slaves.delete(from);
    const source = known ?? this.#output.source(() => this.#sidOf(from) ?? machine);
    this.#slaves.set(from, source);
    const [oldest] = this.#slaves;
    if (this.#slaves.size > MOST_SLAVES && oldest !== undefined) {
      this.#slaves.delete(oldest[0]);
      oldest[1].end();
    }
    return source;
  }

  #sidOf({ hostname, pid }: SlaveOrigin): string | undefined {
    return pid === undefined ? undefined : this.#sids.get(processName(hostname, pid));
  }
}
