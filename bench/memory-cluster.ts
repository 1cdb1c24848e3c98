/**
 * A master and its slaves in one process, joined in memory without faults and without a clock of their
 * own: what the master's decisions cost, apart from sockets. Only the master's calls are timed.
 */

import { DEFAULT_POLICY } from '../src/algorithms/policy.js';
import type { AlgorithmDefinition, ResolvedPolicy } from '../src/algorithms/types.js';
import { silentAudit } from '../src/audit/memory-trail.js';
import { MasterCore } from '../src/master/master-core.js';
import { SlaveCore } from '../src/slave/slave-core.js';
import type { SessionAddress } from '../src/wire/subjects.js';

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const TICK_MS = 100;
/** How many frames of one task one read of a socket brings. */
const FRAMES_A_READ = 64;
/** Each sentinel's beat reaches the other main once a second: every tenth tick. */
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
  /** What a task is said to have taken. */
  readonly taskMicros: number;
  /** How many tasks a slave ends in a tenth of a second. */
  readonly tasksPerTick: number;
  /** What a result carries; the task's own argument by default. */
  readonly packet?: Uint8Array | undefined;
}

interface MemorySlave {
  readonly core: SlaveCore;
  readonly address: SessionAddress;
  readonly inbox: Buffer[];
}

export class MemoryCluster {
  readonly master: MasterCore;
  /** Milliseconds spent in the master so far. */
  masterMs = 0;
  completed = 0;
  /** Whether the program takes its results. */
  reads = true;
  readonly #options: MemoryClusterOptions;
  readonly #slaves = new Map<string, MemorySlave>();
  readonly #toMaster: { readonly address: SessionAddress; readonly frame: Buffer }[] = [];
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
        send: ({ nonce }, frame) => {
          this.#slaves.get(nonce)?.inbox.push(frame);
          return true;
        },
        sendHandshake: ({ nonce }, message) =>
          this.#slaves.get(nonce)?.core.takeHandshake(message, this.#now),
        watch: () => {},
        forget: () => {},
        command: () => {},
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
      this.master.submit(noOp, [this.#submitted++], policies[i % policies.length] as ResolvedPolicy);
    }
    this.masterMs += performance.now() - began;
  }

  /** A tenth of a second of the cluster's time: slaves work, frames travel, both sides tick. */
  step(): void {
    this.#now += TICK_MS;
    this.#ticks++;
    this.#time(() => this.master.dispatch(this.#now));
    for (const slave of this.#slaves.values()) this.#work(slave);
    this.#settle();
    if (this.#ticks % TICKS_PER_BEAT === 0) this.#beat();
    for (const { core } of this.#slaves.values()) core.tick(this.#now);
    this.#time(() => this.master.tick(this.#now));
    if (!this.reads) return;
    const fates = this.#time(() => this.master.box.takeResults(undefined));
    this.completed += fates.length;
  }

  #join(index: number): void {
    const nonce = index.toString(16).padStart(32, '0');
    const address = { user: '_', nonce };
    const send = (frame: Buffer): boolean => {
      this.#toMaster.push({ address, frame });
      return true;
    };
    const core = new SlaveCore({
      memberId: 'bench',
      run: undefined,
      host: 'host',
      pid: index,
      algorithms: [noOp],
      audit: silentAudit,
      ports: {
        send,
        sendHello: (hello) => this.master.takeHello(hello, address),
        nonce: () => nonce,
        listen: () => {},
        watch: () => 1,
        offer: () => true,
        claim: () => true,
        release: () => {},
        positions: () => {},
        news: () => {},
        startClock: () => {},
        stopClock: () => false,
        abort: () => {},
      },
    });
    this.#slaves.set(nonce, { core, address, inbox: [] });
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

  #takeFrames(core: SlaveCore, inbox: Buffer[]): void {
    if (inbox.length > 0) for (const frame of inbox.splice(0)) core.takeFrame(frame, this.#now);
  }

  /** Frames travel until none is under way: credit is asked for and granted within a step. */
  #settle(): void {
    while (this.#toMaster.length > 0) {
      for (const read of inReads(this.#toMaster.splice(0))) {
        this.#time(() => {
          for (const { address, frame } of read) this.master.takeFrame(address, frame, this.#now);
          this.master.dispatch(this.#now);
        });
      }
      for (const { core, inbox } of this.#slaves.values()) this.#takeFrames(core, inbox);
    }
  }

  #beat(): void {
    for (const { address } of this.#slaves.values()) {
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

function* inReads<T>(frames: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < frames.length; at += FRAMES_A_READ) yield frames.slice(at, at + FRAMES_A_READ);
}
