/**
 * A slave from its start to its exit code: finds its master, joins, runs the slave algorithm, and leaves. It
 * looks up the place of the master again before each attempt, since resource files change.
 */

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CellDefinition } from '../algorithms/cell-holder.js';
import type { AlgorithmDefinition } from '../algorithms/types.js';
import type { AuditSink } from '../audit/audit-trail.js';
import type { AuditEventOf } from '../audit/events.js';
import { withoutCredentials } from '../link/connection/connect-error.js';
import type { SpareThread } from '../threads/spare-thread.js';
import { MOST_EVIDENCE } from '../wire/messages/messages.js';
import type { SlaveCore } from './core/slave-core.js';
import type { SlaveCoreEnd } from './core/slave-ports.js';
import { nameThrown } from './name-thrown.js';
import type { SlaveHandle } from './run/slave-handle.js';
import { SearchNotes } from './search-notes.js';
import { type MasterPlace, SlaveLink, type SlaveLinkParams } from './slave-link.js';

/** The wait between two attempts to connect. */
const RETRY_MS = 250;
/** The time for which a broker may say that no master listens before the slave looks for another. */
const UNHEARD_MS = 1_500;
/** The time at the end for results, for tasks in a broken process, and for a goodbye. */
const DRAIN_MS = 2_000;
const GOODBYE_MS = 1_000;
const ABORTED = Symbol('ended by its signal');

/** The known place of the master. */
export type Located =
  | ({ readonly kind: 'connect'; readonly warning?: string | undefined } & MasterPlace)
  | {
      readonly kind: 'finished';
      readonly memberId: string;
      readonly timestamp: string;
      readonly run: string;
      readonly path: string;
    }
  | { readonly kind: 'missing'; readonly message: string };

export interface ParentMaster {
  /** Its end means that the master is gone. The sentinel reads it, since main may be computing. */
  readonly pipeFd: number;
  /** While no sentinel reads the pipe. */
  readonly isGone: () => boolean;
  /** Opens a connection to the data port, if it hands them over. Rejects if there is none now. */
  readonly openStream?: ((timeoutMs: number) => Promise<Socket>) | undefined;
}

export interface SlaveParams {
  readonly locate: () => Promise<Located>;
  readonly algorithm: (slave: SlaveHandle) => unknown;
  readonly algorithms: readonly AlgorithmDefinition[];
  readonly cells?: readonly CellDefinition[] | undefined;
  readonly audit: AuditSink;
  readonly argv: readonly string[];
  readonly memberId: string;
  readonly clientTimeoutMs: number;
  /** May be Infinity. */
  readonly connectTimeoutMs: number;
  /** The number of unordered tasks that run at once; 1 by default. */
  readonly concurrency?: number | undefined;
  /** Bytes of shared values that it keeps; 512 MB by default. */
  readonly shareCache?: number | undefined;
  readonly tracer?: SlaveLinkParams['tracer'] | undefined;
  /** For a local slave: the master that started it, and its only one. */
  readonly parent?: ParentMaster | undefined;
  readonly mayKill?: boolean | undefined;
  /** A sentinel's thread that is already loading; the slave ends it if it needs none. */
  readonly spare?: SpareThread | undefined;
  readonly dataPort?: SlaveLinkParams['dataPort'] | undefined;
  readonly auditFile?: string | undefined;
  readonly auditFormat?: 'text' | 'json' | undefined;
  /** `line` by default. */
  readonly killOnStandardError?: SlaveLinkParams['killOnStandardError'] | undefined;
  /** Ends the slave, as if its algorithm had returned 255. */
  readonly signal?: AbortSignal | undefined;
}

/** The reason why a slave has no master: its last line in the audit trail. */
type SearchEnd = AuditEventOf<'slave-finished'>['outcome'];

export class Slave {
  readonly #params: SlaveParams;
  readonly #joined: Promise<void>;
  #onJoined: () => void = () => {};
  readonly #notes: SearchNotes;
  /** The last place where the slave looked for a master; undefined while no resource file names one. */
  #url: string | undefined;
  #memberId: string;
  readonly #stop = new AbortController();
  /** Belongs to the attempt that found the master. */
  #core: SlaveCore | undefined;
  /** The error that ends the process, if there is one. */
  #error: string | undefined;
  /** The descriptor is closed with the sentinel that reads it, and its number may then be another's. */
  #pipeFd: number | undefined;

