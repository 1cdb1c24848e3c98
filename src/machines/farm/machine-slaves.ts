/**
 * The slave processes of one machine: keeps them in its places, knows them by the name of the machine, and tells the
 * trail and the master what becomes of them. When there should be one is said from outside.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { MachineFacts } from '../machine-host.js';
import { type PlaceEvent, type PlacesClock, SlavePlaces } from '../slave-places.js';
import type { ProcessEnd, StartSlave } from '../slave-process.js';
import type { IdleSlave } from './demand.js';
import { describeEnd } from './describe-end.js';
import type { SlaveControl } from './slave-control.js';

/** A slave takes a core for a third of a second until it has joined, and waits for others meanwhile. */
const STARTING_PER_CORE = 2;
const LEAST_STARTING = 4;

/** The exit code of a shell whose process ends so. */
const KILLED_CODE = 137;

interface MachineSlavesParams {
  /** Of the machine. */
  readonly name: string;
  readonly start: StartSlave;
  readonly audit: AuditSink;
  readonly control: SlaveControl;
  readonly clock: PlacesClock;
  /** Hears of them instead of the trail and the master. */
  readonly tellLocal: ((event: PlaceEvent) => void) | undefined;
  /** One has ended, which is still counted, for this reason. Those that `abandon` forgets are not told. */
  readonly onEnded: (how: string) => void;
}

export class MachineSlaves {
  readonly #params: MachineSlavesParams;
  #places: SlavePlaces;
  #hostname = '';
  #mostStarting = LEAST_STARTING;
  #isEnding = false;

  constructor(params: MachineSlavesParams) {
    this.#params = params;
    this.#places = this.#newPlaces();
  }

  /** Call it before any is started: those that join from the machine name it so. */
  reached({ hostname, cores }: Pick<MachineFacts, 'hostname' | 'cores'>): void {
    this.#hostname = hostname;
    this.#mostStarting = Math.max(LEAST_STARTING, STARTING_PER_CORE * cores);
  }

  /** Those that run or are started again, without those that leave. */
  get size(): number {
    return this.#places.size;
  }

  /** Starts one more at once; returns its pid, undefined if there is none. */
  add(): number | undefined {
    return this.#places.add();
  }

  /** Starts one more when not too many others are starting. */
  addInTurn(): void {
    this.#places.addInTurn();
  }

  /** Kills one and gives up its place; false if there is none of this pid. */
  kill(pid: number): boolean {
    return this.#places.kill(pid);
  }

  /** Tells an idle one to leave for good; false if it has something to do by now. */
  retireIdle(pid: number): boolean {
    const isRetired = this.#params.control.retireIdle(pid, this.#hostname);
    return isRetired && this.#places.release(pid);
  }

  /** One leaves for good when it has run what it has begun; false if there is none of this pid. */
  retire(pid: number): boolean {
    if (!this.#places.release(pid)) return false;
    this.#params.control.retire(pid, this.#hostname);
    return true;
  }

  /** One has joined the master, which knows nothing of what was told to its earlier session. */
  joined(pid: number): void {
    this.#places.joined(pid);
    if (this.#places.isReleased(pid)) this.#params.control.retire(pid, this.#hostname);
  }

  /** Those that have nothing to do, by their pid; `isIdle` is asked with their names. */
  idle(isIdle: (name: string) => boolean): IdleSlave<number>[] {
    return this.#places.kept().flatMap(({ process: { pid }, since }) => {
      return pid !== undefined && isIdle(processName(this.#hostname, pid)) ? [{ id: pid, since }] : [];
    });
  }

  /** Whether a process is one of these. */
  has(host: string, pid: number): boolean {
    return this.#hostname === host && this.#pids().includes(pid);
  }

  /** Of all processes. */
  names(): string[] {
    return this.#pids().map((pid) => processName(this.#hostname, pid));
  }

  /** They are on trial no more. */
  endTrial(): void {
    for (const pid of this.#pids()) this.#params.control.endTrial(pid, this.#hostname);
  }

  /** Tells all to leave when they have run what they have begun, and starts none again. Returns whether none is left. */
  drain(): boolean {
    this.#places.releaseAll();
    for (const pid of this.#pids()) this.#params.control.retire(pid, this.#hostname);
    return this.#places.isEmpty;
  }

  /** The way to them is closed, so they end: the master knows at once, and the places are empty. */
  abandon(): void {
    const places = this.#places;
    for (const process of places.processes()) process.kill();
    for (const { pid } of places.abandon()) {
      if (pid === undefined) continue;
      this.#params.control.processGone(pid, 'the way to its machine is closed', this.#hostname);
    }
    this.#places = this.#newPlaces();
  }

  /** From now on none is started. */
  beginEnding(): void {
    this.#isEnding = true;
    this.#places.beginEnding();
  }

  /** As `SlavePlaces.end`. */
  end(leaving: ReadonlySet<number>): Promise<void> {
    return this.#places.end(leaving);
  }

  /** For a process that is ending now. */
  killAllNow(): void {
    this.#places.killAllNow();
  }

  #newPlaces(): SlavePlaces {
    const places = new SlavePlaces({
      count: 0,
      clock: this.#params.clock,
      start: this.#params.start,
      mostStarting: () => this.#mostStarting,
      onEvent: (event) => this.#take(event),
      isOrdered: (pid, end) => isKill(end) && this.#params.control.endsForRun(pid, this.#hostname),
    });
    places.start();
    if (this.#isEnding) places.beginEnding();
    return places;
  }

  #take(event: PlaceEvent): void {
    const { tellLocal, control, onEnded } = this.#params;
    if (tellLocal !== undefined) tellLocal(event);
    else this.#tell(event);
    if (event.type !== 'exited') return;
    const how = describeEnd(event);
    if (event.pid !== undefined && tellLocal === undefined) {
      control.processGone(event.pid, `process ${how}`, this.#hostname);
    }
    onEnded(how);
  }

  #tell(event: PlaceEvent): void {
    const { audit, name: machine } = this.#params;
    const index = event.number - 1;
    switch (event.type) {
      case 'started':
        audit.emit({ type: 'machine-slave-started', machine, index, pid: event.pid });
        return;
      case 'exited': {
        const how = describeEnd(event);
        audit.emit({ type: 'machine-slave-ended', machine, index, pid: event.pid, how });
        return;
      }
      case 'restarting':
        audit.emit({ type: 'machine-slave-restarting', machine, index, backoffMs: event.delayMs });
        return;
      default:
        event satisfies never;
    }
  }

  #pids(): number[] {
    return this.#places.processes().flatMap(({ pid }) => pid ?? []);
  }
}

/** As a sentinel ends its process. */
function isKill({ code, signal }: ProcessEnd): boolean {
  return signal === 'SIGKILL' || code === KILLED_CODE;
}

/** The same for the same process on the same machine. */
export function processName(host: string, pid: number): string {
  return `${pid} ${host}`;
}
