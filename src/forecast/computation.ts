/**
 * A computation under a simulated clock: the real cores of a master and of slaves, joined in memory. Nothing takes time but
 * the runs of tasks.
 */

import { DEFAULT_POLICY, resolvePolicy } from '../algorithms/policy.js';
import type { AlgorithmDefinition, ResolvedPolicy } from '../algorithms/types.js';
import { silentAudit } from '../audit/memory-trail.js';
import { MasterCore } from '../master/core/master-core.js';
import type { SlaveRecord } from '../master/model/slave-record.js';
import type { GivenTask } from '../slave/core/given-task.js';
import { Heap } from '../structures/heap.js';
import type { Command } from '../wire/messages/messages.js';
import { SimulatedSlave } from './simulated-slave.js';
import type { TaskWork } from './task-work.js';

const MEMBER_ID = 'forecast';
const RUN = '0000000000000000';
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Tasks in the jar, at most: more of them would change no decision, and take memory. */
const MOST_QUEUED = 100_000;
const TICK_MS = 100;
/** A computation in which nothing else happens meanwhile cannot end. */
const MOST_IDLE_TICKS = 1_000;

interface ComputationResult {
  /** From the first submission to the last result. */
  readonly ms: number;
  /** Of all runs. */
  readonly busyMs: number;
}

interface Ending {
  readonly at: number;
  readonly order: number;
  readonly slave: SimulatedSlave;
  readonly task: GivenTask;
  readonly micros: number;
}

/** Computes when `slaves` slaves, which run `places` tasks at once each, have done the work. */
export function compute(work: TaskWork, slaves: number, places = 1): ComputationResult {
  return new Computation(work, slaves, places).run();
}

class Computation {
  readonly #work: TaskWork;
  readonly #algorithms: readonly AlgorithmDefinition[];
  readonly #master: MasterCore;
  readonly #slaves: SimulatedSlave[] = [];
  /** Slaves as the master knows them, by their index. */
  readonly #records: SlaveRecord[] = [];
  readonly #endings = new Heap<Ending>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #addressed: SimulatedSlave[] = [];
  #toMaster: { readonly index: number; readonly frame: Buffer }[] = [];
  #commands: { readonly index: number; readonly id: number; readonly body: Command }[] = [];
  #now = 0;
  #order = 0;
  #submitted = 0;
  #dueAt = Number.POSITIVE_INFINITY;
  #tickedAt = 0;
  #sinceTick = 0;
  #busyMicros = 0;
  #lastMs = 0;

