/** The stage of a scenario: a running cluster, chance from its seed, and the stop-watch of recoveries. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Chance } from '../simulation/scheduler.js';
import type { FaultyWay } from './faulty-way.js';
import type { StandingServer } from './standing-server.js';
import type { Cluster, Member } from './support.js';
import { until } from './trail.js';

export interface StageParams {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly slaves: Member[];
  readonly servers: readonly StandingServer[];
  readonly way: FaultyWay | undefined;
}

export class Stage {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly slaves: Member[];
  /** Which lend the master its slaves. */
  readonly servers: readonly StandingServer[];
  /** Whose end belongs to the fault: how they exit is the scenario's to check. */
  readonly casualties = new Set<Member>();
  /** Milliseconds from each fault to the next work of what it struck. */
  readonly recoveries: number[] = [];
  /** When the slaves were there and worked. */
  readonly beganAt = performance.now();
  readonly #way: FaultyWay | undefined;

  constructor({ cluster, chance, slaves, servers, way }: StageParams) {
    this.cluster = cluster;
    this.chance = chance;
    this.slaves = slaves;
    this.servers = servers;
    this.#way = way;
  }

  get way(): FaultyWay {
    assert.ok(this.#way !== undefined, 'the settings ask for a way');
    return this.#way;
  }

  get first(): Member {
    return this.slaves[0] as Member;
  }

  get second(): Member {
    return this.slaves[1] as Member;
  }

  /** One of the slaves, by the seed. */
  get anyone(): Member {
    return this.chance.pick(this.slaves);
  }

  /** Sends the signal and waits for the end. */
  async end(member: Member, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.casualties.add(member);
    member.signal(signal);
    await member.exit();
  }

  /**
   * Kills the slave, right after another signal if one is given, and waits until its tasks were done by others, or it is
   * found to be gone if it has none: after that signal it may leave before the kill.
   */
  async killAndReplace(slave: Member, first?: NodeJS.Signals): Promise<void> {
    const gone = (): number =>
      this.cluster.trail.all('slave-lost').length + this.cluster.trail.all('slave-left').length;
    const before = gone();
    if (first !== undefined) slave.signal(first);
    await this.end(slave);
    if (this.#heldBy([slave]).length > 0) await this.doneByOthers([slave]);
    else await this.timed('its end is known', () => gone() > before);
  }

  /** From now to the end of what these slaves, which are gone, had begun and not ended. */
  async doneByOthers(slaves: readonly Pick<Member, 'pid'>[]): Promise<void> {
    const held = this.#heldBy(slaves);
    const isDone = (taskId: string) => (this.cluster.noted.runs.get(taskId)?.ended ?? 0) > 0;
    await this.timed('its tasks done by others', () => this.cluster.noted.read() && held.every(isDone));
  }

  #heldBy(slaves: readonly Pick<Member, 'pid'>[]): string[] {
    const noted = this.cluster.noted.read();
    return slaves.flatMap(({ pid }) => noted.heldBy(pid));
  }

  /** From now to the next results of the slave, under whatever sid. */
  backToWork(slave: Pick<Member, 'pid'>): Promise<void> {
    return this.#nextResult(() => [slave]);
  }

  /** From now to the next results of any slave that the server has by then. */
  serverBackToWork(server: StandingServer): Promise<void> {
    return this.#nextResult(() => server.slaves());
  }

  async #nextResult(of: () => readonly Pick<Member, 'pid'>[]): Promise<void> {
    const before = this.cluster.trail.all('results-received').length;
    await this.timed('its next result', () => {
      const sids = of().flatMap((slave) => this.cluster.sidsOf(slave));
      return this.cluster.trail
        .all('results-received')
        .slice(before)
        .some(({ sid }) => sids.includes(sid));
    });
  }

  async allBackToWork(): Promise<void> {
    await Promise.all(
      this.slaves.filter((slave) => !this.casualties.has(slave)).map((slave) => this.backToWork(slave)),
    );
  }

  /** Moves the wall clock of the processes that can. */
  jump(ms: number): void {
    writeFileSync(clockFile(this.cluster), String(ms));
  }

  async timed(what: string, isOver: () => boolean): Promise<void> {
    const from = performance.now();
    await until(what, () => isOver() || undefined);
    this.recoveries.push(performance.now() - from);
  }
}

export function clockFile(cluster: Cluster): string {
  return join(cluster.folder, 'clock');
}
