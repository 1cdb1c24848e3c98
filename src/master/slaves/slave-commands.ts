/** The commands that a master sends to slaves by its sentinel, and the effects of their acknowledgements. */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { Acknowledgement } from '../../wire/messages/messages.js';
import type { MasterPorts } from '../model/master-ports.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';

interface TakesBack {
  /** Takes tasks back from a slave that it has not begun: from the first index up to the second. */
  takeBack(slave: SlaveRecord, from: number, to: number): void;
  /** The slave's run of a task has ended, or never begins. */
  endRun(slave: SlaveRecord, number: number): void;
}

export class SlaveCommands {
  readonly #ports: MasterPorts;
  readonly #audit: AuditSink;

  constructor(ports: MasterPorts, audit: AuditSink) {
    this.#ports = ports;
    this.#audit = audit;
  }

  /** The task with this index of the slave's session is no longer wanted. */
  cancel(slave: SlaveRecord, number: number, index: number): void {
    const id = slave.commands.takeId();
    this.#ports.command(slave, id, { command: 'cancel', index });
    slave.commands.noteCancel(id, { index, number });
  }

  /**
   * The same, and the run must end: within this time, or with its process. Until it has, the slave keeps nothing that
   * another one could run.
   */
  kill(slave: SlaveRecord, number: number, index: number, killAfterMs: number): void {
    const id = slave.commands.takeId();
    const run = { number, index, killAfterMs };
    slave.noteLingering(run);
    this.recallAll(slave);
    this.#ports.command(slave, id, {
      command: 'cancel',
      index,
      kill: { task: number, afterMs: killAfterMs },
    });
    slave.commands.noteCancel(id, run);
  }

  /** Asks back half of the tasks that the slave has not begun. */
  recallHalf(slave: SlaveRecord): void {
    // Counts only tasks that are still there: some indexes after them may belong to tasks taken back earlier.
    const first = slave.openTasks().at(-Math.max(1, Math.ceil(slave.unstarted / 2)));
    if (first !== undefined) this.#recall(slave, first.index, slave.nextIndex, false);
  }

  /** Asks back all tasks that the slave has not begun. */
  recallAll(slave: SlaveRecord): void {
    if (slave.commands.recalling !== undefined || slave.unstarted < 1) return;
    this.#recall(slave, slave.groups.oldest?.firstIndex ?? slave.nextIndex, slave.nextIndex, true);
  }

  /** Asks one task back, unless a recall of others is under way. */
  recallOne(slave: SlaveRecord, { index }: Task): void {
    if (slave.commands.recalling === undefined) this.#recall(slave, index, index + 1, false);
  }

  shutdown(slave: SlaveRecord): void {
    this.#audit.emit({ type: 'shutdown-sent', sid: slave.sid });
    slave.machine.send('shutdown-sent');
    const id = slave.commands.takeId();
    slave.commands.noteShutdown(id);
    this.#ports.command(slave, id, { command: 'shutdown' });
  }

  /** A recall takes effect at `from`: the tasks before it had begun. */
  takeAcknowledgement(
    slave: SlaveRecord,
    { id, from, found }: Pick<Acknowledgement, 'id' | 'from' | 'found'>,
    fates: TakesBack,
  ): void {
    if (slave.commands.recalling?.id === id) {
      const { to, isAll } = slave.commands.recalling;
      slave.commands.endRecall(from);
      if (from !== undefined) fates.takeBack(slave, from, to);
      // The kill came while less was asked back
      if (slave.killed !== undefined && !isAll) this.recallAll(slave);
    }
    const cancelled = slave.commands.takeCancel(id);
    if (cancelled?.killAfterMs !== undefined) slave.endLingering(({ index }) => index === cancelled.index);
    if (cancelled !== undefined && found === 'running') {
      slave.noteBegun(cancelled.index + 1);
      slave.noteLingering(cancelled);
    } else if (cancelled !== undefined) fates.endRun(slave, cancelled.number);
    slave.commands.acknowledgeShutdown(id);
  }

  #recall(slave: SlaveRecord, from: number, to: number, isAll: boolean): void {
    const id = slave.commands.takeId();
    slave.commands.noteRecall({ id, from, to, isAll });
    this.#ports.command(slave, id, { command: 'recall', from, to });
  }
}