  constructor(work: TaskWork, slaves: number, places: number) {
    this.#work = work;
    this.#algorithms = work.algorithms.map(definitionOf);
    this.#master = new MasterCore({
      run: RUN,
      memberId: MEMBER_ID,
      algorithms: this.#algorithms,
      taskGroup: 'auto',
      resultGroup: 'auto',
      maxMessageBytes: MAX_MESSAGE_BYTES,
      clientTimeoutMs: 30_000,
      allowVersionSkew: false,
      broker: 'embedded',
      audit: silentAudit,
      ports: {
        send: ({ number }, frame) => {
          const slave = this.#slaves[number] as SimulatedSlave;
          slave.inbox.push(frame);
          if (!slave.isAddressed) this.#addressed.push(slave);
          slave.isAddressed = true;
          return true;
        },
        sendHandshake: ({ nonce }, message) =>
          this.#slaves[Number.parseInt(nonce, 16)]?.core.takeHandshake(message, this.#now),
        watch: (slave) => this.#records.push(slave),
        forget() {},
        condemn() {},
        command: ({ number }, id, body) => this.#commands.push({ index: number, id, body }),
        positions() {},
        news() {},
        dispatchAt: (at) => {
          this.#dueAt = at;
        },
      },
    });
    this.#allocate(slaves);
    for (let index = 0; index < slaves; index++) this.#join(index, places);
    this.#settle();
  }

  run(): ComputationResult {
    let idleTicks = 0;
    while (this.#submitted < this.#work.count || this.#master.pending > 0) {
      const next = this.#nextAt();
      if (next === Number.POSITIVE_INFINITY) {
        if (++idleTicks > MOST_IDLE_TICKS)
          throw new Error(`${this.#master.pending} tasks of a forecast are stuck`);
        this.#tickAll();
        continue;
      }
      idleTicks = 0;
      this.#now = Math.max(this.#now, next);
      const isDue = this.#dueAt <= this.#now;
      if (this.#submit() || isDue) this.#master.dispatch(this.#now);
      this.#endRuns();
      this.#settle();
      this.#tick();
    }
    return { ms: this.#lastMs, busyMs: this.#busyMicros / 1_000 };
  }

  /** With fewer slaves than the trail's tasks are addressed to, several of these are one. */
  #allocate(slaves: number): void {
    const { addressees, isDedicated } = this.#work;
    if (addressees === 0) return;
    const kind = isDedicated && slaves > addressees ? 'ordered' : 'intermingle';
    this.#master.groups.allocate(Math.min(slaves, addressees), kind);
  }

  #join(index: number, places: number): void {
    const slave: SimulatedSlave = new SimulatedSlave({
      index,
      places,
      memberId: MEMBER_ID,
      algorithms: this.#algorithms,
      work: this.#work,
      send: (frame) => this.#toMaster.push({ index, frame }),
      sayHello: (hello) => this.#master.slaves.takeHello(hello, { user: '_', nonce: slave.nonce }),
      onBegin: (slave, task, micros) => this.#begin(slave, task, micros),
    });
    this.#slaves.push(slave);
    slave.join(this.#now);
  }

  #begin(slave: SimulatedSlave, task: GivenTask, micros: number): void {
    this.#busyMicros += micros;
    this.#endings.push({ at: this.#now + micros / 1_000, order: this.#order++, slave, task, micros });
  }

  /** When something happens next; Infinity if nothing will by itself. */
  #nextAt(): number {
    const ending = this.#endings.first?.at ?? Number.POSITIVE_INFINITY;
    const submission = this.#maySubmit ? this.#work.submittedMs(this.#submitted) : Number.POSITIVE_INFINITY;
    return Math.min(ending, submission, this.#dueAt);
  }

  get #maySubmit(): boolean {
    return this.#submitted < this.#work.count && this.#master.queued < MOST_QUEUED;
  }

  /** Whether there was a task. */
  #submit(): boolean {
    const before = this.#submitted;
    while (this.#maySubmit && this.#work.submittedMs(this.#submitted) <= this.#now) {
      const at = this.#submitted++;
      const algorithm = this.#algorithms[this.#work.algorithm(at)] as AlgorithmDefinition;
      this.#master.intake.submit(algorithm, [], this.#policyOf(at));
    }
    return this.#submitted > before;
  }

  #policyOf(at: number): ResolvedPolicy {
    const addressee = this.#work.addressee(at);
    const next = this.#work.next(at);
    if (addressee === undefined && next === undefined) return DEFAULT_POLICY;
    const places = Math.min(this.#slaves.length, this.#work.addressees);
    return resolvePolicy({
      ...(addressee === undefined ? {} : { sid: `SLAVE-${addressee % places}` as const }),
      ...(next === undefined
        ? {}
        : { retryErrors: (_error, attempt) => (next[attempt - 1]?.waitMs ?? 0) / 1_000 || true }),
    });
  }

  #endRuns(): void {
    for (let next = this.#endings.first; next !== undefined; next = this.#endings.first) {
      if (next.at > this.#now) return;
      this.#endings.shift();
      this.#lastMs = next.at;
      this.#sinceTick++;
      next.slave.end(next.task, next.micros, this.#now);
    }
  }

  /** Frames and commands travel until none is under way. */
  #settle(): void {
    while (this.#toMaster.length > 0 || this.#commands.length > 0 || this.#addressed.length > 0) {
      const commands = this.#commands;
      this.#commands = [];
      for (const { index, id, body } of commands) this.#obey(index, id, body);
      const frames = this.#toMaster;
      this.#toMaster = [];
      for (const { index, frame } of frames) {
        this.#master.slaves.takeFrameOf(this.#records[index] as SlaveRecord, frame, this.#now);
      }
      if (frames.length > 0) this.#master.dispatch(this.#now);
      const addressed = this.#addressed;
      this.#addressed = [];
      for (const slave of addressed) slave.takeFrames(this.#now);
    }
    this.#master.fates.takeResults(undefined);
    if (this.#dueAt <= this.#now) this.#dueAt = Number.POSITIVE_INFINITY;
  }

  #obey(index: number, id: number, body: Command): void {
    if (body.command !== 'recall') throw new Error(`a forecast has no command ${body.command}`);
    const slave = this.#slaves[index] as SimulatedSlave;
    const from = slave.giveBack(body.from, body.to);
    this.#master.takeSentinelEvent({ type: 'acknowledged', nonce: slave.nonce, id, from }, this.#now);
  }

  /** Each looks at all slaves, so that it comes less often where there are many. */
  #tick(): void {
    if (this.#now - this.#tickedAt < TICK_MS || this.#sinceTick * 10 < this.#slaves.length) return;
    this.#tickedAt = this.#now;
    this.#sinceTick = 0;
    this.#master.tick(this.#now);
    this.#settle();
  }

  #tickAll(): void {
    this.#now += TICK_MS;
    for (const { core } of this.#slaves) core.tick(this.#now);
    this.#master.tick(this.#now);
    this.#settle();
  }
}

function definitionOf(name: string): AlgorithmDefinition {
  return {
    name,
    fn: () => undefined,
    policy: DEFAULT_POLICY,
    fingerprint: name,
    checkpoint: false,
    place: 'trail',
  };
}
