/** What a scenario works on: a running cluster, chance from its seed, and the stop-watch of recoveries. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Chance } from '../simulation/scheduler.js';
import type { FaultyWay } from './faulty-way.js';
import type { Cluster, Member } from './support.js';
import { until } from './trail.js';

export interface StageParams {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly slaves: Member[];
  readonly way: FaultyWay | undefined;
}

export class Stage {
  readonly cluster: Cluster;
  readonly chance: Chance;
  readonly slaves: Member[];
  /** Whose end belongs to the fault: how they exit is the scenario's to check. */
  readonly casualties = new Set<Member>();
  /** Milliseconds from each fault to the next work of what it struck. */
  readonly recoveries: number[] = [];
  /** When the slaves were there and worked. */
  readonly beganAt = performance.now();
  readonly #way: FaultyWay | undefined;

  constructor({ cluster, chance, slaves, way }: StageParams) {
    this.cluster = cluster;
    this.chance = chance;
    this.slaves = slaves;
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

  /** Kills the slave and waits until its tasks were done by others, or it is found to be gone if it has none. */
  async killAndReplace(slave: Member): Promise<void> {
    const gone = (): number =>
      this.cluster.trail.all('slave-lost').length + this.cluster.trail.all('slave-left').length;
    const before = gone();
    await this.end(slave);
    const held = this.cluster.noted.read().heldBy(slave.pid);
    const isDone = (taskId: string) => (this.cluster.noted.runs.get(taskId)?.ended ?? 0) > 0;
    await this.timed('its tasks done by others', () =>
      held.length === 0 ? gone() > before : this.cluster.noted.read() && held.every(isDone),
    );
  }

  /** From now to the next results of the slave, under whatever sid. */
  async backToWork(slave: Pick<Member, 'pid'>): Promise<void> {
    const before = this.cluster.trail.all('results-received').length;
    await this.timed('its next result', () => {
      const sids = this.cluster.sidsOf(slave);
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
