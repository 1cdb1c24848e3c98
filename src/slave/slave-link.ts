/** One attempt to be a slave of one master: the connection, the sentinel and the core, joined. */

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import type { CellDefinition } from '../algorithms/cell-holder.js';
import type { AlgorithmDefinition } from '../algorithms/types.js';
import type { AuditSink } from '../audit/audit-trail.js';
import { subjectUser } from '../link/connection/credentials.js';
import { connectData, connectOnce } from '../link/connection/data-connection.js';
import { portAddress } from '../link/connection/port-address.js';
import { PortLoss } from '../link/port-loss.js';
import type { BrokerAddress, DataLink, LinkStatus, SentinelEvent, SentinelHandle } from '../link/ports.js';
import { startSentinel } from '../link/sentinel/sentinel.js';
import { SharedState } from '../link/shared/shared-state.js';
import { whenRead } from '../structures/when-read.js';
import type { SpareThread } from '../threads/spare-thread.js';
import { parseHandshake } from '../wire/messages/handshake.js';
import { Subjects } from '../wire/messages/subjects.js';
import type { RunTracer } from './core/run-trace.js';
import { SlaveCore } from './core/slave-core.js';
import { TICK_MS, Ticker } from './core/ticker.js';
import { killLine, killNotice } from './kill-line.js';
import { PortDialer } from './port-dialer.js';
import { RunClock } from './run/run-clock.js';
import { SlaveCells } from './run/slave-cells.js';
import { SlaveRunner } from './run/slave-handle.js';
import { readCopy } from './shares/read-copy.js';
import { ShareFolder } from './shares/share-folder.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** With less time, no broker would be found, however little time is left. */
const LEAST_CONNECT_TIMEOUT_MS = 500;
const FIRST_BRACE = 0x7b;

/** The place of a slave's master. */
export interface MasterPlace {
  readonly broker: BrokerAddress;
  readonly memberId: string;
  readonly run: string | undefined;
}

export interface SlaveLinkParams {
  readonly place: MasterPlace;
  readonly algorithms: readonly AlgorithmDefinition[];
  readonly cells?: readonly CellDefinition[] | undefined;
  readonly audit: AuditSink;
  readonly argv: readonly string[];
  readonly concurrency: number;
  readonly shareCache?: number | undefined;
  readonly tracer?: RunTracer | undefined;
  readonly clientTimeoutMs: number;
  /** The data port to dial, if it is not the one that the master offers; or none at all. */
  readonly dataPort?: number | 'none' | undefined;
  /** Opens a connection to it, if the starter of this process hands them over. Rejects if there is none now. */
  readonly openStream?: ((timeoutMs: number) => Promise<Socket>) | undefined;
  /** The rest of the time to find a master; may be Infinity. */
  readonly withinMs: number;
  /** Called once a sentinel can read it: the pipe whose end says that the master is gone, if any. */
  readonly takeParentPipe: () => number | undefined;
  /**
   * Whether the sentinel may kill this process, if its master is gone or a run exceeds its limit, and main
   * does not react.
   */
  readonly mayKill: boolean;
  /** The pipe for the sentinel, if it is still there. */
  readonly spare: SpareThread | undefined;
  /** The file to which the sentinel appends the line about a kill. */
  readonly auditFile: string | undefined;
  readonly auditFormat: 'text' | 'json';
  /** Called before the first message of a master is accepted, welcome or refusal. */
  readonly onAnswer: () => void;
  /** The text about a kill on standard error: that line, if no file has it; a notice; or nothing. */
  readonly killOnStandardError: 'line' | 'notice' | 'nothing';
}

export class SlaveLink {
  readonly core: SlaveCore;
  readonly runner: SlaveRunner;
  readonly #link: DataLink;
  readonly #audit: AuditSink;
  readonly #sentinel: SentinelHandle;
  readonly #port: PortDialer;
  readonly #ticker: Ticker;
  readonly #clock: RunClock;
  readonly #files = new ShareFolder();
  readonly #listeners = new Set<() => void>();
  /** The time when the broker last said that no master listens; undefined if one does. */
  unheardSince: number | undefined;
  linkLost = false;
  #closing = false;
  #saidGoodbye = false;
  readonly #loss: PortLoss;
  #answered = false;
  readonly #onAnswer: () => void;

