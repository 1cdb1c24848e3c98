/**
 * A master in its process: joins the core to the data connection, the sentinel and the clock, and gives
 * the program its handle. It decides nothing about tasks; the core does.
 */

import type { Submitter } from '../algorithms/submitter.js';
import { registerSubmitter } from '../algorithms/submitter-context.js';
import type { AlgorithmDefinition, ResolvedPolicy, TaskId } from '../algorithms/types.js';
import type { AuditSink } from '../audit/audit-trail.js';
import { UsageError } from '../errors.js';
import type { MasterCore } from './master-core.js';
import type { MasterHandle } from './master-handle.js';
import { MasterLink, type MasterLinkParams } from './master-link.js';
import { News } from './news.js';
import { ProgramSide } from './program-side.js';
import { type SlaveView, viewOf } from './slave-view.js';

/** What slaves may take to acknowledge a shutdown. */
const SHUTDOWN_WITHIN_MS = 5_000;

export interface MasterParams extends MasterLinkParams {
  readonly argv: readonly string[];
}

export class Master implements Submitter {
  readonly handle: MasterHandle;
  /** Process ids, each on its slave's machine, of slaves that have acknowledged the shutdown. */
  readonly leavingPids = new Set<number>();
  readonly #link: MasterLink;
  readonly #core: MasterCore;
  readonly #audit: AuditSink;
  readonly #unregister: () => void;
  readonly #news = new News();
  #stopped: Promise<void> | undefined;

  private constructor(params: MasterParams, link: MasterLink) {
    this.#link = link;
    this.#core = link.core;
    this.#audit = params.audit;
    this.#unregister = registerSubmitter(this);
    const program = new ProgramSide({
      core: link.core,
      news: this.#news,
      dispatchSoon: () => link.dispatchSoon(),
      isStopped: () => this.#stopped !== undefined,
      refuseIfStopped: () => this.#refuseIfStopped(),
    });
    this.handle = program.createHandle(params.argv);
    link.onNews = () => this.#news.tell();
  }

  /** Connects, makes sure that no other master of the member id lives, and begins to take slaves. */
  static async open(params: MasterParams): Promise<Master> {
    return new Master(params, await MasterLink.open(params));
  }

  // ---- the stubs' side

  submit(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string,
  ): TaskId {
    this.#refuseIfStopped();
    const taskId = this.#core.submit(definition, args, policy, undefined, place);
    this.#link.dispatchSoon();
    return taskId;
  }

  future(
    definition: AlgorithmDefinition,
    args: readonly unknown[],
    policy: ResolvedPolicy,
    place?: string,
  ): Promise<unknown> {
    this.#refuseIfStopped();
    let settler: { resolve: (packet: unknown) => void; reject: (error: Error) => void } | undefined;
    const promise = new Promise((resolve, reject) => {
      settler = { resolve, reject };
    });
    this.#core.submit(definition, args, policy, settler, place);
    this.#link.dispatchSoon();
    return promise;
  }

  targetNumber(definition: AlgorithmDefinition): number {
    return this.#core.entryOf(definition).targetNumber;
  }

  setTargetNumber(definition: AlgorithmDefinition, target: number): void {
    this.#core.entryOf(definition).targetNumber = Math.max(0, target);
  }

  pendingTasks(definition: AlgorithmDefinition): number {
    return this.#core.entryOf(definition).pending;
  }

  /** Those that have a session now, in the order in which they joined. */
  get slaves(): readonly SlaveView[] {
    return Array.from(this.#core.roster, viewOf);
  }

  // ---- the end

  /** Tells the slaves to stop and waits for their word, five seconds at the most; may be called twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { box } = this.#core;
    this.#unregister();
    this.#core.stop();
    this.#news.tell();
    for (let failure = box.takeFailure(); failure; failure = box.takeFailure()) {
      const text = `a source of submitAll failed, and nobody asked for it: ${String(failure.error)}`;
      this.#audit.emit({ type: 'error', text });
    }
    this.#core.beginShutdown();
    const deadline = performance.now() + SHUTDOWN_WITHIN_MS;
    while (this.#core.slavesToAwait > 0 && performance.now() < deadline) {
      await this.#news.wait(deadline - performance.now());
    }
    for (const slave of this.#core.roster) {
      if (slave.shutdownAcknowledged) {
        this.leavingPids.add(slave.pid);
        continue;
      }
      const waitedSeconds = SHUTDOWN_WITHIN_MS / 1000;
      this.#audit.emit({ type: 'shutdown-unanswered', sid: slave.sid, waitedSeconds });
    }
    this.#core.disconnectAll();
    await this.#link.close();
  }

  /** Evidence that a slave process has gone, such as its exit; by its process id on this machine. */
  processGone(pid: number, evidence: string): void {
    this.#link.processGone(pid, evidence);
  }

  get slavesNeeded(): number {
    return this.#link.slavesNeeded;
  }

  #refuseIfStopped(): void {
    this.#core.refuseIfFailed();
    if (this.#stopped) throw new UsageError('the master has stopped and takes no more tasks');
  }
}
