/**
 * Keeps one machine of the farm: does what its life says, with the way to it, its trial and its slaves, and tells the trail.
 * How many slaves it should have is said from outside.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import type { AwaitedMachine } from '../../audit/why/task-why.js';
import { waitAtMost } from '../../structures/wait-at-most.js';
import type { MachineFacts, MachineHost } from '../machine-host.js';
import type { PlaceEvent, PlacesClock } from '../slave-places.js';
import type { IdleSlave } from './demand.js';
import {
  kindOf,
  type Machine,
  type MachineState,
  type MachineView,
  mostFailures,
  nameOf,
} from './machine.js';
import { MachineLife, type Why } from './machine-life.js';
import { MachineSlaves } from './machine-slaves.js';
import { MachineTrial, type Verdict } from './machine-trial.js';
import { retryDelayMs } from './retry-delay.js';
import type { SlaveControl, Validations } from './slave-control.js';

interface KeeperParams {
  readonly machine: Machine;
  readonly host: MachineHost;
  readonly audit: AuditSink;
  readonly control: SlaveControl;
  readonly validations: Validations;
  readonly clock: PlacesClock;
  /** Hears of its slave processes, for a machine without events of its own: the one of `--slaves`. */
  readonly tellLocal?: ((event: PlaceEvent) => void) | undefined;
  /** Its first slave is always on trial, also without a validation. */
  readonly isChecked?: boolean | undefined;
  /** Its slaves may get work: it has room for more now. */
  readonly onReady: () => void;
  /** The state has changed. */
  readonly onMoved: () => void;
}

/** Ends of slave processes before any of them has joined, which make a failure of the machine. */
const MOST_EARLY_ENDS = 3;
/** Hosts promise 5 s. */
const CLOSE_WITHIN_MS = 6_000;

export class MachineKeeper {
  readonly name: string;
  readonly machine: Machine;
  readonly slaves: MachineSlaves;
  readonly #params: KeeperParams;
  readonly #life: MachineLife;
  readonly #trial: MachineTrial;
  readonly #isTold: boolean;
  #facts: MachineFacts | undefined;
  /** Of the current attempt: aborts when it is over. */
  #abort = new AbortController();
  #opening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #attempt = 0;
  /** The slave on trial has joined. */
  #trialSid: string | undefined;
  #hasJoined = false;
  #earlyEnds = 0;
  #isEnding = false;
  #ended: Promise<void> | undefined;
  readonly #onGone: (() => void)[] = [];

