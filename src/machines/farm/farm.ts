/**
 * The farm: the machines on which a master's slaves are started, and how many of them there should be.
 *
 * Without `demand`, each machine has a slave in each of its slots as long as it is ready. With it, slaves are started and
 * retired as the program needs them, where the smallest part of the slots is taken. A failure of a machine concerns
 * no other one.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { AuditEvent } from '../../audit/events.js';
import type { AwaitedMachine } from '../../audit/why/task-why.js';
import { UsageError } from '../../errors.js';
import type { MachineHost } from '../machine-host.js';
import { type PlaceEvent, type PlacesClock, systemClock } from '../slave-places.js';
import { checkMachine, isToKill } from './check-machine.js';
import { Demand, type DemandSettings, type IdleSlave } from './demand.js';
import { kindOf, type LocalMachine, type Machine, type MachineView, nameOf } from './machine.js';
import { MachineKeeper } from './machine-keeper.js';
import { processName } from './machine-slaves.js';
import { placeSlaves } from './placement.js';
import type { SlaveControl, Validations } from './slave-control.js';

export interface FarmParams {
  readonly audit: AuditSink;
  readonly control: SlaveControl;
  readonly validations: Validations;
  /** The way to a machine. Throws UsageError for a kind that there is no way to. */
  readonly hostOf: (machine: Machine) => MachineHost;
  /** `--slaves N`; its slave processes are told of as local ones. */
  readonly local: { readonly slots: number; readonly tell: (event: PlaceEvent) => void };
  readonly machines: readonly Machine[];
  /** Undefined if each machine has all its slaves all the time. */
  readonly demand: DemandSettings | undefined;
  /** Tasks that a slave runs at once. */
  readonly concurrency: number;
  /** Every machine has a slave on trial, although it needs no validation. */
  readonly isChecked?: boolean | undefined;
  readonly clock?: PlacesClock | undefined;
}

/** A slave process and the name of its machine. */
export interface SlaveProcessName {
  readonly host: string;
  readonly pid: number;
}

const MOST_MACHINES = 1_000;
const TICK_MS = 500;

export class Farm {
  readonly #params: FarmParams;
  readonly #clock: PlacesClock;
  readonly #local: MachineKeeper;
  readonly #keepers = new Map<string, MachineKeeper>();
  readonly #demand: Demand | undefined;
  #cancelTick: (() => void) | undefined;
  #isEnding = false;
  #hasToldLate = false;
  /** Of runs that have ended since the last decision. */
  #runs = { ended: 0, seconds: 0 };

  /** Throws UsageError for a machine that is not described rightly. */
  constructor(params: FarmParams) {
    this.#params = params;
    this.#clock = params.clock ?? systemClock;
    const { local, demand } = params;
    const machine: LocalMachine = { local: true, slots: local.slots };
    this.#local = this.#makeKeeper(machine, params.isChecked ? undefined : local.tell);
    if (local.slots > 0) this.#keepers.set(this.#local.name, this.#local);
    for (const one of params.machines) this.#add(one);
    this.#demand = demand === undefined ? undefined : new Demand(demand);
  }

