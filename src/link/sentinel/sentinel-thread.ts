/** The sentinel's thread: joins the core to a connection of its own, to main, and to the clock. */

import { parentPort } from 'node:worker_threads';
import { ProcessorMeter, processorTime } from '../../structures/processor-meter.js';
import { waitAtMost } from '../../structures/wait-at-most.js';
import { whenRead } from '../../structures/when-read.js';
import { TURN_MS } from '../../wire/liveness.js';
import { Subjects } from '../../wire/messages/subjects.js';
import { probeBroker } from '../connection/broker-probe.js';
import { ConnectError } from '../connection/connect-error.js';
import { connectData } from '../connection/data-connection.js';
import type { DataLink, LinkStatus, MessageHandler, SentinelEvent, SentinelRequest } from '../ports.js';
import { ProfileGiver } from '../profile/profile-giver.js';
import { ProfileTaker } from '../profile/profile-taker.js';
import { SharedState } from '../shared/shared-state.js';
import { EventQueue } from './event-queue.js';
import { killProcess } from './kill-process.js';
import { watchParentPipe } from './parent-pipe.js';
import { SentinelCore } from './sentinel-core.js';
import type { FromSentinelThread, SentinelThreadData, ToSentinelThread } from './sentinel-messages.js';
import { SentinelProfiles } from './sentinel-profiles.js';
import type { Publish, SentinelCoreOptions } from './sentinel-types.js';

/** Above this size beats are dropped, oldest last: the next ones come after a second. */
const UNSENT_LIMIT = 20_000;

/** For so long evidence waits for what its peer may have said; a broker that does not answer says nothing of it. */
const EVIDENCE_WAITS_MS = 5_000;

class SentinelThread {
  readonly #data: SentinelThreadData;
  readonly #link: DataLink;
  readonly #core: SentinelCore;
  readonly #subjects: Subjects;
  readonly #events = new EventQueue();
  readonly #listening = new Map<string, () => void>();
  readonly #unconfirmed = new Set<string>();
  readonly #stopParentWatch: () => void;
  readonly #profiles: SentinelProfiles;
  #unsent: Publish[] = [];
  #mainBusy = false;
  #settling = false;
  #probing = false;
  #heedsRefusals: boolean;
  #stopped = false;
  #tickDueAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #cellsTimer: NodeJS.Timeout | undefined;
  #cellsDueAt = Number.POSITIVE_INFINITY;

