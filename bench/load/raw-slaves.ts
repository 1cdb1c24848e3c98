/** A process full of raw slaves: they come at a rate, live for a while, work, and go in one of two ways. */

import { listAlgorithms } from '../../src/algorithms/registry.js';
import '../../src/slave/operations/register.js';
import { readResourceFile } from '../../src/cli/resource-file/resource-file.js';
import { type MasterAddress, RawSlave } from './raw-slave.js';
import './work.js';

/** Travels as JSON on the command line. */
export interface RawSlavesOptions {
  readonly resourceFile: string;
  /** How many come each second; without a rate all at once. */
  readonly rate?: number | undefined;
  readonly count: number;
  /** At random up to so long; without it until the master says shutdown. */
  readonly lifeMs?: number | undefined;
}

export interface RawSlavesReport {
  readonly joined: number;
  readonly said: number;
  readonly cut: number;
  /** Told by their master to shut down. */
  readonly told: number;
  readonly runs: number;
  readonly failures: readonly string[];
  /** From the first attempt to the last to join, in seconds. */
  readonly seconds: number;
  readonly joinMs: { readonly median: number; readonly most: number };
}

export type RawSlavesMessage =
  | { readonly type: 'all-joined' }
  | { readonly type: 'report'; readonly report: RawSlavesReport };

const TICK_MS = 100;
const MOST_FAILURES = 20;
/** More at a time would be a queue, on a machine that is too slow for the rate. */
const MOST_JOINING = 100;

class RawSlaves {
  readonly #options: RawSlavesOptions;
  readonly #address: MasterAddress;
  readonly #alive = new Set<RawSlave>();
  readonly #joinMs: number[] = [];
  readonly #failures: string[] = [];
  #joining = 0;
  #said = 0;
  #cut = 0;
  #told = 0;
  #runs = 0;
  #lastJoin = 0;

  constructor(options: RawSlavesOptions, address: MasterAddress) {
    this.#options = options;
    this.#address = address;
  }

  async run(onJoined: () => void): Promise<RawSlavesReport> {
    const { count, rate } = this.#options;
    const ticker = setInterval(() => {
      for (const slave of this.#alive) slave.tick();
    }, TICK_MS);
    const began = performance.now();
    const lives: Promise<void>[] = [];
    for (let started = 0; started < count; started++) {
      // Behind time it hurries: the rate is what was asked for, as far as the machine allows.
      const due = rate === undefined ? 0 : began + (started * 1000) / rate - performance.now();
      if (due > 1) await pause(due);
      while (rate !== undefined && this.#joining >= MOST_JOINING) await pause(TICK_MS);
      lives.push(this.#live());
    }
    const look = setInterval(() => {
      if (this.#joinMs.length + this.#failures.length < count) return;
      clearInterval(look);
      onJoined();
    }, TICK_MS);
    await Promise.all(lives);
    clearInterval(look);
    clearInterval(ticker);
    const sorted = this.#joinMs.sort((a, b) => a - b);
    return {
      joined: sorted.length,
      said: this.#said,
      cut: this.#cut,
      told: this.#told,
      runs: this.#runs,
      failures: this.#failures.slice(0, MOST_FAILURES),
      seconds: (this.#lastJoin - began) / 1000,
      joinMs: { median: sorted[sorted.length >> 1] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN },
    };
  }

  async #live(): Promise<void> {
    const began = performance.now();
    let slave: RawSlave;
    this.#joining++;
    try {
      slave = await RawSlave.join(this.#address, listAlgorithms());
    } catch (error) {
      this.#failures.push(`it could not join: ${error instanceof Error ? error.message : String(error)}`);
      return;
    } finally {
      this.#joining--;
    }
    this.#lastJoin = performance.now();
    this.#joinMs.push(this.#lastJoin - began);
    this.#alive.add(slave);
    try {
      await this.#work(slave);
      await this.#end(slave);
    } finally {
      this.#alive.delete(slave);
    }
  }

  async #work(slave: RawSlave): Promise<void> {
    const { lifeMs = Number.POSITIVE_INFINITY } = this.#options;
    const until = performance.now() + Math.random() * lifeMs;
    while (performance.now() < until && slave.failure === undefined && !slave.isTold) {
      if (await slave.work()) this.#runs++;
      else await pause(lifeMs === Number.POSITIVE_INFINITY ? TICK_MS : 5);
    }
  }

  async #end(slave: RawSlave): Promise<void> {
    if (slave.isTold) {
      this.#told++;
      slave.cut();
    } else if (slave.failure !== undefined) {
      this.#failures.push(slave.failure);
      slave.cut();
    } else if (Math.random() < 0.5) {
      slave.cut();
      this.#cut++;
    } else if (await slave.leave()) {
      this.#said++;
    } else {
      this.#failures.push('nobody answered its goodbye');
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const options = JSON.parse(process.argv[2] ?? '{}') as RawSlavesOptions;
const reading = await readResourceFile(options.resourceFile);
if (reading.status !== 'read') throw new Error(`there is no resource file ${options.resourceFile}`);
const { nats, 'member-id': memberId, 'run-id': run } = reading.file;
const port = Number(new URL(nats.urls[0] ?? '').port);
const orphaned = (): void => process.exit(1);
process.once('disconnect', orphaned);
const slaves = new RawSlaves(options, { port, token: nats.token, memberId, run });
const tell = (message: RawSlavesMessage): void => {
  process.send?.(message);
};
tell({ type: 'report', report: await slaves.run(() => tell({ type: 'all-joined' })) });
process.off('disconnect', orphaned);
process.disconnect();
