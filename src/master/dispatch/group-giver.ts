/** Posts a group of tasks to its slave's session, as one message; the slave, the jar and the tasks know of it. */

import { cellText, type TimeLimit, tasksHead, tasksTail } from '../../wire/messages/entries.js';
import { GroupText } from '../../wire/messages/group-text.js';
import type { CellValue } from '../../wire/messages/messages.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import type { TaskGroup } from '../model/task-group.js';
import { ShareNames } from './share-names.js';
import { TraceList } from './trace-list.js';

const NO_RAWS: readonly Uint8Array[] = [];

/** The cells that the program sets. */
export interface SetCells {
  /** The version that it set last; 0 if it never did. */
  readonly setAt: number;
  /** The newest values of those that it has set after this version. */
  setAfter(version: number): readonly CellValue[];
}

export interface GroupGiverOptions {
  readonly jar: TaskJar;
  readonly cells?: SetCells | undefined;
  readonly resultGroup: number | 'auto';
  /** Called once for each group that was posted to its slave's session. */
  readonly onGiven: (slave: SlaveRecord, group: TaskGroup) => void;
}

export class GroupGiver {
  readonly #jar: TaskJar;
  readonly #grouping: number;
  readonly #cells: SetCells | undefined;
  readonly #onGiven: GroupGiverOptions['onGiven'];
  readonly #text = new GroupText();

  constructor({ jar, cells, resultGroup, onGiven }: GroupGiverOptions) {
    this.#jar = jar;
    this.#cells = cells;
    this.#grouping = resultGroup === 'auto' ? 0 : resultGroup;
    this.#onGiven = onGiven;
  }

  /** The tasks are in no queue, and the slave has room for them. */
  give(slave: SlaveRecord, tasks: readonly Task[], now: number): void {
    if (this.#cells !== undefined && this.#cells.setAt > slave.cellsSetAt) this.#bring(this.#cells, slave);
    const group: TaskGroup = {
      slave,
      tasks,
      firstIndex: slave.nextIndex,
      sentAt: now,
      message: slave.session.posted + 1,
      open: tasks.length,
      next: undefined,
      run: undefined,
    };
    let raws: Uint8Array[] | undefined;
    let limits: TimeLimit[] | undefined;
    let names: ShareNames | undefined;
    let traces: TraceList | undefined;
    let numOrdered = 0;
    for (let position = 0; position < tasks.length; position++) {
      const task = tasks[position] as Task;
      task.toRunning(group, slave.takeIndex());
      this.#text.add(task.number, task.attempt, task.algorithm.index, undefined, task.text);
      if (task.addressee !== undefined) numOrdered++;
      const { timeoutSeconds, queue } = task.policy;
      if (queue !== undefined) this.#jar.queues.begin(task, slave, queue, now);
      if (timeoutSeconds !== undefined) {
        limits ??= [];
        limits.push([position, Math.round(timeoutSeconds * 1000)]);
      }
      if (task.shares !== undefined) {
        names ??= new ShareNames();
        names.add(position, task.shares);
      }
      if (task.trace !== undefined) {
        traces ??= new TraceList();
        traces.add(position, task.trace);
      }
      if (task.raws.length > 0) {
        raws ??= [];
        // One by one: there may be more values than fit on the stack.
        for (const raw of task.raws) raws.push(raw);
      }
    }
    slave.give(group, numOrdered);
    if (!this.#jar.hasReady && !slave.hasMail) slave.stopFilling();
    const ordered = slave.concurrency > 1 && tasks[0]?.addressee !== undefined;
    const text = this.#text.take(
      tasksHead(this.#grouping),
      tasksTail(limits, ordered, names?.ofTasks, traces?.ofTasks),
    );
    slave.session.post({ text, raws: raws ?? NO_RAWS });
    this.#onGiven(slave, group);
  }

  /** The sentinel brings each value too, but perhaps after tasks that were submitted later. */
  #bring(cells: SetCells, slave: SlaveRecord): void {
    for (const value of cells.setAfter(slave.cellsSetAt)) {
      slave.session.post({ text: cellText(value), raws: NO_RAWS });
    }
    slave.cellsAreSet(cells.setAt);
  }
}
