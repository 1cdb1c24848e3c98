/** The acts of a farm on slaves in a simulation: some are on trial when they join, and some retire. */

import type { MasterCore } from '../../src/master/core/master-core.js';
import type { SlaveRecord } from '../../src/master/model/slave-record.js';
import { must } from './invariants.js';
import type { Chance, Scheduler } from './scheduler.js';

interface TrialCheckParams {
  readonly core: () => MasterCore;
  /** Its own, so that seeds without it stay as they are. */
  readonly chance: Chance;
  readonly scheduler: Scheduler;
  readonly isOn: boolean;
  /** Runs something in a turn of the master. */
  readonly inMaster: (act: () => void) => void;
  readonly count: (what: string) => void;
}

export class TrialCheck {
  readonly #params: TrialCheckParams;
  /** Processes that are on trial when they join. */
  readonly #onTrial = new Set<number>();
  readonly #decided = new Set<number>();
  readonly #retired = new Set<number>();
  #isCalm = false;

  constructor(params: TrialCheckParams) {
    this.#params = params;
  }

  /** Asked when a process says hello; one that was admitted once stays so. */
  readonly isOnTrial = (_host: string, pid: number): boolean => {
    const { chance, isOn } = this.#params;
    if (!isOn || this.#isCalm) return false;
    if (!this.#decided.has(pid)) {
      this.#decided.add(pid);
      if (chance.happens(0.4)) this.#onTrial.add(pid);
    }
    return this.#onTrial.has(pid);
  };

  readonly joined = ({ pid }: SlaveRecord): void => {
    if (!this.#onTrial.has(pid)) return;
    const { scheduler, chance, inMaster } = this.#params;
    this.#params.count('on trial');
    const isGood = chance.happens(0.7);
    scheduler.after(chance.between(0, 1_500), () => inMaster(() => this.#endTrial(pid, isGood)));
  };

  #endTrial(pid: number, isGood: boolean): void {
    const slave = this.#find(pid);
    if (slave === undefined || !this.#onTrial.has(pid)) return;
    if (!isGood && !this.#isCalm) {
      this.#retire(slave);
      return;
    }
    this.#onTrial.delete(pid);
    this.#params.core().endTrial(slave);
    this.#params.count('trial ended');
  }

  /** Now and then a slave retires, whether it is idle or not. */
  act(): void {
    const { chance, isOn, core } = this.#params;
    if (!isOn || this.#isCalm || !chance.happens(0.03)) return;
    const working = [...core().roster].filter(({ isWorking }) => isWorking);
    if (working.length === 0) return;
    const slave = chance.pick(working);
    if (chance.happens(0.5)) this.#retire(slave);
    else if (core().retireIdle(slave)) this.#note(slave);
  }

  #retire(slave: SlaveRecord): void {
    this.#params.core().groups.retire(slave);
    this.#note(slave);
  }

  #note({ pid }: SlaveRecord): void {
    this.#retired.add(pid);
    this.#params.count('retired');
  }

  /** From now on slaves join as they are, and those on trial are admitted. */
  calm(): void {
    if (this.#isCalm) return;
    this.#isCalm = true;
    for (const pid of [...this.#onTrial]) this.#endTrial(pid, true);
  }

  begins(pid: number): void {
    const slave = this.#find(pid);
    if (slave === undefined) return;
    must(!this.#params.core().groups.isOnTrial(slave), `${slave.sid} is on trial and begins a task`);
  }

  /** Whether a process was told to leave. */
  wasRetired(pid: number): boolean {
    return this.#retired.has(pid);
  }

  #find(pid: number): SlaveRecord | undefined {
    return [...this.#params.core().roster].find((slave) => slave.pid === pid);
  }
}
