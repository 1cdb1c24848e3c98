/**
 * Keeps quick tasks on few slaves. A master gives out about half a million tasks per second, however many slaves it has; where
 * a task takes a microsecond, a few slaves keep up with that. Each further one would be woken for a handful of tasks at a
 * time, with code that is not compiled yet and caches that others have filled.
 *
 * On the master's own machine, each further one may also take a processor from the master, or from the slave that keeps up.
 */

import { Deque } from '../../structures/deque.js';
import type { OwnMachine } from '../model/master-ports.js';
import type { SlaveRecord } from '../model/slave-record.js';

/** As many may always work, where each has a processor of its own. */
const LEAST_CREW = 2;
/** Tasks that need fewer slaves take these about as long as they take the master. */
const QUICKEST_CREW = 5;
/** More of them for each microsecond of a run: a master takes longer than half a microsecond for a task. */
const PER_MICROSECOND = 1;
/** And for each byte of a task and its result, of which a slave takes ten nanoseconds at most. */
const PER_BYTE = 0.02;
const LOOK_EVERY_MS = 50;
/** Another slave takes the place of a member without a result between as many looks. */
const MOST_STRIKES = 40;
/** The crew grows while the master is busy for less than this share of its time, and shrinks while it is for more than that. */
const IDLE_SHARE = 0.5;
const BUSY_SHARE = 0.8;
const MOST_GROWTH = 1_024;

/** Of an algorithm. */
interface CrewFigures {
  readonly quickSeconds: number | undefined;
  readonly resultBytes: number;
}

interface Member {
  resultsAt: number;
  strikes: number;
}

/** The slaves that keep a master busy with tasks of this algorithm, without the bytes of their arguments. */
export function crewFor({ quickSeconds, resultBytes }: CrewFigures): number {
  if (quickSeconds === undefined) return Number.POSITIVE_INFINITY;
  return LEAST_CREW + PER_MICROSECOND * quickSeconds * 1e6 + crewForBytes(resultBytes);
}

export function crewForBytes(bytes: number): number {
  return PER_BYTE * bytes;
}

/**
 * Where a slave stands with the crew:
 *
 * - *member*: gets tasks whenever it has room. From `admits` to the look that finds it without results for too long, or
 *   too many that are older, or `remove`.
 * - *resting*: has room, and gets nothing while the members keep up. From `rest` to `recruit`, `disband` or `remove`.
 *
 * The crew is as large as quick runs of the tasks given out lately need. It grows while the master has time left: some of
 * the tasks may take longer than most, or slaves are far away. A thread that waits for a processor is not idle, so slaves
 * that take the processors from each other and from the master do not bring more of them.
 */
export class Crew {
  readonly #machine: OwnMachine | undefined;
  readonly #members = new Map<SlaveRecord, Member>();
  readonly #resting = new Deque<SlaveRecord>();
  #size = Number.POSITIVE_INFINITY;
  /** The slaves that groups since the last look need, and those between the two before it. */
  #needed = 0;
  #neededBefore = 0;
  #growth = 1;
  #lookedAt = 0;
  #busyBefore = 0;

  /** Without the master's machine, all slaves have processors of their own. */
  constructor(machine?: OwnMachine) {
    this.#machine = machine;
  }

  /** Whether there may be slaves that get nothing. */
  get isLimited(): boolean {
    return this.#size !== Number.POSITIVE_INFINITY;
  }

  get members(): number {
    return this.#members.size;
  }

  /** Whether the slave is a member, or could be one. */
  hasPlaceFor(slave: SlaveRecord): boolean {
    return this.#members.size < this.#size || this.#members.has(slave);
  }

  /** Whether the slave rests while others keep up. */
  isResting(slave: SlaveRecord): boolean {
    return this.isLimited && slave.isInLine && !this.hasPlaceFor(slave);
  }

  /**
   * A group of tasks is given to the slave, and this number of slaves keeps a master busy with such tasks. Tasks of unknown
   * length count once: as soon as there is a result, their length is known.
   */
  note(number: number, slave: SlaveRecord): void {
    const needed = number < QUICKEST_CREW ? Math.min(number, this.#placesOf(slave)) : number;
    this.#size = Math.max(this.#size, needed * this.#growth);
    if (needed !== Number.POSITIVE_INFINITY) this.#needed = Math.max(this.#needed, needed);
  }

  /** As many slaves of that one's machine have a processor each, beside the master's; any number elsewhere. */
  #placesOf({ host }: SlaveRecord): number {
    const machine = this.#machine;
    return host === machine?.host ? Math.max(1, machine.processors - 1) : Number.POSITIVE_INFINITY;
  }

  /** Call it while tasks wait to be given out, or to begin; `readBusyMs` gives the time that the master has ever been busy. */
  look(now: number, readBusyMs: () => number): void {
    const passedMs = now - this.#lookedAt;
    if (passedMs < LOOK_EVERY_MS) return;
    const busyMs = readBusyMs();
    const share = (busyMs - this.#busyBefore) / passedMs;
    this.#lookedAt = now;
    this.#busyBefore = busyMs;
    const isFull = this.#members.size >= this.#size;
    if (share < IDLE_SHARE && isFull) this.#growth = Math.min(MOST_GROWTH, 2 * this.#growth);
    else if (share > BUSY_SHARE) this.#growth = Math.max(1, this.#growth / 2);
    const needed = Math.max(this.#needed, this.#neededBefore);
    if (needed > 0) this.#size = needed * this.#growth;
    this.#dropMembers();
    this.#neededBefore = this.#needed;
    this.#needed = 0;
  }

  /** Those that stand still, and the youngest of too many. */
  #dropMembers(): void {
    let kept = 0;
    for (const [slave, member] of this.#members) {
      const { resultsAt } = slave;
      member.strikes = resultsAt === member.resultsAt ? member.strikes + 1 : 0;
      member.resultsAt = resultsAt;
      if (member.strikes < MOST_STRIKES && kept < this.#size) kept++;
      else this.#members.delete(slave);
    }
  }

  /** Whether the slave may get tasks now; it is a member then. */
  admits(slave: SlaveRecord): boolean {
    if (this.#members.has(slave)) return true;
    if (this.#members.size >= this.#size) return false;
    this.#members.set(slave, { resultsAt: slave.resultsAt, strikes: 0 });
    return true;
  }

  /** It stays in the dispatcher's line. */
  rest(slave: SlaveRecord): void {
    this.#resting.push(slave);
  }

  /** A slave that may get tasks again, the one that has rested longest. */
  recruit(): SlaveRecord | undefined {
    return this.#members.size < this.#size ? this.#resting.shift() : undefined;
  }

  /** All slaves may work; those that have rested go to `line`. */
  disband(line: Deque<SlaveRecord>): void {
    this.#members.clear();
    for (let slave = this.#resting.shift(); slave !== undefined; slave = this.#resting.shift())
      line.push(slave);
  }

  /** The slave takes no more tasks. */
  remove(slave: SlaveRecord): void {
    this.#members.delete(slave);
    if (!slave.isInLine) return;
    for (let left = this.#resting.length; left > 0; left--) {
      const next = this.#resting.shift() as SlaveRecord;
      if (next !== slave) this.#resting.push(next);
    }
  }
}