  private constructor(
    params: SlaveLinkParams,
    user: string,
    link: DataLink,
    sentinel: SentinelHandle,
    shared: SharedState,
  ) {
    this.#link = link;
    this.#audit = params.audit;
    this.#onAnswer = params.onAnswer;
    this.#sentinel = sentinel;
    const { place, algorithms, audit, concurrency, dataPort } = params;
    const { memberId } = place;
    const subjects = new Subjects(memberId);
    const { claims, counters, limit } = shared;
    this.#clock = new RunClock({
      limit,
      clock: now,
      onLimited: () => sentinel.request({ op: 'limited' }),
      abort: (task) => this.runner.abort(task, 'TimeoutError'),
      abandon: params.mayKill ? undefined : (task) => this.runner.abandon(task),
    });
    const cells =
      shared.cells &&
      new SlaveCells({
        definitions: params.cells ?? [],
        shared: shared.cells,
        wake: () => sentinel.request({ op: 'cells' }),
      });
    const slot = counters.allocate();
    let toMaster = '';
    let unsubscribe: (() => void) | undefined;
    this.core = new SlaveCore({
      memberId,
      run: place.run,
      host: hostname(),
      pid: process.pid,
      algorithms,
      concurrency,
      shareCache: params.shareCache,
      tracer: params.tracer,
      audit,
      ports: {
        files: this.#files,
        readCopy: (file, room, { onRead, onEnd }) =>
          readCopy(file, room, {
            onRead,
            onEnd: (isRead) => {
              onEnd(isRead);
              this.core.flush(now());
            },
          }),
        send: (frame) => (this.core.isOnPort ? this.#port.send(frame) : link.send(toMaster, frame)),
        leavePort: () => {
          this.#port.leave();
          this.#onPortLost();
        },
        sendHello: (hello) => {
          const address = { user, nonce: hello.nonce };
          const payload = Buffer.from(JSON.stringify(hello));
          link.send(subjects.hello(address), payload, subjects.toSlave(address));
        },
        nonce: () => randomBytes(16).toString('hex'),
        listen: (nonce) => {
          unsubscribe?.();
          this.#port.close();
          const address = { user, nonce };
          toMaster = subjects.toMaster(address);
          unsubscribe = link.subscribe(subjects.toSlave(address), (_subject, payload, { noResponders }) =>
            this.#onMessage(payload, noResponders),
          );
          sentinel.request({ op: 'listen', user, nonce });
        },
        watch: (session, { broker, clientTimeoutMs, dataPort: offered, cells: values }) => {
          cells?.welcome(values);
          const { run, nonce, sid } = session.epoch;
          if (offered !== undefined && dataPort !== 'none') {
            const [toMaster, toSlave] = [
              subjects.toMaster({ user, nonce }),
              subjects.toSlave({ user, nonce }),
            ];
            this.#port.offer({ offered, toMaster, toSlave });
          }
          const generation = claims.reset();
          const peer = { user, run, nonce, sid, slot, generation };
          sentinel.request({ op: 'watch', peer, broker, clientTimeoutMs });
          return generation;
        },
        offer: (index) => claims.offer(index),
        claim: (index) => claims.begin(index, Date.now()),
        release: (index) => claims.finish(index),
        startClock: (task) => this.#clock.start(task),
        kill: (task, afterMs) => this.#clock.kill(task, afterMs),
        stopClock: (task) => this.#clock.stop(task),
        renumbered: () => this.#clock.renumbered(),
        takeOffers: cells && (() => cells.takeOffers()),
        setCells: cells && ((values) => cells.takeSet(values)),
        positions: ({ sentThrough, receivedThrough, receiveLimit }) =>
          counters.set(slot, sentThrough, receivedThrough, receiveLimit),
        wantTick: () => this.#ticker.soon(),
        news: () => this.#news(),
        abort: (task) => this.runner.abort(task, 'AbortError'),
      },
    });
    this.#loss = new PortLoss({
      isOver: () => this.core.end !== undefined || this.#saidGoodbye || this.#closing,
      tell: () => audit.emit({ type: 'data-port-lost', peer: 'MASTER' }),
    });
    this.#port = new PortDialer({
      addressOf: (offered) =>
        portAddress(place.broker, typeof dataPort === 'number' ? { ...offered, port: dataPort } : offered),
      connect: async (address, timeoutMs) => {
        const stream = await params.openStream?.(timeoutMs).catch(() => undefined);
        return await connectOnce(address, { name: `ts-mw slave ${process.pid}`, timeoutMs, stream });
      },
      onTaken: () => {
        this.#loss.settle();
        audit.emit({ type: 'data-port-taken', peer: 'MASTER' });
        this.core.takePort(now());
      },
      onFrame: (frame) => {
        this.core.takeFrameOfPort(frame, now());
        this.#news();
      },
      onDrained: () => this.core.flush(now()),
      onLost: () => this.#onPortLost(),
      now,
      later,
      onUnreachable: (url, reason) => audit.emit({ type: 'data-port-unreachable', url, reason }),
    });
    this.runner = new SlaveRunner({ core: this.core, argv: params.argv, clock: now, cells });
    link.onStatus((status) => this.#onLink(status));
    sentinel.onEvent((event) => this.#onSentinel(event));
    this.#ticker = new Ticker({ tick: () => this.#tick(), later: laterWhenRead });
    this.core.join();
  }

  /** Connects once; rejects with a JoinError that says why the broker is not available. */
  static async open(params: SlaveLinkParams): Promise<SlaveLink> {
    const { place, clientTimeoutMs, withinMs } = params;
    const name = `ts-mw slave ${process.pid}`;
    const timeoutMs = Math.min(CONNECT_TIMEOUT_MS, Math.max(LEAST_CONNECT_TIMEOUT_MS, withinMs));
    const user = subjectUser(place.broker);
    const link = await connectData(place.broker, { name, timeoutMs });
    const shared = SharedState.create({ peers: 1, cells: params.cells?.map(({ name }) => name) });
    try {
      const sentinel = await startSentinel({
        role: 'slave',
        address: place.broker,
        memberId: place.memberId,
        clientTimeoutMs,
        broker: 'external',
        shared,
        parentPipeFd: params.takeParentPipe(),
        mayKill: params.mayKill,
        spare: params.spare,
        auditFile: params.auditFile,
        killLine: killLine(params.auditFormat),
        killNotice: noticeOf(params.killOnStandardError),
      });
      return new SlaveLink(params, user, link, sentinel, shared);
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  /** Resolves when `condition` holds; it is checked on all news, at least ten times per second. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      this.#ticker.soon();
      look();
    });
  }

  /**
   * Tells the master that this slave leaves, by itself or because of an `error`, and which tasks it had
   * begun. False while there is no session to leave.
   */
  goodbye(error: string | undefined): boolean {
    const farewell = this.core.farewell(error);
    if (farewell === undefined) return false;
    const { nonce } = this.core;
    this.#sentinel.request({ op: 'command', nonce, id: 1, body: { command: 'bye', ...farewell } });
    this.#saidGoodbye = true;
    return true;
  }

  /** Set when the master has answered `goodbye`. */
  farewell = false;

  #onPortLost(): void {
    this.#loss.note();
    this.core.losePort(now());
  }

  /** Ends everything that this attempt has opened. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#ticker.close();
    this.#sentinel.request({ op: 'ending' });
    this.#clock.close();
    this.runner.close();
    this.#port.close();
    this.#files.close();
    await Promise.all([this.#sentinel.stop(), this.#link.close()]);
  }

  #onMessage(payload: Uint8Array, noResponders: boolean): void {
    if (this.#closing) return;
    if (noResponders) {
      this.unheardSince ??= now();
      return;
    }
    const frame = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    if (frame[0] !== FIRST_BRACE) {
      this.core.takeFrame(frame, now());
      this.#news();
      return;
    }
    const message = parseHandshake(frame.toString());
    if (message === undefined) return;
    if (!this.#answered) this.#onAnswer();
    this.#answered = true;
    this.core.takeHandshake(message, now());
  }

  #onSentinel(event: SentinelEvent): void {
    // Messages that arrive while the connection closes can no longer be answered.
    if (this.#closing) return;
    switch (event.type) {
      case 'listening': {
        // Main's subscription must also be active before the master can answer. When the connection breaks
        // instead, the client subscribes again before it reports that it is back.
        const joinable = (): void => this.core.joinable(event.nonce, now());
        this.#link.ready().then(joinable, joinable);
        return;
      }
      case 'lost':
        this.#sentinel.request({ op: 'ending' });
        break;
      case 'acknowledged':
        this.farewell = true;
        break;
      case 'warning':
        this.#audit.emit({ type: 'warning', text: event.text });
        return;
      case 'crashed':
        this.#audit.emit({ type: 'error', text: `the sentinel ended: ${event.error.message}` });
        this.#masterLost('its own sentinel ended');
        return;
      default:
        break;
    }
    this.core.takeSentinelEvent(event, now());
    // A task that still runs may take hours, and no master is left to dial
    if (this.core.end !== undefined) this.#port.close();
    this.#news();
  }

  #onLink(status: LinkStatus): void {
    switch (status.status) {
      case 'connected':
        this.core.reconnected(now());
        return;
      case 'drained':
        this.core.flush(now());
        return;
      case 'closed':
        // We close it only at our own end; otherwise the client no longer retries.
        if (status.reason !== undefined) this.#masterLost(status.reason);
        this.#onLinkLost();
        return;
      case 'disconnected':
        this.#onLinkLost();
        return;
      case 'error':
        this.#audit.emit({ type: 'warning', text: status.error.message });
        return;
      default:
        status satisfies never;
    }
  }

  #masterLost(evidence: string): void {
    this.core.takeSentinelEvent({ type: 'lost', nonce: this.core.nonce, evidence }, now());
  }

  #onLinkLost(): void {
    this.linkLost = true;
    this.#news();
  }

  /**
   * The slave loop is woken only for tasks that wait: they may have waited for results to leave. Listeners may
   * wait for a time.
   */
  #tick(): number {
    this.core.tick(now());
    if (this.core.waitingTasks > 0) this.runner.wake();
    for (const look of this.#listeners) look();
    return this.#listeners.size > 0 ? TICK_MS : this.core.restMs;
  }

  #news(): void {
    this.runner.wake();
    for (const look of this.#listeners) look();
  }
}

function noticeOf(shown: SlaveLinkParams['killOnStandardError']): string | undefined {
  if (shown === 'line') return undefined;
  return shown === 'notice' ? killNotice() : '';
}

function later(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** After a stall of this thread, an answer that waits comes before the judgement that there was none. */
function laterWhenRead(run: () => void, ms: number): () => void {
  let isOver = false;
  const cancel = later(() => whenRead(() => isOver || run()), ms);
  return () => {
    isOver = true;
    cancel();
  };
}

function now(): number {
  return performance.now();
}
