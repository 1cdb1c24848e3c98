/** The sentinel's decisions: beats, judgements, and commands in both directions; pure. */

import type { ProfileOrder } from '../../threads/profile-messages.js';
import { Liveness, type LivenessVerdict, TURN_MS } from '../../wire/liveness.js';
import {
  type Acknowledgement,
  BEAT_INTERVAL_MS,
  type Beat,
  type Command,
  type CommandMessage,
  type ControlMessage,
  type Epoch,
} from '../../wire/messages/messages.js';
import { encodeToken, parseSubject, type SessionAddress, Subjects } from '../../wire/messages/subjects.js';
import type { SentinelEvent, SentinelRequest } from '../ports.js';
import type { CellExchange } from './cell-exchange.js';
import { CellOfferer } from './cell-offerer.js';
import { CellTeller } from './cell-teller.js';
import { formatControl, parseControl } from './control-text.js';
import { MainWatch } from './main-watch.js';
import { restIntervalMs } from './rest-interval.js';
import { runCommand } from './run-command.js';
import { RunJudge } from './run-judge.js';
import { SentinelPeer } from './sentinel-peer.js';
import type { Publish, SentinelCoreOptions, SentinelOutput } from './sentinel-types.js';
import { Strangers } from './strangers.js';

/** The id of the only command that a slave's sentinel sends by itself; main's is 1. */
const OVERDUE_ID = 2;

/** The longest time between two turns of a slave's sentinel, above that between two beats of its master. */
const LONGEST_REST_MS = 5_000;

const NOTHING_YET = { sent: 0, received: 0, limit: 0, begun: 0 };

type SessionMessage = Extract<ControlMessage, Epoch>;

/**
 * A master's core has many peers: the slaves that main asked it to watch. A slave's core has one peer, its
 * master, in two phases. While it `listen`s for a welcome, it answers beats without an epoch of its own,
 * because main may be busy for long with the welcome unread. After main's `watch`, it judges and sends beats
 * by itself.
 *
 * Inputs change the state and collect outputs; `take` returns these. Times are milliseconds of one clock.
 */
export class SentinelCore {
  readonly #options: SentinelCoreOptions;
  readonly #subjects: Subjects;
  readonly #liveness: Liveness;
  readonly #peers = new Map<string, SentinelPeer>();
  /** A master's. */
  readonly #strangers: Strangers | undefined;
  readonly #main = new MainWatch();
  readonly #judge: RunJudge | undefined;
  readonly #cells: CellExchange;
  #publishes: Publish[] = [];
  #events: SentinelEvent[] = [];
  #connected = true;
  #kill: string | undefined;

  constructor(options: SentinelCoreOptions) {
    this.#options = options;
    this.#subjects = new Subjects(options.memberId);
    this.#liveness = new Liveness(options);
    const publish = (peer: SentinelPeer, message: ControlMessage): void => this.#publish(peer, message);
    this.#cells =
      options.role === 'master'
        ? new CellTeller(options.cells, publish)
        : new CellOfferer(options.cells, publish);
    if (options.role === 'master') this.#strangers = new Strangers(options.run);
    if (options.role === 'slave' && options.limit) this.#judge = new RunJudge(options.limit, options.claims);
  }