  constructor(params: SlaveParams) {
    this.#params = params;
    this.#notes = new SearchNotes(params.audit);
    this.#memberId = params.memberId;
    this.#pipeFd = params.parent?.pipeFd;
    this.#joined = new Promise((resolve) => {
      this.#onJoined = resolve;
    });
  }

  /** Resolves when the slave has joined its master for the first time. */
  get joined(): Promise<void> {
    return this.#joined;
  }

  /**
   * An exception was not caught, and the process cannot be trusted any more. No task begins from now on;
   * running ones have two seconds to end. Then the slave leaves, its master learns the reason, and `run`
   * resolves with 255.
   */
  fail(thrown: unknown): void {
    this.#error ??= `uncaught ${nameThrown(thrown)}`.slice(0, MOST_EVIDENCE);
    this.#core?.leave(performance.now());
    this.#stop.abort();
  }

  /**
   * Resolves with the exit code: the return value of the slave algorithm, or 0 if the computation was
   * finished.
   */
  async run(): Promise<unknown> {
    const { signal } = this.#params;
    const stop = (): void => this.#stop.abort();
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    try {
      return await this.#run();
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async #run(): Promise<unknown> {
    const { audit } = this.#params;
    const found = await this.#findMaster().finally(() => this.#params.spare?.end());
    const memberId = this.#memberId;
    if (!(found instanceof SlaveLink)) {
      audit.emit({ type: 'slave-finished', outcome: found, memberId });
      return found === 'master-disconnect' ? 255 : 0;
    }
    this.#onJoined();
    try {
      const code = await this.#work(found);
      const outcome = found.core.end?.kind === 'shutdown' ? 'master-shutdown' : 'master-disconnect';
      audit.emit({ type: 'slave-finished', outcome, memberId });
      return code;
    } finally {
      await found.close();
    }
  }

  /** An attempt that has joined, or the result of the search. */
  async #findMaster(): Promise<SlaveLink | SearchEnd> {
    const { audit, connectTimeoutMs, parent } = this.#params;
    const { signal } = this.#stop;
    let deadline = performance.now() + connectTimeoutMs;
    while (performance.now() < deadline && !signal.aborted) {
      if (parent?.isGone()) {
        audit.emit({ type: 'master-lost', evidence: 'the process that started this slave has ended' });
        return 'master-disconnect';
      }
      const located = await this.#params.locate();
      if (located.kind === 'finished') {
        const { timestamp, run: runId, path, memberId } = located;
        this.#memberId = memberId;
        audit.emit({ type: 'resource-file-finished', timestamp, runId, path });
        return 'computation-finished';
      }
      if (located.kind === 'missing') {
        this.#notes.missing(located.message);
      } else {
        const outcome = await this.#tryToJoin(located, () => deadline);
        if (outcome.link !== undefined) return outcome.link;
        if (outcome.end !== undefined) return outcome.end;
        if (outcome.heard) deadline = performance.now() + connectTimeoutMs;
      }
      const wakesAt = performance.now() + RETRY_MS;
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      // A time in which this process stood still was no search
      deadline += Math.max(0, performance.now() - wakesAt);
    }
    const waitedSeconds = connectTimeoutMs / 1000;
    const memberId = this.#memberId;
    const [url, reason] = [this.#url, this.#notes.cause];
    if (!signal.aborted) audit.emit({ type: 'master-not-found', memberId, url, waitedSeconds, reason });
    return 'master-disconnect';
  }

  async #tryToJoin(
    place: Located & { kind: 'connect' },
    deadline: () => number,
  ): Promise<{ link?: SlaveLink; end?: SearchEnd | undefined; heard?: boolean }> {
    const { audit, algorithms, argv, clientTimeoutMs, mayKill } = this.#params;
    const { auditFile, auditFormat, concurrency, spare } = this.#params;
    const address = place.broker.urls.map(withoutCredentials).join(', ');
    this.#url = address;
    this.#memberId = place.memberId;
    if (place.warning !== undefined) this.#notes.ignored(place.warning);
    let link: SlaveLink;
    try {
      link = await SlaveLink.open({
        place,
        algorithms,
        cells: this.#params.cells,
        audit,
        argv,
        concurrency: concurrency ?? 1,
        shareCache: this.#params.shareCache,
        tracer: this.#params.tracer,
        clientTimeoutMs,
        dataPort: this.#params.dataPort,
        openStream: this.#params.parent?.openStream,
        withinMs: deadline() - performance.now(),
        takeParentPipe: () => this.#takePipe(),
        mayKill: mayKill ?? false,
        spare,
        auditFile,
        auditFormat: auditFormat ?? 'text',
        onAnswer: () => audit.emit({ type: 'connected-to-master', address }),
        killOnStandardError: this.#params.killOnStandardError ?? 'line',
      });
    } catch (error) {
      this.#notes.refused(address, error);
      return {};
    }
    this.#notes.connected(address);
    const { core } = link;
    // A master that hears but does not answer is busy; then the time to find it stops.
    const isUnheard = (): boolean =>
      link.unheardSince !== undefined && performance.now() - link.unheardSince > UNHEARD_MS;
    const isLate = (): boolean => link.unheardSince !== undefined && performance.now() > deadline();
    await link.until(
      () =>
        core.sid !== undefined ||
        core.end !== undefined ||
        link.linkLost ||
        isUnheard() ||
        isLate() ||
        this.#stop.signal.aborted,
    );
    if (core.sid !== undefined && core.end === undefined) return { link };
    if (link.linkLost) this.#notes.connectionLost();
    else if (core.end === undefined && link.unheardSince !== undefined)
      this.#notes.unheard(address, place.memberId);
    // Its close looks like a lost link.
    const heard = link.unheardSince === undefined && !link.linkLost;
    await link.close();
    if (core.end?.kind === 'refused' && (await this.#hasMovedOn(place))) return { heard };
    return { end: this.#endOfSearch(core.end), heard };
  }

  #takePipe(): number | undefined {
    const fd = this.#pipeFd;
    this.#pipeFd = undefined;
    return fd;
  }

  /** A master of the same member id may refuse the run of a resource file that was just rewritten. */
  async #hasMovedOn(place: MasterPlace): Promise<boolean> {
    const located = await this.#params.locate();
    return located.kind === 'finished' || (located.kind === 'connect' && located.run !== place.run);
  }

  /** Another master may replace a lost one; a local slave has only the master that started it. */
  #endOfSearch(end: SlaveCoreEnd | undefined): SearchEnd | undefined {
    switch (end?.kind) {
      case undefined:
        return undefined;
      case 'shutdown':
        return 'master-shutdown';
      case 'refused':
        return 'master-disconnect';
      case 'master-lost':
        return this.#params.parent === undefined ? undefined : 'master-disconnect';
      default:
        return end satisfies never;
    }
  }

  async #work(link: SlaveLink): Promise<unknown> {
    const { core, runner } = link;
    const { signal } = this.#stop;
    this.#core = core;
    const aborted = new Promise<typeof ABORTED>((resolve) => {
      if (signal.aborted) resolve(ABORTED);
      signal.addEventListener('abort', () => resolve(ABORTED), { once: true });
    });
    const returned = runner.run(this.#params.algorithm);
    let code: unknown;
    try {
      code = await Promise.race([returned, aborted]);
    } catch (thrown) {
      this.#error ??= `its slave algorithm threw ${nameThrown(thrown)}`.slice(0, MOST_EVIDENCE);
      throw thrown;
    } finally {
      if (core.end === undefined) await this.#leave(link);
    }
    if (code !== ABORTED) return code;
    // Local slaves get the shutdown and the termination signal at the same time: the first decides the exit
    // code, and the second does not interrupt the algorithm after its last task.
    if (core.end?.kind !== 'shutdown' || this.#error !== undefined) return 255;
    return core.runningTasks > 0 ? 0 : returned;
  }

  /** The slave's results should arrive, and the master should know which tasks it had begun. */
  async #leave(link: SlaveLink): Promise<void> {
    const { core } = link;
    core.leave(performance.now());
    const drainBy = performance.now() + DRAIN_MS;
    const mayGo = (): boolean => core.isDrained && (this.#error === undefined || core.runningTasks === 0);
    await link.until(() => mayGo() || core.end !== undefined || performance.now() > drainBy);
    if (core.end !== undefined || !link.goodbye(this.#error)) return;
    const answerBy = performance.now() + GOODBYE_MS;
    await link.until(() => link.farewell || core.end !== undefined || performance.now() > answerBy);
  }
}
