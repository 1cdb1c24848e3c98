/**
 * A master and its slaves in one process, joined in memory without faults and without a clock of their
 * own: what the master's decisions cost, apart from sockets. Only the master's calls are timed.
 */

import { DEFAULT_POLICY } from '../src/algorithms/policy.js';
import type { AlgorithmDefinition, ResolvedPolicy } from '../src/algorithms/types.js';
import { silentAudit } from '../src/audit/memory-trail.js';
import { SimulatedClaims } from '../src/forecast/simulated-claims.js';
import { MasterCore } from '../src/master/core/master-core.js';
import type { SlaveRecord } from '../src/master/model/slave-record.js';
import { SlaveCore } from '../src/slave/core/slave-core.js';
import { Deque } from '../src/structures/deque.js';
import type { Command } from '../src/wire/messages/messages.js';
import type { SessionAddress } from '../src/wire/messages/subjects.js';

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const TICK_MS = 100;
/** How many frames of one task one read of a socket brings. */
const FRAMES_A_READ = 64;
/** Each sentinel's beat reaches the other main once per second: every tenth tick. */
const TICKS_PER_BEAT = 10;

export const noOp: AlgorithmDefinition = {
  name: 'no-op',
  fn: (n: number) => n,
  policy: DEFAULT_POLICY,
  fingerprint: 'the same',
  checkpoint: true,
  place: 'here',
};

export interface MemoryClusterOptions {
  readonly slaves: number;
  readonly group: number | 'auto';
  /** The computing time that a slave reports for a task. */
  readonly taskMicros: number;
  /** How many tasks a slave ends in a tenth of a second. */
  readonly tasksPerTick: number;
  /** The packet of each result; the task's own argument by default. */
  readonly packet?: Uint8Array | undefined;
}

interface MemorySlave {
  readonly core: SlaveCore;
  readonly address: SessionAddress;
  readonly inbox: Deque<Buffer>;
  readonly claims: SimulatedClaims;
}

export class MemoryCluster {
  readonly master: MasterCore;
  /** Milliseconds spent in the master so far. */
  masterMs = 0;
  completed = 0;
  /** Frames that travelled, either way. */
  frames = 0;
  /** Whether the program takes its results. */
  reads = true;
  readonly #options: MemoryClusterOptions;
  /** By the numbers of their sids. */
  readonly #slaves: MemorySlave[] = [];
  /** How the master knows them. */
  readonly #records: SlaveRecord[] = [];
  readonly #toMaster: { readonly number: number; readonly frame: Buffer }[] = [];
  readonly #commands: { readonly number: number; readonly id: number; readonly body: Command }[] = [];
  #now = 0;
  #ticks = 0;
  #submitted = 0;

  constructor(options: MemoryClusterOptions) {
    this.#options = options;
    this.master = new MasterCore({
      run: '0123456789abcdef',
      memberId: 'bench',
      algorithms: [noOp],
      taskGroup: options.group,
      resultGroup: options.group,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      clientTimeoutMs: 30_000,
      allowVersionSkew: false,
      broker: 'embedded',
      audit: silentAudit,
      ports: {
        send: ({ number }, frame) => {
          this.frames++;
          this.#slaves[number]?.inbox.push(frame);
          return true;
        },
        sendHandshake: ({ nonce }, message) =>
          this.#slaves[Number.parseInt(nonce, 16)]?.core.takeHandshake(message, this.#now),
        watch: (slave) => this.#records.push(slave),
        forget: () => {},
        condemn: () => {},
        command: ({ number }, id, body) => this.#commands.push({ number, id, body }),
        positions: () => {},
        news: () => {},
      },
    });
    for (let index = 0; index < options.slaves; index++) this.#join(index);
    this.#settle();
  }