  request(request: SentinelRequest, now: number): void {
    switch (request.op) {
      case 'listen':
        this.#peers.set(request.nonce, this.#createPeer(request));
        return;
      case 'watch':
        this.#watch(request, now);
        return;
      case 'forget':
        this.#forget(request.nonce);
        return;
      case 'command':
        // The offers of its tasks count, also if it leaves before that would be due.
        if (request.body.command === 'bye' && this.#connected) this.#cells.send(now, true);
        this.#command(request.nonce, request.id, request.body, now);
        return;
      case 'cells':
        this.#cells.changed(now);
        return;
      case 'offers-taken':
        for (const [nonce, id] of request.taken) this.#cells.taken(nonce, id, now);
        this.#cells.changed(now);
        return;
      case 'evidence':
        // A departing slave's own statement is better evidence, and was read before.
        if (this.#peers.get(request.nonce)?.hasLeft === false) this.#onLost(request.nonce, request.evidence);
        return;
      case 'established':
        this.#strangers?.establish();
        return;
      case 'limited':
        this.#judge?.expect(this.#liveness.loopClock);
        return;
      case 'ending':
        this.#main.ending();
        return;
      case 'stop':
        return;
      default:
        request satisfies never;
    }
  }

  /** For a master: somebody wants a profile of a slave, or of this process. */
  profile(order: ProfileOrder, now: number): void {
    if (this.#options.role !== 'master') return;
    const peers = Array.from(this.#peers.values());
    const peer = order.slave === undefined ? undefined : peers.find(({ epoch }) => epoch.sid === order.slave);
    this.#options.profiles?.order(order, peer?.epoch, now);
    this.#turnProfiles(now);
  }

  /** A control message arrived on `subject`; a broker can be told to let only its owner use it. */
  receive(subject: string, text: string, now: number): void {
    const message = parseControl(text);
    if (!message) return;
    const { user, nonce } = parseSubject(subject);
    if (message.type === 'master-query') this.#answerQuery(subject, message.run);
    if (message.type === 'master-query' || message.type === 'master-here' || message.nonce !== nonce) return;
    const peer = this.#peers.get(nonce);
    if (message.type === 'stale') {
      if (peer && peer.user === user && this.#options.role === 'slave') this.#onStale(peer, now);
    } else if (peer && peer.user === user && peer.owns(message)) {
      if (message.type === 'beat') this.#liveness.spoke(nonce, message.server, now);
      else this.#liveness.heard(nonce, now);
      this.#onMessage(peer, message, now);
    } else if (peer && peer.user === user && peer.phase === 'listening') {
      this.#onEarlyMessage(peer, message);
    } else if (message.type !== 'ack') {
      this.#strangers?.hear(subject, nonce, message.run);
    }
  }

  /** The broker had no subscriber for a message of ours; it says so on the message's reply subject. */
  noResponders(subject: string, now: number): void {
    this.#liveness.noResponders(parseSubject(subject).nonce, now);
  }

  connection(up: boolean, now: number): void {
    this.#connected = up;
    this.#liveness.connection(up, now);
    this.#events.push({ type: 'link', connected: up });
    if (up && this.#options.role === 'slave') this.#beatAtOnce(now);
  }

  /** An attempt to reach the broker was refused, by its machine or for our credentials. */
  refused(now: number): void {
    this.#liveness.refused(now);
  }

  /** For a slave: a source other than the network says that its master is gone. */
  masterGone(evidence: string): void {
    const nonces = [...this.#peers.keys()];
    if (nonces.length === 0) this.#onLost('', evidence);
    for (const nonce of nonces) this.#onLost(nonce, evidence);
  }

  /**
   * From a turn at `turnedAt` to the next one. An input may make that due sooner. A master's beats, answers to
   * strangers and judgements are spread over all turns, but a slave has one peer, and rests between its beats
   * unless something is wrong or a run has a limit.
   */
  restMs(turnedAt: number): number {
    if (this.#options.role === 'master' || !this.#liveness.isCalm || this.#main.isWaiting) return TURN_MS;
    if (this.#judge?.isAwake(this.#liveness.loopClock)) return TURN_MS;
    let dueAt = turnedAt + LONGEST_REST_MS;
    for (const peer of this.#peers.values()) dueAt = Math.min(dueAt, peer.dueAt);
    return Math.max(1, Math.ceil(dueAt - turnedAt));
  }

  /** Called when `restMs` is over, or sooner, after all received messages. */
  tick(now: number, latenessMs: number): void {
    for (const peer of this.#peers.values()) this.#hearData(peer, now);
    for (const verdict of this.#liveness.tick(now, latenessMs)) this.#onVerdict(verdict);
    if (this.#strangers) this.#publishes.push(...this.#strangers.dismiss((nonce) => this.#peers.has(nonce)));
    this.#judgeRun(now);
    if (this.#connected) for (const peer of this.#peers.values()) this.#sendDue(peer, now);
    this.#turnProfiles(now);
    const sentence = this.#main.sentence(this.#liveness.loopClock);
    if (sentence !== undefined) this.#kill = sentence;
    this.#liveness.rest(this.restMs(now));
  }

  /** When cells have to be sent, by `sendCells`; Infinity if there is nothing, or no connection. */
  get cellsDueAt(): number {
    return this.#connected ? this.#cells.dueAt : Number.POSITIVE_INFINITY;
  }

  /** Cells go their own pace, since a turn looks at every peer. */
  sendCells(now: number): void {
    if (!this.#connected) return;
    this.#cells.send(now);
    this.#events.push(...this.#cells.handOver(now));
  }

  /** The outputs of the inputs since the last call. */
  take(): SentinelOutput {
    // Main is woken anyway; and what a slave has offered comes before the news that it is gone
    if (this.#events.length > 0) this.#events.unshift(...this.#cells.handOver());
    const output = { publishes: this.#publishes, events: this.#events, kill: this.#kill };
    this.#publishes = [];
    this.#events = [];
    this.#kill = undefined;
    return output;
  }

  /** Main cannot end a run that blocks it or ignores its signal. */
  #judgeRun(now: number): void {
    if (this.#judge === undefined) return;
    const { loopClock } = this.#liveness;
    const run = this.#main.isEnding ? undefined : this.#judge.tick(loopClock);
    if (run !== undefined) {
      for (const peer of this.#peers.values()) {
        const isItsSession = peer.phase === 'watched' && peer.generation === run.generation;
        if (isItsSession) peer.outbox.add(OVERDUE_ID, { command: 'overdue', index: run.index }, now);
      }
    }
    this.#kill ??= this.#judge.sentence(loopClock);
  }

  /**
   * Data that main has received also proves that the peer is alive, when its sentinel does not get through.
   */
  #hearData(peer: SentinelPeer, now: number): void {
    const positions = this.#options.counters(peer.slot);
    if (positions === undefined) return;
    if (this.#options.role === 'master' && !peer.isAtRest(positions)) peer.wake();
    if (positions.received <= peer.dataReceived) return;
    peer.dataReceived = positions.received;
    this.#liveness.heard(peer.nonce, now);
  }

  #createPeer(address: SessionAddress): SentinelPeer {
    const [there, here] =
      this.#options.role === 'master'
        ? ([this.#subjects.slaveControl(address), this.#subjects.masterControl(address)] as const)
        : ([this.#subjects.masterControl(address), this.#subjects.slaveControl(address)] as const);
    return new SentinelPeer(encodeToken(address.user), address.nonce, { there, here });
  }

  #watch(request: SentinelRequest & { readonly op: 'watch' }, now: number): void {
    const { peer: watched, clientTimeoutMs, broker } = request;
    if (clientTimeoutMs !== undefined) {
      this.#liveness.configure({ clientTimeoutMs, broker: broker ?? this.#options.broker });
    }
    const peer = this.#peers.get(watched.nonce) ?? this.#createPeer(watched);
    this.#peers.set(watched.nonce, peer);
    // A slave has one session: the new one now shows whether its master is alive.
    if (this.#options.role === 'slave') {
      for (const nonce of this.#peers.keys()) if (nonce !== watched.nonce) this.#forget(nonce);
    }
    peer.watch(watched, now);
    this.#cells.join(peer, now);
    this.#liveness.watch(watched.nonce, now);
    this.#sendDue(peer, now);
    // Its answer names the peer's server: a peer that dies before its next beat is then not waited for. Its
    // first beat may have come before this watch.
    this.#publish(peer, { type: 'probe', ...peer.epoch });
  }

  #forget(nonce: string): void {
    this.#peers.delete(nonce);
    if (this.#options.role === 'master') this.#options.profiles?.forget(nonce);
    this.#cells.forget(nonce);
    this.#liveness.forget(nonce);
  }

  #command(nonce: string, id: number, body: Command, now: number): void {
    const peer = this.#peers.get(nonce);
    if (!peer) return;
    peer.outbox.add(id, body, now);
    if (this.#connected) this.#sendCommands(peer, now);
  }

  #onVerdict(verdict: LivenessVerdict): void {
    switch (verdict.verdict) {
      case 'suspect':
        this.#events.push({ type: 'suspect', nonce: verdict.nonce, evidence: verdict.evidence });
        return;
      case 'cleared':
        this.#events.push({ type: 'cleared', nonce: verdict.nonce });
        return;
      case 'probe': {
        const peer = this.#peers.get(verdict.nonce);
        if (peer) this.#publish(peer, { type: 'probe', ...peer.epoch });
        return;
      }
      case 'lost':
        this.#onLost(verdict.nonce, verdict.evidence);
        return;
      default:
        verdict satisfies never;
    }
  }

  #onLost(nonce: string, evidence: string): void {
    this.#forget(nonce);
    this.#events.push({ type: 'lost', nonce, evidence });
    if (this.#options.role === 'slave') this.#main.masterGone(evidence, this.#liveness.loopClock);
  }

  #onStale(peer: SentinelPeer, now: number): void {
    this.#liveness.heard(peer.nonce, now);
    // Beats continue: their answers, or 503s, show whether the master is alive while main computes.
    if (peer.phase !== 'watched') return;
    peer.phase = 'stale';
    this.#events.push({ type: 'stale', nonce: peer.nonce });
  }

  #onMessage(peer: SentinelPeer, message: SessionMessage, now: number): void {
    switch (message.type) {
      case 'beat':
        if (this.#options.role === 'master' || this.#isNews(peer, message))
          this.#events.push(toEvent(message));
        if (this.#options.role === 'master') peer.hear(message);
        else if (peer.answersBeat(now, message.restMs)) this.#sendBeat(peer);
        return;
      case 'probe':
        this.#sendBeat(peer);
        return;
      case 'ack':
        if (peer.outbox.acknowledge(message.id)) {
          const { nonce, id, from, found } = message;
          if (this.#judge !== undefined && id === OVERDUE_ID) this.#judge.told();
          else this.#events.push({ type: 'acknowledged', nonce, id, from, found });
        }
        return;
      case 'command':
        this.#onCommand(peer, message);
        return;
      case 'cells':
      case 'offers':
        this.#cells.hear(peer, message, now);
        return;
      case 'profile':
        if (this.#options.role === 'slave' && this.#options.profiles !== undefined)
          this.#publish(peer, this.#options.profiles.hear(peer.epoch, message, now));
        return;
      case 'profile-answer':
        if (this.#options.role === 'master') this.#options.profiles?.hear(peer.nonce, message, now);
        this.#turnProfiles(now);
        return;
      default:
        message satisfies never;
    }
  }

  /** An idle main is cold: to wake it for each of its master's beats would be most of its cost. */
  #isNews(peer: SentinelPeer, beat: Beat): boolean {
    return peer.isNews(beat, this.#options.counters(peer.slot)?.received ?? 0);
  }

  /**
   * The session already exists for the master, but not yet for us: only messages that do not need main are
   * answered.
   */
  #onEarlyMessage(peer: SentinelPeer, message: SessionMessage): void {
    if (message.type === 'beat' || message.type === 'probe') {
      const { run, nonce, sid } = message;
      const server = this.#options.server?.();
      this.#publish(peer, { type: 'beat', run, nonce, sid, ...NOTHING_YET, server });
    } else if (message.type === 'command' && message.body.command === 'shutdown') {
      this.#onCommand(peer, message);
    }
  }

  #onCommand(peer: SentinelPeer, { run, nonce, sid, id, body }: CommandMessage): void {
    const outcome = peer.inbox.once(id, () => {
      // A slave that says goodbye is no longer judged; a master that does so is watched to its end.
      if (body.command === 'bye' && this.#options.role === 'master') {
        peer.hasLeft = true;
        this.#liveness.forget(nonce);
      }
      const answer = runCommand(this.#options, peer, body, (event) => this.#events.push(event));
      if (body.command === 'cancel' && body.kill && answer.found === 'running') {
        this.#judge?.kill({ generation: peer.generation, index: body.index }, body.kill);
      }
      return answer;
    });
    if (!outcome) return;
    const answer: Acknowledgement = { type: 'ack', run, nonce, sid, id, ...outcome };
    this.#publish(peer, answer);
  }

  #turnProfiles(now: number): void {
    if (this.#options.role === 'slave') {
      this.#options.profiles?.tick(now);
      return;
    }
    const asked = this.#options.profiles?.due(now);
    const peer = asked && this.#peers.get(asked.nonce);
    if (peer !== undefined && asked !== undefined) this.#publish(peer, asked.request);
  }

  #answerQuery(subject: string, asker: string): void {
    const answer = this.#strangers?.answer(subject, asker);
    if (answer === undefined) return;
    this.#publishes.push(answer);
    this.#events.push({ type: 'other-master', run: asker });
  }

  #sendDue(peer: SentinelPeer, now: number): void {
    if (peer.phase === 'listening') return;
    if (peer.beatDueAt <= now) {
      const restMs = this.#restOf(peer);
      this.#sendBeat(peer, restMs);
      peer.scheduleBeat(now, restMs);
    }
    this.#sendCommands(peer, now);
  }

  /** For a master: milliseconds to its next beat for a slave at rest, where many are watched. */
  #restOf(peer: SentinelPeer): number | undefined {
    const { role, clientTimeoutMs, counters } = this.#options;
    const positions = role === 'master' ? counters(peer.slot) : undefined;
    if (positions === undefined || !peer.isAtRest(positions)) return undefined;
    const restMs = restIntervalMs(this.#peers.size, clientTimeoutMs);
    return restMs > BEAT_INTERVAL_MS ? restMs : undefined;
  }

  /** A connection that is always cut before a beat is due would look like silence. */
  #beatAtOnce(now: number): void {
    for (const peer of this.#peers.values()) {
      peer.beatDueAt = now;
      this.#sendDue(peer, now);
    }
  }

  #sendCommands(peer: SentinelPeer, now: number): void {
    for (const { id, body } of peer.outbox.due(now)) {
      this.#publish(peer, { type: 'command', ...peer.epoch, id, body });
    }
  }

  #sendBeat(peer: SentinelPeer, restMs?: number): void {
    const positions = this.#options.counters(peer.slot) ?? NOTHING_YET;
    const activity = this.#options.role === 'slave' ? this.#options.activity() : undefined;
    const text = peer.beatText({ ...positions, ...activity, server: this.#options.server?.(), restMs });
    this.#publishes.push({ subject: peer.subjects.there, text, reply: peer.subjects.here });
  }

  #publish(peer: SentinelPeer, message: ControlMessage): void {
    const { there: subject, here: reply } = peer.subjects;
    this.#publishes.push({ subject, text: formatControl(message), reply });
  }
}

function toEvent({
  nonce,
  sent,
  received,
  limit,
  begun,
  running,
  runningMs,
  memoryBytes,
  processorPercent,
}: Beat): SentinelEvent {
  const measured = { memoryBytes, processorPercent };
  return { type: 'beat', nonce, sent, received, limit, begun, running, runningMs, ...measured };
}
