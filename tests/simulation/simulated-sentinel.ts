/** A sentinel's thread without the thread: the real core on a simulated loop with a connection of its own. */

import type { SentinelEvent, SentinelRequest } from '../../src/link/ports.js';
import { EventQueue } from '../../src/link/sentinel/event-queue.js';
import { SentinelCore } from '../../src/link/sentinel/sentinel-core.js';
import type { SentinelCoreOptions } from '../../src/link/sentinel/sentinel-types.js';
import { TURN_MS } from '../../src/wire/liveness.js';
import { Subjects } from '../../src/wire/messages/subjects.js';
import { EventLoop } from './event-loop.js';
import type { Connection, Handler, LinkStatus, Network } from './network.js';

export interface SimulatedSentinelParams {
  /** For traces. */
  readonly name: string;
  readonly network: Network;
  readonly main: EventLoop;
  readonly options: SentinelCoreOptions;
  readonly server?: string | undefined;
  readonly onEvent: (event: SentinelEvent) => void;
  /** The master is gone and main computes on. */
  readonly onKill: (evidence: string) => void;
}

export class SimulatedSentinel {
  readonly loop: EventLoop;
  readonly connection: Connection;
  readonly core: SentinelCore;
  readonly #params: SimulatedSentinelParams;
  readonly #subjects: Subjects;
  readonly #events = new EventQueue();
  readonly #listening = new Map<string, () => void>();
  readonly #unconfirmed = new Set<string>();
  #mainBusy = false;
  #turnedAt = 0;
  #cellsDueAt = Number.POSITIVE_INFINITY;

  constructor(params: SimulatedSentinelParams) {
    const { network, options, server } = params;
    const { scheduler } = network;
    this.#params = params;
    this.#subjects = new Subjects(options.memberId);
    this.core = new SentinelCore({ ...options, server: () => this.connection.server });
    this.loop = new EventLoop(scheduler);
    const onStatus = (status: LinkStatus): void => {
      if (status === 'refused') this.core.refused(scheduler.now);
      else if (status !== 'drained') this.core.connection(status === 'connected', scheduler.now);
      if (status === 'connected') for (const nonce of this.#unconfirmed) this.#confirmListening(nonce);
      this.#settle();
    };
    this.connection = network.connect(params.name, this.loop, onStatus, server);
    if (!this.connection.connected) this.core.connection(false, scheduler.now);
    if (options.role === 'master')
      this.connection.subscribe(this.#subjects.allMasterControl, this.#onMessage);
    this.core.tick(scheduler.now, 0);
    this.#turnedAt = scheduler.now;
    this.loop.every(TURN_MS, (latenessMs) => {
      if (this.#turnedAt + this.core.restMs(this.#turnedAt) > scheduler.now) return;
      this.core.tick(scheduler.now, latenessMs);
      this.#turnedAt = scheduler.now - latenessMs;
      this.#settle();
    });
  }

  /** Main's: posted, not called. */
  request(request: SentinelRequest): void {
    this.#post(this.loop, () => {
      this.core.request(request, this.#now);
      if (request.op === 'listen') this.#listen(request.user, request.nonce);
      if (request.op === 'forget') this.#unlisten(request.nonce);
      if (request.op === 'watch') this.#unlistenOthers(request.peer.nonce);
      this.#settle();
    });
  }

  end(noticeAfterMs = 0): void {
    this.loop.end();
    this.connection.close(noticeAfterMs);
  }

  readonly #onMessage: Handler = (subject, payload, noResponders) => {
    if (noResponders) this.core.noResponders(subject, this.#now);
    else this.core.receive(subject, payload.toString(), this.#now);
    this.#settle();
  };

  get #now(): number {
    return this.#params.network.scheduler.now;
  }

  #listen(user: string, nonce: string): void {
    this.#unlisten(nonce);
    const subject = this.#subjects.slaveControl({ user, nonce });
    this.#listening.set(nonce, this.connection.subscribe(subject, this.#onMessage));
    this.#unconfirmed.add(nonce);
    this.#confirmListening(nonce);
  }

  /** Tried again after a reconnection, when the client has subscribed again. */
  #confirmListening(nonce: string): void {
    this.connection.ready((stands) => {
      if (!stands || !this.#unconfirmed.delete(nonce)) return;
      this.#events.push({ type: 'listening', nonce });
      this.#settle();
    });
  }

  #unlisten(nonce: string): void {
    this.#listening.get(nonce)?.();
    this.#listening.delete(nonce);
    this.#unconfirmed.delete(nonce);
  }

  #unlistenOthers(nonce: string): void {
    for (const other of [...this.#listening.keys()]) if (other !== nonce) this.#unlisten(other);
  }

  #settle(): void {
    this.#sendCells();
    const { publishes, events, kill } = this.core.take();
    for (const { subject, text, reply } of publishes) this.connection.send(subject, text, reply);
    for (const event of events) this.#events.push(event);
    if (kill !== undefined) this.#params.onKill(kill);
    if (this.#events.size > 0 && !this.#mainBusy) this.#tell(this.#events.take());
  }

  #sendCells(): void {
    this.core.sendCells(this.#now);
    const dueAt = this.core.cellsDueAt;
    if (dueAt >= this.#cellsDueAt || dueAt === Number.POSITIVE_INFINITY) return;
    this.#cellsDueAt = dueAt;
    this.#params.network.scheduler.at(Math.ceil(dueAt), () => {
      this.#cellsDueAt = Number.POSITIVE_INFINITY;
      this.loop.deliver(() => this.#settle());
    });
  }

  /** One batch at a time, as the thread does it. */
  #tell(events: readonly SentinelEvent[]): void {
    this.#mainBusy = true;
    this.#post(this.#params.main, () => {
      for (const event of events) this.#params.onEvent(event);
      this.#post(this.loop, () => {
        this.#mainBusy = false;
        this.#settle();
      });
    });
  }

  #post(to: EventLoop, job: () => void): void {
    this.#params.network.scheduler.after(0, () => to.deliver(job));
  }
}
