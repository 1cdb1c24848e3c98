/** Answers why a slave does what it does, or is gone, from what the core keeps anyway. Asking changes nothing. */

import type {
  OtherTasks,
  SlaveBecause,
  SlaveTasks,
  SlaveWhy,
  SlaveWhyState,
  SlaveWhyTable,
} from '../../audit/why/slave-why.js';
import { lookForObstacle } from '../dispatch/obstacles.js';
import type { SlaveRecord } from '../model/slave-record.js';
import { MOST_LISTED, tasksAt } from './occupied-slaves.js';
import type { WhyParams } from './why-params.js';

export class SlaveAnswers {
  readonly #params: WhyParams;

  constructor(params: WhyParams) {
    this.#params = params;
  }

  /** Of any number. */
  answer(number: number, now: number): SlaveWhy {
    const slave = this.#params.roster.findByNumber(number);
    return slave === undefined ? this.#gone(number) : this.#here(slave, now);
  }

  #gone(number: number): SlaveWhy {
    const { roster } = this.#params;
    const known = { sid: `SLAVE-${number}`, process: undefined };
    if (number >= roster.numbersGiven) {
      const next = `SLAVE-${roster.numbersGiven}`;
      return { ...known, state: 'unknown', because: 'never-joined', facts: { next } };
    }
    const ending = roster.endingOf(number);
    if (ending === undefined) return { ...known, state: 'unknown', because: 'forgotten', facts: {} };
    const later = [...roster].find(({ earlier }) => earlier.some((session) => session.number === number));
    const facts = { evidence: ending.evidence, rejoinedAs: later?.sid };
    return { ...known, state: 'disconnected', because: ending.how, facts };
  }

  #here(slave: SlaveRecord, now: number): SlaveWhy {
    const { state } = slave.machine;
    const end = this.#params.findEnd();
    if (state === 'shutting-down' || state === 'disconnected')
      return answer(slave, 'shutting-down', 'shutting-down', {});
    if (end !== undefined)
      return answer(slave, 'master-ended', state, { error: `${end.name}: ${end.message}` });
    if (state === 'connecting') return answer(slave, 'joining', 'connecting', {});
    const tasks = { ...tasksAt(slave, now), mail: slave.hasMail ? slave.mailbox.length : 0 };
    return (
      this.#obstacle(slave, state, tasks) ??
      (state === 'busy' ? answer(slave, 'busy', state, tasks) : this.#idle(slave, tasks, now))
    );
  }

  /** It gets nothing, whatever there is. */
  #obstacle(slave: SlaveRecord, state: 'idle' | 'busy', tasks: SlaveTasks): SlaveWhy | undefined {
    const obstacle = lookForObstacle(slave);
    if (obstacle === 'suspected')
      return answer(slave, 'suspected', 'suspected', { ...tasks, evidence: slave.suspicion ?? '' });
    if (obstacle === 'may-end') {
      const { killed } = slave;
      return answer(slave, 'may-end', state, { ...tasks, task: killed && `TASK-${killed.number}` });
    }
    if (obstacle === 'leaving') return answer(slave, 'leaving', state, tasks);
    if (this.#params.isRetiring(slave)) return answer(slave, 'draining', state, tasks);
    if (this.#params.isOnTrial(slave)) {
      const machine = this.#params.machineOf(slave);
      return answer(slave, 'on-trial', state, { ...tasks, machine });
    }
    const { draftedFor: group } = slave;
    if (group !== undefined) return answer(slave, 'moving', state, { ...tasks, group });
    if (obstacle === 'cancelled-runs') {
      const cancelled = slave.lingering.slice(0, MOST_LISTED).map(({ number }) => `TASK-${number}`);
      return answer(slave, 'cancelled-runs', state, { ...tasks, tasks: cancelled });
    }
    if (obstacle === 'runs-alone') return answer(slave, 'runs-alone', 'busy', tasks);
    if (obstacle === 'asked-back') return answer(slave, 'asked-back', state, tasks);
    if (obstacle === 'unsent' || obstacle === 'no-credit') {
      const { waitingBytes, spareCredit } = slave.session;
      return answer(slave, 'no-credit', state, { ...tasks, waitingBytes, spareCredit });
    }
    const { dispatcher, jar } = this.#params;
    if (dispatcher.reserved === slave) return answer(slave, 'reserved', state, tasks);
    if (state === 'idle' && dispatcher.isResting(slave))
      return answer(slave, 'others-keep-up', state, { crew: dispatcher.crewSize, queued: jar.queued });
    return undefined;
  }

  #idle(slave: SlaveRecord, tasks: SlaveTasks, now: number): SlaveWhy {
    const state = 'idle';
    const { jar, checkpoint } = this.#params;
    const others = this.#others(slave);
    if (Object.values(others).every((count) => count === 0) && tasks.mail === 0)
      return answer(slave, 'no-tasks', state, {});
    if (checkpoint?.isFull) return answer(slave, 'checkpoint-full', state, others);
    const waiting = jar.staged.tasksOf(slave).length;
    if (waiting > 0) return answer(slave, 'shared-values', state, { ...tasks, waiting });
    const next = tasks.mail > 0 ? slave.mailbox.broadcast : undefined;
    if (next?.state === 'waiting') {
      const broadcast = { taskId: next.id, algorithm: next.algorithm.definition.name };
      const againInSeconds = Math.max(0, (jar.dueAtOf(next) ?? now) - now) / 1_000;
      return answer(slave, 'behind-broadcast', state, { ...tasks, broadcast, againInSeconds });
    }
    if (tasks.mail > 0 || (slave.takesUnordered && (jar.hasReady || jar.hasSuspects)))
      return answer(slave, 'next', state, tasks);
    if (!slave.takesUnordered) return answer(slave, 'no-ordered-tasks', state, others);
    return answer(slave, 'no-task-for-it', state, others);
  }

  #others(slave: SlaveRecord): OtherTasks {
    const { jar, roster } = this.#params;
    let ordered = 0;
    for (const other of roster) if (other !== slave && other.hasMail) ordered += other.mailbox.queued;
    const own = slave.hasMail ? slave.mailbox.queued : 0;
    const { backingOff, blocked: needValues, setAside, stored, running: atSlaves } = jar;
    const queued = Math.max(0, jar.queued - backingOff - setAside - ordered - own);
    return { ordered, backingOff, needValues, setAside, stored, queued, atSlaves };
  }
}

function answer<B extends SlaveBecause>(
  { sid, host, pid }: SlaveRecord,
  because: B,
  state: SlaveWhyTable[B]['state'] & SlaveWhyState,
  facts: SlaveWhyTable[B]['facts'],
): SlaveWhy {
  return { sid, process: `${host}:${pid}`, state, because, facts } as SlaveWhy;
}
