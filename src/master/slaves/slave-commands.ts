/** The commands that a master has its sentinel bring to slaves, and what comes of their acknowledgement. */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { Acknowledgement } from '../../wire/messages/messages.js';
import type { MasterPorts } from '../model/master-ports.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';

/** Takes back from a slave what it has not begun: its tasks from the first index up to the second. */
interface TakesBack {
  takeBack(slave: SlaveRecord, from: number, to: number): void;
}

export class SlaveCommands {
  readonly #ports: MasterPorts;
  readonly #audit: AuditSink;

  constructor(ports: MasterPorts, audit: AuditSink) {
    this.#ports = ports;
    this.#audit = audit;
  }

  /** The task with this index of the slave's session is not wanted any more. */
  cancel(slave: SlaveRecord, number: number, index: number): void {
    const id = slave.commands.takeId();
    this.#ports.command(slave, id, { command: 'cancel', index });
    slave.commands.noteCancel(id, { index, number });
  }

  /** Asks back half of what the slave has not begun. */
  recallHalf(slave: SlaveRecord): void {
    // Counted in tasks that are still there: behind them may be indexes of others that were taken back before.
    const first = slave.openTasks().at(-Math.max(1, Math.ceil(slave.unstarted / 2)));
    if (first !== undefined) this.#recall(slave, first.index);
  }

  /** Asks back all that the slave has not begun. */
  recallAll(slave: SlaveRecord): void {
    if (slave.commands.recalling !== undefined || slave.unstarted < 1) return;
    this.#recall(slave, slave.groups.oldest?.firstIndex ?? slave.nextIndex);
  }

  /** Asks one task back, if that is not under way for others. */
  recallOne(slave: SlaveRecord, { index }: Task): void {
    if (slave.commands.recalling === undefined) this.#recall(slave, index, index + 1);
  }

  shutdown(slave: SlaveRecord): void {
    this.#audit.emit({ type: 'shutdown-sent', sid: slave.sid });
    slave.machine.send('shutdown-sent');
    const id = slave.commands.takeId();
    slave.commands.noteShutdown(id);
    this.#ports.command(slave, id, { command: 'shutdown' });
  }

  /** `from` is where a recall begins to hold: what stands before it was begun. */
  takeAcknowledgement(
    slave: SlaveRecord,
    { id, from, found }: Pick<Acknowledgement, 'id' | 'from' | 'found'>,
    fates: TakesBack,
  ): void {
    if (slave.commands.recalling?.id === id) {
      const { to } = slave.commands.recalling;
      slave.commands.endRecall();
      if (from !== undefined) fates.takeBack(slave, from, to);
    }
    const cancelled = slave.commands.takeCancel(id);
    if (cancelled !== undefined && found === 'running') slave.noteLingering(cancelled);
    slave.commands.acknowledgeShutdown(id);
  }

  #recall(slave: SlaveRecord, from: number, to = slave.nextIndex): void {
    const id = slave.commands.takeId();
    slave.commands.noteRecall({ id, to });
    this.#ports.command(slave, id, { command: 'recall', from, to });
  }
}