  submit(count: number, policies: readonly ResolvedPolicy[] = [DEFAULT_POLICY]): void {
    const began = performance.now();
    for (let i = 0; i < count; i++) {
      this.master.intake.submit(noOp, [this.#submitted++], policies[i % policies.length] as ResolvedPolicy);
    }
    this.masterMs += performance.now() - began;
  }

  /** A tenth of a second of the cluster's time: slaves work, frames travel, both sides tick. */
  step(): void {
    this.#time(() => this.master.dispatch(this.#now));
    // A task that a slave ends now was given to it a tenth of a second ago, as the master will see.
    this.#now += TICK_MS;
    this.#ticks++;
    for (const slave of this.#slaves) {
      this.#work(slave);
      // Read while they are fresh, as from a socket, not when thousands have been written.
      if (this.#toMaster.length >= FRAMES_A_READ) this.#deliver();
    }
    this.#settle();
    if (this.#ticks % TICKS_PER_BEAT === 0) this.#beat();
    for (const { core } of this.#slaves) core.tick(this.#now);
    this.#time(() => this.master.tick(this.#now));
    this.#takeFates();
  }

  /** The program wakes for what a read has brought. */
  #takeFates(): void {
    if (!this.reads) return;
    const fates = this.#time(() => this.master.fates.takeResults(undefined));
    this.completed += fates.length;
  }

  #join(index: number): void {
    const nonce = index.toString(16).padStart(32, '0');
    const address = { user: '_', nonce };
    const send = (frame: Buffer): boolean => {
      this.frames++;
      this.#toMaster.push({ number: index, frame });
      return true;
    };
    const claims = new SimulatedClaims();
    const core = new SlaveCore({
      memberId: 'bench',
      run: undefined,
      host: 'host',
      pid: index,
      algorithms: [noOp],
      audit: silentAudit,
      ports: {
        send,
        sendHello: (hello) => this.master.slaves.takeHello(hello, address),
        nonce: () => nonce,
        listen: () => {},
        watch: () => 1,
        offer: (index) => claims.isOpen(index),
        claim: (index) => claims.begin(index),
        release: () => {},
        positions: () => {},
        news: () => {},
        startClock: () => {},
        kill: () => {},
        stopClock: () => false,
        renumbered: () => {},
        abort: () => {},
      },
    });
    this.#slaves.push({ core, address, inbox: new Deque(), claims });
    core.join();
    core.joinable(nonce, this.#now);
  }

  #work({ core, inbox }: MemorySlave): void {
    const { tasksPerTick, taskMicros, packet } = this.#options;
    this.#takeFrames(core, inbox);
    for (let run = 0; run < tasksPerTick; run++) {
      const task = core.begin(this.#now);
      if (task === undefined) break;
      const [argument] = task.json as readonly unknown[];
      core.complete(task, { ok: true, packet: packet ?? argument }, taskMicros, this.#now);
    }
    core.sendResults(this.#now);
  }

  #takeFrames(core: SlaveCore, inbox: Deque<Buffer>): void {
    for (let frame = inbox.shift(); frame !== undefined; frame = inbox.shift()) {
      core.takeFrame(frame, this.#now);
    }
  }

  /** Frames and commands travel until none is under way: credit is asked for and granted within a step. */
  #settle(): void {
    while (this.#toMaster.length > 0 || this.#commands.length > 0) {
      for (const { number, id, body } of this.#commands.splice(0)) this.#obey(number, id, body);
      while (this.#toMaster.length > 0) this.#deliver();
      for (const { core, inbox } of this.#slaves) this.#takeFrames(core, inbox);
    }
  }

  /** One read of the master's socket. */
  #deliver(): void {
    const read = this.#toMaster.splice(0, FRAMES_A_READ);
    this.#time(() => {
      for (const { number, frame } of read) {
        this.master.slaves.takeFrameOf(this.#records[number] as SlaveRecord, frame, this.#now);
      }
      this.master.dispatch(this.#now);
    });
    this.#takeFates();
  }

  #obey(number: number, id: number, body: Command): void {
    if (body.command !== 'recall') throw new Error(`a cluster without an end was told to ${body.command}`);
    const { address, claims } = this.#slaves[number] as MemorySlave;
    const from = claims.takeBack(body.from, body.to);
    const { nonce } = address;
    this.#time(() => this.master.takeSentinelEvent({ type: 'acknowledged', nonce, id, from }, this.#now));
  }

  #beat(): void {
    for (const { address } of this.#slaves) {
      const slave = this.master.roster.find(address);
      if (slave === undefined) throw new Error('a slave was lost in a cluster without faults');
      const { receivedThrough: sent, sentThrough: received } = slave.session;
      const beat = { type: 'beat', nonce: address.nonce, sent, received, limit: 0 } as const;
      this.#time(() => this.master.takeSentinelEvent(beat, this.#now));
    }
  }

  #time<T>(work: () => T): T {
    const began = performance.now();
    const value = work();
    this.masterMs += performance.now() - began;
    return value;
  }
}