  /** Resolves when local slaves are started, as far as they are started at once; other machines take their time. */
  async begin(): Promise<void> {
    const begun = [...this.#all()].map((keeper) => ({ keeper, opening: keeper.begin() }));
    this.#tickLater();
    await Promise.all(
      begun.filter(({ keeper }) => kindOf(keeper.machine) === 'local').map(({ opening }) => opening),
    );
    if (this.#demand !== undefined) this.#decide();
  }

  // ---- the program's calls

  registerMachine(machine: Machine): string {
    if (this.#isEnding) throw new UsageError('the master is ending, and takes no more machines');
    const keeper = this.#add(machine);
    void keeper.begin();
    this.#tickLater();
    return keeper.name;
  }

  async unregisterMachine(name: string, options: { readonly kill?: boolean | undefined }): Promise<void> {
    const atOnce = isToKill(options);
    const keeper = this.#keepers.get(name);
    if (keeper === undefined) {
      const known = [...this.#keepers.keys()].map((one) => JSON.stringify(one)).join(', ');
      throw new UsageError(
        `there is no machine ${JSON.stringify(name)}; ${known === '' ? 'the farm has none' : `there are ${known}`}`,
      );
    }
    await keeper.unregister(atOnce);
    // The name may have been given again meanwhile
    if (this.#keepers.get(name) === keeper) this.#keepers.delete(name);
  }

  machines(): MachineView[] {
    return Array.from(this.#keepers.values(), (keeper) => keeper.view());
  }

  // ---- the master's side

  isOnTrial(host: string, pid: number): boolean {
    for (const keeper of this.#keepers.values())
      if (keeper.isOnTrial && keeper.slaves.has(host, pid)) return true;
    return false;
  }

  /** The name of the machine of a slave process; undefined if it is none of these. */
  machineOf(host: string, pid: number): string | undefined {
    for (const { name, slaves } of this.#keepers.values()) if (slaves.has(host, pid)) return name;
    return undefined;
  }

  /** Those that are not gone, as a task that waits for a slave sees them. */
  awaited(): AwaitedMachine[] {
    return Array.from(this.#keepers.values(), (keeper) => keeper.awaited() ?? []).flat();
  }

  joined({ sid, host, pid }: { readonly sid: string; readonly host: string; readonly pid: number }): void {
    for (const keeper of this.#keepers.values()) if (keeper.slaves.has(host, pid)) keeper.joined(sid, pid);
  }

  /** Every event of the trail, if there is a demand: how long tasks take. */
  takeEvent(event: AuditEvent): void {
    if (event.type !== 'slave-computed') return;
    this.#runs.ended += event.count;
    this.#runs.seconds += event.micros / 1e6;
  }

  /** Starts one more local slave; returns its pid, undefined if it could not be started. */
  addLocal(): number | undefined {
    return this.#local.slaves.add();
  }

  /** Kills a local slave, which is not started again; false if it is not one of these. */
  killLocal({ host, pid }: SlaveProcessName): boolean {
    return this.#local.slaves.has(host, pid) && this.#local.slaves.kill(pid);
  }

  /**
   * A local slave gets no new tasks, leaves when it has run what it has begun, and is not started again; false if it is
   * not one of these.
   */
  drainLocal({ host, pid }: SlaveProcessName): boolean {
    return this.#local.slaves.has(host, pid) && this.#local.slaves.retire(pid);
  }

  // ---- the end

  /** Call it before slaves are told to shut down: nothing is started any more. */
  beginEnding(): void {
    this.#isEnding = true;
    this.#cancelTick?.();
    for (const keeper of this.#all()) keeper.beginEnding();
  }

  /** Ends all slaves, those in `leaving` with some time for their own exit code, and the ways to their machines. */
  async end(leaving: ReadonlySet<number>): Promise<void> {
    this.beginEnding();
    await Promise.all(Array.from(this.#all(), (keeper) => keeper.end(leaving)));
  }

  /** For a process that is ending now. */
  killAllNow(): void {
    for (const keeper of this.#all()) keeper.slaves.killAllNow();
  }

  // ---- how many

  #decide(): void {
    const demand = this.#demand;
    if (demand === undefined || this.#isEnding) return;
    const keepers = [...this.#all()];
    const own = new Set(keepers.flatMap((keeper) => keeper.slaves.names()));
    const dispensable = new Set<string>();
    let [foreign, busy] = [0, 0];
    for (const { isBusy, isDispensable, host, pid } of this.#params.control.seen()) {
      const name = processName(host, pid);
      if (isBusy) busy++;
      if (!own.has(name)) foreign++;
      else if (isDispensable) dispensable.add(name);
    }
    const idle: IdleSlave<{ readonly keeper: MachineKeeper; readonly pid: number }>[] = keepers.flatMap(
      (keeper) =>
        keeper
          .idle((name) => dispensable.has(name))
          .map(({ id, since }) => ({ id: { keeper, pid: id }, since })),
    );
    const present = keepers.reduce((sum, keeper) => sum + keeper.slaves.size, 0);
    const { tasks, ordered, allocated } = this.#params.control.load();
    const { concurrency } = this.#params;
    const load = { tasks, ordered, allocated, concurrency, foreign, busy, ...this.#runs };
    this.#runs = { ended: 0, seconds: 0 };
    const decision = demand.decide(load, present, idle, this.#clock.now());
    const started = this.#startSlaves(keepers, decision.start);
    const retired = decision.retire.filter(({ keeper, pid }) => keeper.slaves.retireIdle(pid)).length;
    const { because } = decision;
    if (started + retired > 0) {
      const wanted = present + started - retired;
      this.#params.audit.emit({ type: 'farm-changed', slaves: present, wanted, because });
    }
    if (decision.isLate && !this.#hasToldLate) {
      this.#hasToldLate = true;
      const text = `--finish-within cannot be met as far as is known: ${because}, and at most ${this.#params.demand?.most} slaves`;
      this.#params.audit.emit({ type: 'warning', text });
    }
  }

  #startSlaves(keepers: readonly MachineKeeper[], count: number): number {
    if (count === 0) return 0;
    const rooms = keepers.map(({ room, slaves }) => ({ slots: room, slaves: slaves.size }));
    const placed = placeSlaves(rooms, count);
    for (const index of placed) keepers[index]?.slaves.addInTurn();
    return placed.length;
  }

  // ---- its machines

  *#all(): Iterable<MachineKeeper> {
    if (this.#keepers.get(this.#local.name) !== this.#local) yield this.#local;
    yield* this.#keepers.values();
  }

  #add(machine: Machine): MachineKeeper {
    checkMachine(machine);
    const name = nameOf(machine);
    const other = this.#keepers.get(name);
    if (other !== undefined && other.state !== 'gone' && other.state !== 'given-up') {
      throw new UsageError(
        `there is a machine ${JSON.stringify(name)} already; give this one another name: { name: '${name}-2', … }`,
      );
    }
    if (this.#keepers.size >= MOST_MACHINES) {
      throw new UsageError(`a farm has at most ${MOST_MACHINES} machines; unregister one first`);
    }
    const keeper = this.#makeKeeper(machine, undefined);
    this.#keepers.set(name, keeper);
    return keeper;
  }

  #makeKeeper(machine: Machine, tellLocal: ((event: PlaceEvent) => void) | undefined): MachineKeeper {
    const { audit, control, validations, hostOf, isChecked } = this.#params;
    const keeper: MachineKeeper = new MachineKeeper({
      machine,
      host: hostOf(machine),
      audit,
      control,
      validations,
      clock: this.#clock,
      tellLocal,
      isChecked,
      onReady: () => this.#fill(keeper),
      onMoved: () => this.#tickLater(),
    });
    return keeper;
  }

  /** A machine is ready. */
  #fill(keeper: MachineKeeper): void {
    if (this.#demand !== undefined || this.#params.isChecked) return;
    for (let left = keeper.room - keeper.slaves.size; left > 0; left--) keeper.slaves.addInTurn();
  }

  /** Only while there is something to wait for: a master with `--slaves` alone has no timer for them. */
  #tickLater(): void {
    if (this.#isEnding || this.#cancelTick !== undefined) return;
    const isWaiting = [...this.#keepers.values()].some(
      (keeper) => (keeper !== this.#local && keeper.dueAt !== undefined) || keeper.state === 'draining',
    );
    if (this.#demand === undefined && !isWaiting) return;
    const dueAt = this.#clock.now() + TICK_MS;
    this.#cancelTick = this.#clock.after(TICK_MS, () => {
      this.#cancelTick = undefined;
      const latenessMs = Math.max(0, this.#clock.now() - dueAt);
      for (const keeper of this.#all()) keeper.tick(latenessMs);
      this.#decide();
      this.#tickLater();
    });
  }
}
