/**
 * Gives tasks to slaves: late, in groups, and in turn to slaves that have room. Takes unstarted tasks back
 * when another slave would be idle. It decides and posts to sessions; it sends nothing itself.
 */

import { Deque } from '../../structures/deque.js';
import { traceBytes } from '../../wire/messages/trace-context.js';
import type { TaskJar } from '../jar/task-jar.js';
import { SHARE_NAME_BYTES } from '../jar/task-maker.js';
import type { OwnMachine } from '../model/master-ports.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import type { Shares } from '../shares/shares.js';
import { Crew, crewForBytes } from './crew.js';
import { GroupGiver, type GroupGiverOptions } from './group-giver.js';
import { GroupPlan, MOST_GROUP_BYTES } from './grouping.js';
import { findObstacle, findSessionObstacle } from './obstacles.js';
import { SharePlaces } from './share-places.js';

/** Bytes of an entry in addition to its arguments, a generous estimate. */
const ENTRY_BYTES = 32;
/** And of a message around its tasks. */
const HEAD_BYTES = 128;
/** A slave that has held a group for longer than this while another idles gives its unstarted tasks back. */
const RECALL_AFTER_MS = 20;
/** Slaves of the line that are looked at for one that idles. */
const MOST_LOOKED_AT = 64;
const NO_TASKS: readonly Task[] = [];

export interface DispatcherOptions extends GroupGiverOptions {
  /** Whether a task must wait until the program has taken results of its algorithm. */
  readonly isHeld: (task: Task) => boolean;
  readonly taskGroup: number | 'auto';
  readonly maxMessageBytes: number;
  readonly shares: Shares;
  /** See MasterPorts; without it, all slaves get tasks. */
  readonly busyMs: (() => number) | undefined;
  /** See MasterPorts. */
  readonly machine: OwnMachine | undefined;
}

/**
 * Where slaves stand with the dispatcher:
 *
 * - *in line*: may have room. `lineUp` puts a slave at its end when it joins, settles a task, is granted credit or is
 *   cleared of a suspicion; a dispatch that finds no room for it takes it out, and so does `removeFromLine`. A slave
 *   that has room while others keep up with quick tasks rests with the crew.
 * - *addressed*: may have room for what is in its mailbox. From `lineUp` to the dispatch that empties the mailbox,
 *   finds no room, or finds that it still has to end a broadcast.
 * - *reserved*, one at most: gets nothing more until it runs empty, so that a suspect task runs on it alone. From a
 *   dispatch that finds a suspect and no empty slave, until a suspect is given out, none is left, or the slave is gone.
 */
export class Dispatcher {
  readonly #jar: TaskJar;
  /** Of tasks with shared values. */
  readonly places: SharePlaces;
  readonly #taskGroup: number | 'auto';
  readonly #mostBytes: number;
  readonly #busyMs: DispatcherOptions['busyMs'];
  readonly #giver: GroupGiver;
  readonly #line = new Deque<SlaveRecord>();
  /** The slave that lined up last with quick results. */
  #warm: SlaveRecord | undefined;
  /** Slaves that may have room for tasks in their mailbox. */
  readonly #addressed = new Set<SlaveRecord>();
  readonly #crew: Crew;
  readonly #isHeld: (task: Task) => boolean;
  readonly #takeAny = (): Task | undefined => this.#jar.take(this.#isHeld);
  readonly #takeByShare = (): Task | undefined => this.#jar.takeByShare(this.#isHeld);
  /** The slave that gets no more tasks until it is empty, so that a suspect can run alone on it. */
  #reserved: SlaveRecord | undefined;

  constructor(options: DispatcherOptions) {
    const { jar, isHeld, taskGroup, maxMessageBytes, shares, busyMs, machine } = options;
    this.#jar = jar;
    this.places = new SharePlaces({
      shares,
      staged: jar.staged,
      comesNext: (slave) => slave.isInLine && !this.#crew.isResting(slave) && this.judgeIdle(slave),
    });
    this.#taskGroup = taskGroup;
    const mostBytes = maxMessageBytes - HEAD_BYTES;
    this.#mostBytes = taskGroup === 'auto' ? Math.min(MOST_GROUP_BYTES, mostBytes) : mostBytes;
    this.#busyMs = busyMs;
    this.#crew = new Crew(machine);
    this.#giver = new GroupGiver(options);
    this.#isHeld = isHeld;
  }

