/** The truths of a master after every event, and of a whole cluster once it is quiet. */

import type { MasterCore } from '../../src/master/core/master-core.js';
import type { Task } from '../../src/master/model/task.js';
import type { GivenTask } from '../../src/slave/core/given-task.js';
import { CREDIT_BYTES } from '../../src/wire/messages/messages.js';
import type { Program } from './program.js';
import type { SimulatedSlave } from './simulated-slave.js';

export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/**
 * After every event, with these numbers of runs of broadcasts and of tasks for reserved slaves: the books balance,
 * credit is bounded, no task runs twice or after its fate.
 */
export function checkMaster(
  core: MasterCore,
  program: Program,
  numBroadcast: number,
  numReserved: number,
): void {
  const running = new Set<Task>();
  let granted = 0;
  for (const slave of core.roster) {
    let outstanding = 0;
    let openGroups = 0;
    let suspects = 0;
    let ordered = 0;
    for (const group of slave.groups) {
      let open = 0;
      for (const task of group.tasks) {
        if (task.group !== group) continue;
        open++;
        if (task.suspect) suspects++;
        if (task.addressee !== undefined) ordered++;
        must(task.state === 'running', `${task.id} is in a group and ${task.state}`);
        must(!running.has(task), `${task.id} is twice in groups`);
        must(program.tasks.get(task.number)?.fate === undefined, `${task.id} runs after its fate was taken`);
        running.add(task);
      }
      must(group.open === open, `a group of ${slave.sid} counts ${group.open} open tasks and has ${open}`);
      outstanding += open;
      if (open > 0) openGroups++;
    }
    must(
      slave.groups.open === openGroups,
      `${slave.sid} counts ${slave.groups.open} groups of ${openGroups}`,
    );
    must(
      slave.outstanding === outstanding,
      `${slave.sid} counts ${slave.outstanding} and has ${outstanding}`,
    );
    must(
      slave.orderedOutstanding === ordered,
      `${slave.sid} counts ${slave.orderedOutstanding} ordered tasks and has ${ordered}`,
    );
    must(
      suspects === 0 || outstanding === 1 || slave.isAlone,
      `${slave.sid} has ${outstanding} tasks, ${suspects} of them suspect`,
    );
    granted += slave.session.receiveLimit - slave.session.receivedBytes;
  }
  must(granted <= CREDIT_BYTES, `${granted} bytes of credit are out`);
  const { queued, pending, fates } = core;
  const held = fates.numResults + fates.numUnrunnable + program.taken;
  // Some of those for reserved slaves are in line, and neither queued nor running
  const inLine = pending + numBroadcast - queued - running.size;
  must(
    inLine >= 0 && inLine <= numReserved,
    `${pending} pending, ${numBroadcast} of broadcasts, ${queued} queued, ${running.size} running, ${numReserved} reserved`,
  );
  must(
    program.tasks.size + numReserved === pending + held,
    `${program.tasks.size} + ${numReserved} submitted, ${pending} + ${held} known`,
  );
}

/** The runs of all slaves together. One attempt of a task runs at a time, as far as its master can know. */
export class Runs {
  readonly #begun = new Set<string>();
  readonly #everBegun = new Set<string>();
  readonly #running = new Map<number, Map<SimulatedSlave, GivenTask>>();
  readonly #core: () => MasterCore;

  constructor(core: () => MasterCore) {
    this.#core = core;
  }

  begins(slave: SimulatedSlave, task: GivenTask): void {
    const { number, sid, attempt, index } = task;
    const key = `${sid}/${index}`;
    must(!this.#begun.has(key), `SLAVE-${sid} begins its task ${index} twice`);
    this.#begun.add(key);
    this.#everBegun.add(`${sid}/TASK-${number}`);
    const others = this.#running.get(number) ?? new Map<SimulatedSlave, GivenTask>();
    this.#running.set(number, others);
    for (const [other, run] of others) {
      const isOver = other === slave || !this.#isGiven(other, run);
      must(
        isOver || !this.#isGiven(slave, task),
        `TASK-${number} begins on SLAVE-${sid} (${attempt}) and runs elsewhere`,
      );
    }
    others.set(slave, task);
  }

  /** Whether the task began in that session. */
  hasBegun(sid: number, taskId: string): boolean {
    return this.#everBegun.has(`${sid}/${taskId}`);
  }

  /** A process has gone. */
  ends(slave: SimulatedSlave): void {
    for (const runs of this.#running.values()) runs.delete(slave);
  }

  /** Whether the master has the task out to this session of the slave, or knows that it goes on there. */
  #isGiven({ core }: SimulatedSlave, { number, sid, attempt }: GivenTask): boolean {
    const slave = core.sid === undefined ? undefined : this.#core().roster.findByNonce(core.nonce);
    for (const group of slave?.groups ?? []) {
      for (const task of group.tasks) {
        if (task.number === number && task.group === group && task.runsAs(sid, attempt)) return true;
      }
    }
    return false;
  }
}

/** Once nothing is left to do: nothing is left to remember either. */
export function checkQuiet(core: MasterCore, program: Program, slaves: readonly SimulatedSlave[]): void {
  must(core.pending === 0 && core.queued === 0, `${core.pending} tasks pend at the end`);
  must(core.demand.isIdle(undefined), 'fates are left at the end');
  for (const { number, fate } of program.tasks.values())
    must(fate !== undefined, `TASK-${number} has no fate`);
  for (const slave of core.roster) {
    const { sid, session } = slave;
    must(slave.groups.open === 0 && slave.outstanding === 0, `${sid} holds tasks at the end`);
    must(session.keptFrames === 0 && session.waitingBytes === 0, `the session of ${sid} keeps frames`);
    must(!session.assembling, `the session of ${sid} holds room for a message`);
    must(slave.lingering.length === 0 && !slave.isDoomed, `${sid} waits for a run that has ended`);
    must(
      slave.commands.recalling === undefined && !slave.isSuspected && !slave.isAlone,
      `${sid} is not free at the end`,
    );
  }
  for (const { core: slave } of slaves) {
    must(slave.waitingTasks === 0 && slave.isDrained, `SLAVE-${slave.sid} has tasks or results at the end`);
  }
}
