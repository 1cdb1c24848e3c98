/** One place for a slave in a soak: one that ends is followed by another; and the stop-watch of its recoveries. */

import { join } from 'node:path';
import type { Chance } from '../simulation/scheduler.js';
import { FaultyWay } from './faulty-way.js';
import { preloadClock } from './preload-clock.js';
import { type Cluster, type Member, pass } from './support.js';

export interface Recovery {
  readonly fault: string;
  readonly ms: number;
}

export class Place implements AsyncDisposable {
  /** To the broker, and to the master's data port where there is one. */
  readonly ways: readonly FaultyWay[];
  /** The file that moves its clock. */
  readonly clock: string;
  readonly pids = new Set<number>();
  slave: Member;
  readonly #cluster: Cluster;
  readonly #chance: Chance;
  readonly #kept: Promise<void>;
  #faults = 0;
  #struck: { readonly fault: string; since: number } | undefined;
  #isEnding = false;

  private constructor(cluster: Cluster, chance: Chance, ways: readonly FaultyWay[], index: number) {
    this.#cluster = cluster;
    this.#chance = chance;
    this.ways = ways;
    this.clock = join(cluster.folder, `clock-${index}`);
    this.slave = this.#start();
    this.#kept = this.#keep();
  }

  static async open(cluster: Cluster, chance: Chance, index: number): Promise<Place> {
    const servers = cluster.slaveServers;
    const port = servers.length > 0 ? servers[index % servers.length]?.port : cluster.brokerPort;
    const targets = [port ?? 0, ...cluster.trail.all('data-port-ready').map((ready) => ready.port)];
    return new Place(
      cluster,
      chance,
      await Promise.all(targets.map((target) => FaultyWay.open(target))),
      index,
    );
  }

  /** Whether it is struck and has not worked since. */
  get isStruck(): boolean {
    return this.#struck !== undefined;
  }

  strike(fault: string): void {
    this.#faults++;
    this.#struck = { fault, since: performance.now() };
  }

  /** The stop-watch begins when the last of several faults is over. */
  relieve(): void {
    this.#faults--;
    if (this.#struck !== undefined) this.#struck.since = performance.now();
  }

  /** A result came from here. Returns the recovery that it ends. */
  works(): Recovery | undefined {
    if (this.#faults > 0 || this.#struck === undefined) return undefined;
    const { fault, since } = this.#struck;
    this.#struck = undefined;
    return { fault, ms: performance.now() - since };
  }

  get #wasDismissed(): boolean {
    return this.slave.trail.all('shutdown-received').length > 0;
  }

  /** After the master's end; returns the exit code of a slave that was told of it, 0 for one that came too late. */
  async end(): Promise<number | null> {
    this.#isEnding = true;
    if (this.slave.trail.all('id-received').length === 0) this.slave.signal('SIGKILL');
    const code = await this.slave.exit();
    return this.#wasDismissed ? code : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    this.slave.signal('SIGCONT');
    this.slave.signal('SIGKILL');
    await this.#kept;
    await Promise.all(this.ways.map((way) => way[Symbol.asyncDispose]()));
  }

  #start(): Member {
    const [toBroker, toData] = this.ways;
    const slave = this.#cluster.startSlave({
      port: toBroker?.port,
      flags: [
        '--connect-timeout',
        '0',
        ...(toData === undefined ? [] : ['--data-port', String(toData.port)]),
      ],
      ...preloadClock(this.clock),
    });
    this.pids.add(slave.pid);
    return slave;
  }

  async #keep(): Promise<void> {
    for (;;) {
      await this.slave.ended;
      if (this.#isEnding || this.#wasDismissed) return;
      // A task or its own judgement may have ended it as well as a fault.
      if (this.#struck === undefined) this.#struck = { fault: 'end of a slave', since: performance.now() };
      await pass(this.#chance.between(0, 500));
      if (this.#isEnding) return;
      this.slave = this.#start();
    }
  }
}