  /** The slave may have room: it joined, a result came, its credit grew, or its suspicion ended. */
  lineUp(slave: SlaveRecord): void {
    if (!slave.isWorking) return;
    if (slave.hasMail) this.#addressed.add(slave);
    if (slave.isWarm) this.#warm = slave;
    if (slave.isInLine || !slave.takesUnordered) return;
    slave.enterLine();
    this.#line.push(slave);
  }

  /**
   * A single task goes to the slave whose results came last, if they were quick: to wake another one takes longer than
   * such a task. A slave on which tasks fail has its turn only.
   */
  #giveToWarm(slots: number, now: number): void {
    const slave = this.#warm;
    if (slave === undefined || this.#jar.due !== 1 || !this.#jar.hasReady) return;
    if (!slave.isWarm || !slave.isInLine || !this.judgeIdle(slave)) return;
    const tasks = this.#choose(slave, slots);
    if (tasks.length > 0) this.#giveOrStage(slave, tasks, now);
  }

  /** The slave that gets nothing more until it runs empty, if there is one. */
  get reserved(): SlaveRecord | undefined {
    return this.#reserved;
  }

  /** The slave takes no more tasks. */
  removeFromLine(slave: SlaveRecord): void {
    if (this.#reserved === slave) this.#reserved = undefined;
    if (this.#warm === slave) this.#warm = undefined;
    this.#addressed.delete(slave);
    this.#crew.remove(slave);
    if (this.#jar.staged.has(slave)) this.#jar.unstage(slave);
    if (!slave.isInLine) return;
    slave.leaveLine();
    for (let left = this.#line.length; left > 0; left--) {
      const next = this.#line.shift() as SlaveRecord;
      if (next !== slave) this.#line.push(next);
    }
  }

  /** Posts groups while there are tasks and slaves with room; together these run `slots` tasks at once. */
  dispatch(slots: number, now: number): void {
    this.#dispatchAddressed(now);
    if (!this.#jar.hasSuspects) this.#reserved = undefined;
    this.#giveToWarm(slots, now);
    const crew = this.#findCrew(slots, now);
    let turnedAway = 0;
    while (this.#hasTasks) {
      const slave = this.#line.length > turnedAway ? this.#line.shift() : crew?.recruit();
      if (slave === undefined) break;
      if (!slave.takesUnordered || slave.hasMail || !this.#hasRoom(slave)) {
        slave.leaveLine();
        if (this.#reserved === slave && !slave.takesUnordered) this.#reserved = undefined;
        continue;
      }
      if (!this.#jar.staged.isEmpty && this.#jar.staged.isReady(slave)) {
        const staged = this.#jar.takeStaged(slave);
        if (staged.length > 0) this.#giver.give(slave, staged, now);
        // It has not been asked yet, and those who were come before it now
        turnedAway = 0;
        this.#line.push(slave);
        continue;
      }
      if (crew?.admits(slave) === false) {
        crew.rest(slave);
        continue;
      }
      const tasks = this.#choose(slave, slots);
      if (tasks.length > 0) {
        this.#giveOrStage(slave, tasks, now);
        turnedAway = 0;
      } else {
        turnedAway++;
      }
      this.#line.push(slave);
    }
  }

  /** Those that get tasks for now; undefined if all slaves do. */
  #findCrew(slots: number, now: number): Crew | undefined {
    const jar = this.#jar;
    const busyMs = this.#busyMs;
    if (busyMs === undefined) return undefined;
    if (slots > 1 && jar.hasReady) this.#crew.look(now, busyMs);
    const mayLimit = slots > 1 && !jar.hasSuspects && jar.staged.isEmpty && !jar.queues.hasReady;
    if (mayLimit && this.#crew.isLimited) return this.#crew;
    this.#crew.disband(this.#line);
    return undefined;
  }

  /** Whether the slave gets none of the tasks that wait, since the crew keeps up with tasks that are so quick. */
  isResting(slave: SlaveRecord): boolean {
    return this.#jar.hasReady && this.#crew.isResting(slave);
  }

  /** The slaves that get quick tasks. */
  get crewSize(): number {
    return this.#crew.members;
  }

  get #hasTasks(): boolean {
    return this.#jar.hasReady || this.#jar.hasSuspects || !this.#jar.staged.isEmpty;
  }

  #giveOrStage(slave: SlaveRecord, tasks: readonly Task[], now: number): void {
    if (this.places.isUsed && this.places.mustWait(slave, tasks)) this.#jar.stage(slave, tasks);
    else this.#giver.give(slave, tasks, now);
  }

  /**
   * Call it about every 100 ms: tasks that wait for shared values at a slave which may be gone, or is busy, go to another
   * one that could begin them.
   */
  tick(): void {
    if (this.#jar.staged.isEmpty) return;
    const [idle, another] = this.#jar.hasReady ? [] : this.#firstIdle();
    for (const [slave, tasks] of [...this.#jar.staged]) {
      const other = idle === slave ? another : idle;
      const isFree = slave.outstanding < slave.slots && this.#hasRoom(slave) && slave.takesUnordered;
      const isBetter = (): boolean => this.places.hasIdleHolder(tasks[0]?.shares ?? [], slave);
      const isUnfit = slave.isSuspected || slave.mayEnd || slave.isAlone || !slave.takesUnordered;
      if (isUnfit || (other !== undefined && (!isFree || isBetter()))) this.#jar.unstage(slave);
    }
  }

  /** Two slaves of the line that can begin a task, if there are as many among the first. */
  #firstIdle(): SlaveRecord[] {
    const idle: SlaveRecord[] = [];
    for (let at = 0; at < Math.min(this.#line.length, MOST_LOOKED_AT) && idle.length < 2; at++) {
      const slave = this.#line.at(at);
      if (slave !== undefined && this.judgeIdle(slave)) idle.push(slave);
    }
    return idle;
  }

  /** Tasks of one slave go first; a slave that owes a broadcast gets nothing else before the end of that. */
  #dispatchAddressed(now: number): void {
    for (const slave of this.#addressed) {
      this.#addressed.delete(slave);
      while (slave.hasMail && this.#hasRoom(slave)) {
        const tasks = this.#takeAddressed(slave);
        if (tasks.length === 0) break;
        this.#giver.give(slave, tasks, now);
      }
    }
  }

  #takeAddressed(slave: SlaveRecord): readonly Task[] {
    const { mailbox } = slave;
    if (mailbox.broadcast === undefined)
      return this.#takeGroup(slave, 1, mailbox.length, () => this.#jar.takeOrdered(slave));
    const run = this.#jar.takeBroadcast(slave);
    return run === undefined ? NO_TASKS : [run];
  }

  #hasRoom(slave: SlaveRecord): boolean {
    return (
      findObstacle(slave) === undefined && slave.judgeFilling() && findSessionObstacle(slave) === undefined
    );
  }

  #choose(slave: SlaveRecord, slots: number): readonly Task[] {
    if (this.#jar.hasSuspects) {
      if (slave.outstanding > 0) {
        this.#reserved ??= slave;
        if (this.#reserved === slave) return [];
      } else {
        if (this.#reserved === slave) this.#reserved = undefined;
        const suspect = this.#jar.takeSuspect();
        if (suspect !== undefined) {
          slave.runAlone();
          return [suspect];
        }
      }
    }
    if (this.#jar.queues.hasReady) return this.#chooseByShare(slave, slots);
    return this.#takeGroup(slave, slots, this.#jar.due, this.#takeAny);
  }

  /** A strict task goes to a slave that can begin it; until one can, slaves get nothing, or none would ever be free. */
  #chooseByShare(slave: SlaveRecord, slots: number): readonly Task[] {
    while (this.#jar.isNextStrict) {
      if (slave.outstanding >= slave.slots) return NO_TASKS;
      const task = this.#jar.takeStrict(this.#isHeld);
      if (task !== undefined) return [task];
    }
    return this.#takeGroup(slave, slots, this.#jar.due, this.#takeByShare);
  }

  #takeGroup(
    slave: SlaveRecord,
    slots: number,
    queued: number,
    take: () => Task | undefined,
  ): readonly Task[] {
    const first = take();
    if (first === undefined) return NO_TASKS;
    const isSharing = this.places.isUsed && first.addressee === undefined;
    if (isSharing && !this.places.mayTake(slave, first)) {
      this.#putBack(first, take);
      return NO_TASKS;
    }
    const plan = new GroupPlan({ taskGroup: this.#taskGroup, queued, slots, lastGroup: slave.lastGroup });
    plan.tryAdd(first.algorithm);
    // An empty array reserves room for sixteen items at the first push, but most groups of long tasks have
    // one task.
    const tasks = [first];
    let bytes = bytesOf(first);
    while (!plan.isFull) {
      const task = take();
      if (task === undefined) break;
      bytes += bytesOf(task);
      const isApart = isSharing && !this.places.goesWith(slave, first, task);
      if (bytes > this.#mostBytes || isApart || !plan.tryAdd(task.algorithm)) {
        this.#putBack(task, take);
        break;
      }
      tasks.push(task);
    }
    // Tasks of one slave say nothing of how many others should work
    if (first.addressee === undefined) this.#crew.note(plan.crew + crewForBytes(bytes / tasks.length), slave);
    return tasks;
  }

  #putBack(task: Task, take: () => Task | undefined): void {
    if (take === this.#takeByShare) this.#jar.queues.refund(task);
    this.#jar.putBack(task);
  }

  /** Gives a task, which is in no queue, to a slave that can begin it now. */
  giveAlone(slave: SlaveRecord, task: Task, now: number): void {
    this.#giver.give(slave, [task], now);
  }

  /** Whether the slave can begin a task that any slave may run, and nothing else waits for it. */
  judgeIdle(slave: SlaveRecord): boolean {
    return (
      slave.outstanding < slave.slots &&
      slave.takesUnordered &&
      !slave.hasMail &&
      !this.#runsEmpty(slave) &&
      this.#hasRoom(slave)
    );
  }

  /** The slave that should give unstarted tasks back, because another idles; undefined if none. */
  chooseRecall(slaves: Iterable<SlaveRecord>, now: number): SlaveRecord | undefined {
    if (this.#jar.hasReady) return undefined;
    if (this.#busyMs !== undefined) this.#crew.look(now, this.#busyMs);
    let idle = false;
    let fullest: SlaveRecord | undefined;
    for (const slave of slaves) {
      if (!slave.isWorking || slave.isSuspected || slave.mayEnd || slave.farewell !== undefined) continue;
      if (!slave.takesUnordered) continue;
      if (slave.outstanding < slave.slots) idle ||= this.#mayTakeMore(slave);
      else if (this.#mayRecall(slave, now) && spare(slave) > spare(fullest)) fullest = slave;
    }
    return idle ? fullest : undefined;
  }

  /** Whether its free slots are for tasks that any slave may run. */
  #mayTakeMore(slave: SlaveRecord): boolean {
    return (
      !slave.hasMail && (slave.outstanding === 0 || !this.#runsEmpty(slave)) && this.#crew.hasPlaceFor(slave)
    );
  }

  /** Its free slots must stay free. */
  #runsEmpty(slave: SlaveRecord): boolean {
    return slave.isAlone || slave === this.#reserved;
  }

  #mayRecall(slave: SlaveRecord, now: number): boolean {
    const { commands, groups } = slave;
    const { oldest } = groups;
    if (commands.recalling !== undefined || oldest === undefined) return false;
    // Results that have not come yet make it look as if it had more than another slave
    return commands.exhaustedTo < slave.nextIndex && now - oldest.sentAt >= RECALL_AFTER_MS;
  }
}

function bytesOf({ bytes, shares, trace }: Task): number {
  const ofShares = shares === undefined ? 0 : SHARE_NAME_BYTES * shares.length;
  return bytes + ENTRY_BYTES + ofShares + (trace === undefined ? 0 : traceBytes(trace));
}

/** Unordered tasks that a slave could give back. */
function spare(slave: SlaveRecord | undefined): number {
  return slave === undefined ? 0 : slave.unstarted - slave.orderedOutstanding;
}