  /** Throws UsageError for a validation by an algorithm that there is not. */
  constructor(params: KeeperParams) {
    const { machine, host, audit, control, clock, validations, tellLocal, isChecked = false } = params;
    this.machine = machine;
    this.name = nameOf(machine);
    this.#params = params;
    this.#isTold = tellLocal === undefined;
    this.#trial = new MachineTrial({ machine, validations, isChecked });
    this.slaves = new MachineSlaves({
      name: this.name,
      start: (onEnd) => host.startSlave(onEnd),
      audit,
      control,
      clock,
      tellLocal,
      onEnded: (how) => this.#slaveEnded(how),
    });
    this.#life = new MachineLife({
      mostFailures: this.#isTold ? mostFailures(machine) : Number.POSITIVE_INFINITY,
      isValidated: this.#trial.kind !== undefined,
      delayMs: (failures) => retryDelayMs(kindOf(machine), failures, Math.random()),
      ports: {
        open: (attempt) => {
          this.#opening = this.#open(attempt);
        },
        validate: (attempt) => this.#validate(attempt),
        admit: () => this.#admit(),
        drain: () => this.#drain(),
        close: () => this.#close(),
        moved: (state, why) => this.#moved(state, why),
      },
    });
    host.onLost = (reason) => this.#fail(reason);
    host.onSlots = () => {
      if (this.state === 'ready' && !this.#isEnding) params.onReady();
    };
  }

  get state(): MachineState {
    return this.#life.state;
  }

  /** The most slaves that it may have now. */
  get room(): number {
    return this.state === 'ready' ? (this.#slots ?? 0) : 0;
  }

  get dueAt(): number | undefined {
    return this.#life.dueAt;
  }

  get #slots(): number | undefined {
    const { slots = 'cores' } = this.machine;
    const own = slots === 'cores' ? this.#facts?.cores : slots;
    const lent = this.#params.host.slots;
    if (own === undefined || lent === undefined) return own;
    // A machine that lends slots knows better than its cores how many there are
    return slots === 'cores' ? lent : Math.min(own, lent);
  }

  view(): MachineView {
    return {
      name: this.name,
      kind: kindOf(this.machine),
      state: this.state,
      slots: this.#slots,
      slaves: this.slaves.size,
      facts: this.#facts,
      reason: this.#life.reason,
    };
  }

  /** As a task that waits for a slave sees it; undefined if it is gone. */
  awaited(): AwaitedMachine | undefined {
    const { name, state, dueAt } = this;
    if (state === 'gone') return undefined;
    const isWaiting = state === 'failing' && dueAt !== undefined;
    const againInSeconds = isWaiting ? Math.max(0, dueAt - this.#now()) / 1_000 : undefined;
    return { name, state, reason: this.#life.reason, againInSeconds, processes: this.slaves.size };
  }

  /** Resolves when the first attempt to reach it has ended. */
  async begin(): Promise<void> {
    this.#life.begin(this.#now());
    await this.#opening;
  }

  /** As `MachineLife.tick`. */
  tick(latenessMs: number): void {
    this.#life.tick(this.#now(), latenessMs);
    if (this.state === 'draining') this.#drain();
  }

  /** Those of its slaves that have nothing to do, by their pid; `isIdle` is asked with their names. */
  idle(isIdle: (name: string) => boolean): IdleSlave<number>[] {
    return this.state === 'ready' ? this.slaves.idle(isIdle) : [];
  }

  get isOnTrial(): boolean {
    return this.state === 'validating';
  }

  /** One of its slaves has joined the master. */
  joined(sid: string, pid: number): void {
    this.#hasJoined = true;
    this.slaves.joined(pid);
    if (this.state !== 'validating' || this.#trialSid !== undefined) return;
    this.#trialSid = sid;
    const facts = this.#facts as MachineFacts;
    void this.#take(this.#attempt, this.#trial.tryOn(sid, facts, this.#abort.signal));
  }

  /** Resolves when it is gone and the way to it closed, or the farm has ended. May be called again meanwhile. */
  async unregister(atOnce: boolean): Promise<void> {
    if (this.state !== 'gone') {
      const isGone = new Promise<void>((resolve) => this.#onGone.push(resolve));
      this.#life.unregister(atOnce);
      await isGone;
    }
    await this.#closing;
  }

  /** From now on nothing is started there. */
  beginEnding(): void {
    this.#isEnding = true;
    this.slaves.beginEnding();
  }

  /** Ends its slaves as `SlavePlaces.end` does, and then the way to it. */
  end(leaving: ReadonlySet<number>): Promise<void> {
    this.#ended ??= this.#end(leaving);
    return this.#ended;
  }

  async #end(leaving: ReadonlySet<number>): Promise<void> {
    this.beginEnding();
    await this.slaves.end(leaving);
    this.#abort.abort();
    await this.#closing;
    if (this.state !== 'unknown') await this.#closeHost();
    for (const tell of this.#onGone.splice(0)) tell();
  }

  // ---- what its life says

  async #open(attempt: number): Promise<void> {
    this.#attempt = attempt;
    this.#hasJoined = false;
    this.#earlyEnds = 0;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    await this.#closing;
    if (signal.aborted || this.#isEnding) return;
    try {
      const facts = await this.#params.host.open(signal);
      if (signal.aborted) return;
      this.#facts = facts;
      this.slaves.reached(facts);
      if (this.#isTold) this.#params.audit.emit({ type: 'machine-reached', machine: this.name, ...facts });
      this.#life.opened(attempt, this.#now());
    } catch (error) {
      if (!signal.aborted) this.#life.failed(attempt, messageOf(error), this.#now());
    }
  }

  #validate(attempt: number): void {
    this.#trialSid = undefined;
    if (this.#trial.kind === 'on-master') {
      void this.#take(attempt, this.#trial.judge(this.#facts as MachineFacts));
    } else if (!this.#isEnding) {
      this.slaves.add();
    }
  }

  async #take(attempt: number, judged: Promise<Verdict>): Promise<void> {
    const refusal = await judged;
    if (this.#isEnding) return;
    if (refusal === undefined) this.#life.validated(attempt, this.#now());
    else this.#life.failed(attempt, `its validation refused it: ${refusal}`, this.#now());
  }

  #admit(): void {
    this.slaves.endTrial();
    if (!this.#isEnding) this.#params.onReady();
  }

  #drain(): void {
    if (this.slaves.drain()) this.#life.drained();
  }

  /** The processes end with the way; whether they had said so or not, their tasks run elsewhere at once. */
  #close(): void {
    this.#abort.abort();
    this.slaves.abandon();
    if (this.state !== 'unknown') this.#closing = this.#closeHost();
  }

  async #closeHost(): Promise<void> {
    try {
      await waitAtMost(CLOSE_WITHIN_MS, this.#params.host.close());
    } catch (error) {
      const text = `the way to machine ${this.name} could not be closed: ${messageOf(error)}`;
      this.#params.audit.emit({ type: 'warning', text });
    }
  }

  #moved(state: MachineState, { reason, againMs }: Why): void {
    if (this.#isTold) {
      const againSeconds = againMs === undefined ? undefined : againMs / 1000;
      this.#params.audit.emit({ type: 'machine-state', machine: this.name, state, againSeconds, reason });
    }
    if (state === 'gone') for (const tell of this.#onGone.splice(0)) tell();
    this.#params.onMoved();
  }

  #slaveEnded(how: string): void {
    if (this.#isEnding) return;
    switch (this.state) {
      case 'validating':
        this.#fail(`its first slave ended before it was qualified: ${how}`);
        return;
      case 'draining':
        // Its process is still among the places
        queueMicrotask(() => {
          if (this.state === 'draining') this.#drain();
        });
        return;
      case 'ready':
        if (this.#isTold && !this.#hasJoined && ++this.#earlyEnds >= MOST_EARLY_ENDS) {
          this.#fail(`its slaves end before they join: ${how}`);
        }
        return;
      default:
    }
  }

  #fail(reason: string): void {
    if (!this.#isEnding) this.#life.failed(this.#attempt, reason, this.#now());
  }

  #now(): number {
    return this.#params.clock.now();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