  constructor(data: SentinelThreadData, link: DataLink) {
    this.#data = data;
    this.#link = link;
    this.#subjects = new Subjects(data.memberId);
    const options = coreOptions(data, link);
    this.#core = new SentinelCore(options);
    this.#profiles = new SentinelProfiles({
      record: options.profiles,
      onOrder: (order) => {
        this.#core.profile(order, performance.now());
        this.#settleSoon();
      },
      onRecorded: () => this.#settleSoon(),
    });
    this.#heedsRefusals = data.role === 'slave' && data.broker === 'embedded';
    link.onStatus((status) => this.#onStatus(status));
    this.#stopParentWatch =
      data.parentPipeFd === undefined
        ? () => {}
        : watchParentPipe(data.parentPipeFd, (evidence) => {
            this.#core.masterGone(evidence);
            this.#settleSoon();
          });
  }

  async start(): Promise<void> {
    if (this.#data.role === 'master') {
      this.#link.subscribe(this.#subjects.allMasterControl, this.#onMessage);
      await this.#link.ready();
    }
    this.#core.tick(performance.now(), 0);
    this.#scheduleTurn();
  }

  readonly #onMessage: MessageHandler = (subject, payload, info) => {
    const now = performance.now();
    if (info.noResponders) this.#core.noResponders(subject, now);
    else
      this.#core.receive(
        subject,
        Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString(),
        now,
      );
    this.#settleSoon();
  };

  #onStatus(status: LinkStatus): void {
    const now = performance.now();
    switch (status.status) {
      case 'connected':
        this.#core.connection(true, now);
        this.#confirmListening();
        break;
      case 'disconnected':
        this.#core.connection(false, now);
        break;
      case 'closed':
        if (!this.#stopped) throw new Error(`the sentinel's connection has ended: ${status.reason ?? ''}`);
        break;
      case 'error':
        if (status.error instanceof ConnectError && status.error.reason === 'credentials')
          this.#core.refused(now);
        else this.#events.push({ type: 'warning', text: status.error.message });
        break;
      case 'drained':
        break;
      default:
        status satisfies never;
    }
    this.#settleSoon();
  }

  onMain(message: Exclude<ToSentinelThread, { type: 'begin' }>): void {
    if (message.type === 'taken') {
      this.#mainBusy = false;
      for (const request of message.requests) this.#onRequest(request);
    } else if (message.type === 'profiles') this.#profiles.open(message.port);
    else this.#onRequest(message.request);
    this.#settleSoon();
  }

  #onRequest(request: SentinelRequest): void {
    if (request.op === 'evidence' && this.#link.connected) {
      void this.#hearFirst().then(() => this.#take(request));
      return;
    }
    this.#core.request(request, performance.now());
    if (request.op === 'listen') this.#listen(request.user, request.nonce);
    if (request.op === 'forget') this.#unlisten(request.nonce);
    if (request.op === 'watch') {
      this.#unlistenOthers(request.peer.nonce);
      // A refusal by a nats-server's machine says nothing about the master, and a check would appear in its
      // log.
      this.#heedsRefusals =
        this.#data.role === 'slave' && (request.broker ?? this.#data.broker) === 'embedded';
    }
    if (request.op === 'stop') void this.stop();
  }

  #take(request: SentinelRequest): void {
    if (this.#stopped) return;
    this.#core.request(request, performance.now());
    this.#settleSoon();
  }

  /**
   * A process says goodbye before it ends. Where this one or its broker stood still, both wait to be read, and
   * main's news may be read first. By its second answer the broker has passed on all that came before: it may
   * read the first question together with the goodbye.
   */
  #hearFirst(): Promise<void> {
    const heard = this.#link.ready().then(() => this.#link.ready());
    return waitAtMost(
      EVIDENCE_WAITS_MS,
      heard.catch(() => {}),
    );
  }

  #listen(user: string, nonce: string): void {
    this.#unlisten(nonce);
    const subject = this.#subjects.slaveControl({ user, nonce });
    this.#listening.set(nonce, this.#link.subscribe(subject, this.#onMessage));
    this.#unconfirmed.add(nonce);
    this.#confirmListening();
  }

  /** Tried again after a reconnection, when the client has subscribed again. */
  #confirmListening(): void {
    const nonces = [...this.#unconfirmed];
    if (nonces.length === 0) return;
    const confirm = (): void => {
      for (const nonce of nonces) {
        if (this.#unconfirmed.delete(nonce)) this.#events.push({ type: 'listening', nonce });
      }
      this.#settleSoon();
    };
    this.#link.ready().then(confirm, () => {});
  }

  #unlisten(nonce: string): void {
    this.#listening.get(nonce)?.();
    this.#listening.delete(nonce);
    this.#unconfirmed.delete(nonce);
  }

  /** A slave's earlier sessions, once it has a new one. */
  #unlistenOthers(nonce: string): void {
    for (const other of [...this.#listening.keys()]) if (other !== nonce) this.#unlisten(other);
  }

  #scheduleTurn(): void {
    const now = performance.now();
    // After a stall there is one late tick, not many in a row.
    this.#scheduleAt(Math.max(now, this.#tickDueAt + this.#core.restMs(this.#tickDueAt)), now);
  }

  /** A message or request has come, and may need a turn sooner, or have done what the next one was for. */
  #hurry(): void {
    const now = performance.now();
    const dueAt = now + this.#core.restMs(now);
    if (this.#stopped) return;
    if (dueAt < this.#tickDueAt) {
      this.#scheduleAt(dueAt, now);
    } else if (now < this.#tickDueAt && dueAt > this.#tickDueAt + TURN_MS) {
      // The next turn has become superfluous: this thread is awake now, and need not be woken for it
      this.#tickDueAt = now;
      this.#tick();
    }
  }

  #scheduleAt(dueAt: number, now: number): void {
    this.#tickDueAt = dueAt;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => whenRead(() => this.#tick()), dueAt - now);
  }

  #tick(): void {
    if (this.#stopped) return;
    const now = performance.now();
    this.#core.tick(now, Math.max(0, now - this.#tickDueAt));
    if (!this.#link.connected && this.#heedsRefusals) void this.#probe();
    this.#settle();
    this.#scheduleTurn();
  }

  /** Checks whether the broker's machine refuses connections; the client's own attempts do not say. */
  async #probe(): Promise<void> {
    if (this.#probing) return;
    this.#probing = true;
    const refused = await probeBroker(this.#data.address.urls);
    this.#probing = false;
    if (refused && !this.#stopped) this.#core.refused(performance.now());
  }

  #settleSoon(): void {
    if (this.#settling) return;
    this.#settling = true;
    queueMicrotask(() => {
      this.#settling = false;
      this.#settle();
      this.#hurry();
    });
  }

  /** Now if they are due, and when the core wants to. */
  #sendCells(): void {
    const now = performance.now();
    this.#core.sendCells(now);
    const dueAt = this.#core.cellsDueAt;
    if (dueAt === this.#cellsDueAt) return;
    this.#cellsDueAt = dueAt;
    clearTimeout(this.#cellsTimer);
    if (dueAt === Number.POSITIVE_INFINITY) return;
    this.#cellsTimer = setTimeout(
      () => {
        this.#cellsDueAt = Number.POSITIVE_INFINITY;
        this.#settle();
      },
      Math.ceil(dueAt - now),
    );
  }

  /** Carries out the core's decisions. */
  #settle(): void {
    this.#sendCells();
    const { publishes, events, kill } = this.#core.take();
    this.#send(publishes);
    for (const event of events) this.#events.push(event);
    this.#profiles.settle();
    if (kill !== undefined && this.#data.mayKill) killProcess(this.#data, kill);
    if (this.#events.size > 0 && !this.#mainBusy) this.#tell(this.#events.take());
  }

  /**
   * Messages that a slow broker has no room for wait in turns, so that not always the same peers miss theirs.
   */
  #send(publishes: readonly Publish[]): void {
    const waiting = this.#unsent.length === 0 ? publishes : this.#unsent.concat(publishes);
    let sent = 0;
    for (const { subject, text, reply } of waiting) {
      if (!this.#link.send(subject, Buffer.from(text), reply)) break;
      sent += 1;
    }
    this.#unsent = this.#link.connected ? waiting.slice(sent, sent + UNSENT_LIMIT) : [];
  }

  /** One batch at a time: events while main is busy are kept here, where newer news replaces older. */
  #tell(events: SentinelEvent[]): void {
    this.#mainBusy = true;
    post({ type: 'events', events });
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#settle();
    this.#stopped = true;
    this.#profiles.stop();
    clearTimeout(this.#timer);
    clearTimeout(this.#cellsTimer);
    this.#stopParentWatch();
    await this.#link.close();
    parentPort?.close();
  }
}

function coreOptions(
  data: SentinelThreadData,
  link: DataLink,
): SentinelCoreOptions & { readonly profiles: ProfileTaker | ProfileGiver } {
  const { role, memberId, clientTimeoutMs, broker, run } = data;
  const { counters, claims, limit, cells } = SharedState.open(data.buffers);
  const common = {
    memberId,
    clientTimeoutMs,
    broker,
    counters: (slot: number) => counters.read(slot),
    server: () => link.server,
    cells,
  };
  if (role === 'master') return { ...common, role, run, profiles: new ProfileTaker() };
  const meter = new ProcessorMeter(performance.now(), processorTime());
  const activity = () => ({
    ...claims.activity(Date.now()),
    memoryBytes: process.memoryUsage.rss(),
    processorPercent: meter.read(performance.now(), processorTime()),
  });
  const profiles = new ProfileGiver();
  return { ...common, role, claims, activity, limit: data.mayKill ? limit : undefined, profiles };
}

function post(message: FromSentinelThread): void {
  parentPort?.postMessage(message);
}

async function run(data: SentinelThreadData): Promise<void> {
  let link: DataLink;
  try {
    link = await connectData(data.address, {
      name: `ts-mw ${data.role} sentinel`,
      timeoutMs: data.connectTimeoutMs,
      refusedForGoodMs: Number.POSITIVE_INFINITY,
      // A judge that is cut off without a sign must notice it before it considers all others silent.
      pingIntervalMs: Math.max(TURN_MS, data.clientTimeoutMs / 8),
    });
  } catch (error) {
    const reason = error instanceof ConnectError ? error.reason : undefined;
    post({ type: 'failed', reason, message: error instanceof Error ? error.message : String(error) });
    parentPort?.close();
    return;
  }
  sentinel = new SentinelThread(data, link);
  await sentinel.start();
  post({ type: 'ready' });
}

let sentinel: SentinelThread | undefined;
parentPort?.on('message', (message: ToSentinelThread) => {
  if (message.type === 'begin') void run(message.data);
  else sentinel?.onMain(message);
});
