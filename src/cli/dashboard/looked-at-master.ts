/** A master, as its dashboard asks it: all answers are bounded, and nothing is kept for the next. */

import type { MessagePort } from 'node:worker_threads';
import type { SlaveId, TaskId } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import { sayWhy } from '../../audit/why/say-why.js';
import type {
  ControlAction,
  Figures,
  OutputSeen,
  SlaveSeen,
  TaskQuery,
  TaskSeen,
  TasksFound,
  ThreadSeen,
  ThrownSeen,
  WhyFound,
} from '../../dashboard/messages.js';
import type { DashboardSubject } from '../../dashboard/start-dashboard.js';
import { countThreads, oldestThreads } from '../../flow/threads.js';
import type { FoundTask } from '../../master/why/find-tasks.js';
import { changeMaster, type MasterToLookAt } from './change-master.js';

function nothing(note: string): OutputSeen {
  return { lines: [], leftOut: 0, note };
}

/** Characters of a task's arguments. */
const MOST_VALUES = 2_000;

export class LookedAtMaster implements DashboardSubject {
  readonly #running: MasterToLookAt;
  readonly #showValues: boolean;
  readonly #audit: AuditSink;
  #from = 0;

  constructor(running: MasterToLookAt, showValues: boolean, audit: AuditSink) {
    this.#running = running;
    this.#showValues = showValues;
    this.#audit = audit;
  }

  figures(): Figures {
    const { queued, running, pending, untaken, undrawn, sentBytes, receivedBytes } =
      this.#running.master.counters();
    return { queued, running, pending, untaken, undrawn, sentBytes, receivedBytes };
  }

  /** Where there are more, they come in turn. */
  slaves(most: number): readonly SlaveSeen[] {
    const seen = this.#running.master.slavesAtWork(this.#from, most);
    this.#from = seen.length < most ? 0 : this.#from + most;
    return seen;
  }

  thrown(most: number): readonly ThrownSeen[] {
    return this.#running.master.takeThrown(most);
  }

  threadCount(): number {
    return countThreads();
  }

  threads(most: number): readonly ThreadSeen[] {
    return oldestThreads(most).map(({ startedAt, ...thread }) => ({ ...thread, startedMs: startedAt }));
  }

  openProfiles(): MessagePort {
    return this.#running.master.openProfiles();
  }

  why(id: string): WhyFound {
    const { master } = this.#running;
    if (id.startsWith('SLAVE-')) {
      return { lines: sayWhy(master.handle.whySlave(id as SlaveId)).split('\n'), task: undefined };
    }
    const task = master.findTask(Number(id.slice('TASK-'.length)));
    return {
      lines: sayWhy(master.handle.why(id as TaskId)).split('\n'),
      task: task && this.#seen(task),
    };
  }

  tasks(query: TaskQuery): TasksFound {
    const { tasks, more } = this.#running.master.findTasks(query);
    return { tasks: tasks.map((task) => this.#seen(task)), more };
  }

  output(sid: string): OutputSeen {
    const { output } = this.#running;
    if (!this.#showValues)
      return nothing(
        'Output may hold secrets, as arguments do: start the master with --dashboard-show-values.',
      );
    if (output === undefined)
      return nothing(
        'Slaves print to the streams of the master, which does not read them: start it with --forward-output on.',
      );
    const { read } = output.ends;
    const part = read.length === 1 ? ` Only ${read[0]} is read; --forward-output on reads both.` : '';
    const recent = output.recentOf(sid);
    if (recent !== undefined) return { ...recent, note: `The last lines of ${sid}.${part}` };
    return nothing(
      `${sid} has printed nothing, or long ago, or was not started by this master, which sees only its own slaves.${part}`,
    );
  }

  control(action: ControlAction): string {
    const done = changeMaster(this.#running, action);
    this.#audit.emit({ type: 'dashboard-control', text: done });
    return done;
  }

  #seen({ text, ...task }: FoundTask): TaskSeen {
    if (!this.#showValues) return { ...task, values: undefined };
    const values = text.length > MOST_VALUES ? `${text.slice(0, MOST_VALUES)}…` : text;
    return { ...task, values };
  }
}
