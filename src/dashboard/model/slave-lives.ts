/**
 * Each slave's session from its hello to its end: its numbers, its state, and how it ended. The sessions that go on, at
 * most 50,000, and the last 2,000 that have ended are kept.
 */

import type { AuditEventOf } from '../../audit/events.js';
import type { SlaveSeen } from '../messages.js';
import { Lane } from './lane.js';

type LifeState = 'connecting' | 'idle' | 'busy' | 'shutting-down' | 'gone';
type LifeEnd = 'lost' | 'left' | 'shut-down' | 'master-ended';

export interface SlaveLife {
  readonly sid: string;
  host: string;
  pid: number;
  places: number;
  kind: string;
  joinedMs: number;
  /** Of the session that this one continues. */
  previousSid: string | undefined;
  state: LifeState;
  /** Since when it has that state. */
  sinceMs: number;
  /** Why it is suspected; undefined if it is not. */
  suspicion: string | undefined;
  end: { readonly how: LifeEnd; readonly evidence: string; readonly atMs: number } | undefined;
  sent: number;
  results: number;
  computed: number;
  micros: number;
  busyMs: number;
  /** As the core had it when somebody looked last. */
  seen: SlaveSeen | undefined;
  seenMs: number;
  /** The first ones have a lane. */
  readonly lane: Lane | undefined;
}

const MOST_LIVING = 50_000;
const MOST_GONE = 2_000;
const MOST_LANES = 1_024;
/** More need not be told apart. */
const SEVERAL = 2;

export class SlaveLives {
  readonly living = new Map<string, SlaveLife>();
  /** The newest last. */
  readonly gone: SlaveLife[] = [];
  #lanes = 0;
  readonly #hosts = new Set<string>();
  /** Slaves beyond the limit. */
  unseen = 0;

  get areOnSeveralHosts(): boolean {
    return this.#hosts.size >= SEVERAL;
  }

  join(event: AuditEventOf<'slave-connecting'>, timeMs: number): void {
    const life = this.#find(event.sid, timeMs);
    if (life === undefined) return;
    life.host = event.host;
    if (this.#hosts.size < SEVERAL) this.#hosts.add(event.host);
    life.pid = event.pid;
    life.kind = event.kind;
    life.places = Math.max(1, event.concurrency ?? 1);
    life.joinedMs = timeMs;
  }

  rejoin(sid: string, previousSid: string): void {
    const life = this.living.get(sid);
    if (life !== undefined) life.previousSid = previousSid;
  }

  move(sid: string, kind: string): void {
    const life = this.living.get(sid);
    if (life !== undefined) life.kind = kind;
  }

  suspect(sid: string, evidence: string | undefined): void {
    const life = this.living.get(sid);
    if (life !== undefined) life.suspicion = evidence;
  }

  setState(sid: string, state: LifeState, timeMs: number): void {
    const life = this.#known(sid, timeMs);
    if (life === undefined || life.state === 'gone') return;
    this.#closeBusy(life, timeMs);
    life.state = state;
    life.sinceMs = timeMs;
  }

  /** It was busy for a part of a time, after which it is in this state. */
  work(sid: string, firstMs: number, lastMs: number, busyMs: number, isBusy: boolean): void {
    const life = this.#known(sid, firstMs);
    if (life === undefined) return;
    if (life.state === 'gone') {
      this.#addBusy(life, firstMs, lastMs, busyMs);
      return;
    }
    this.#closeBusy(life, firstMs);
    this.#addBusy(life, firstMs, lastMs, busyMs);
    life.state = isBusy ? 'busy' : 'idle';
    life.sinceMs = lastMs;
  }

  count(
    sid: string,
    timeMs: number,
    counts: Pick<SlaveLife, 'sent' | 'results' | 'computed' | 'micros'> & { readonly failed: number },
  ): void {
    const life = this.#known(sid, timeMs);
    if (life === undefined) return;
    life.sent += counts.sent;
    life.results += counts.results;
    life.computed += counts.computed;
    life.micros += counts.micros;
    if (counts.failed > 0) life.lane?.addFailed(timeMs, counts.failed);
  }

  look(seen: SlaveSeen, atMs: number): void {
    const life = this.living.get(seen.sid);
    if (life === undefined) return;
    life.seen = seen;
    life.seenMs = atMs;
  }

  leave(sid: string, how: LifeEnd, evidence: string, timeMs: number): void {
    const life = this.living.get(sid) ?? this.#neverSeen(sid, timeMs);
    if (life === undefined) return;
    this.#closeBusy(life, timeMs);
    life.state = 'gone';
    life.sinceMs = timeMs;
    life.end = { how, evidence, atMs: timeMs };
    this.living.delete(sid);
    this.gone.push(life);
    if (this.gone.length <= MOST_GONE) return;
    const [forgotten] = this.gone.splice(0, 1);
    if (forgotten?.lane !== undefined) this.#lanes--;
  }

  /** Sids begin again with the next master. */
  endAll(timeMs: number): void {
    for (const sid of [...this.living.keys()]) this.leave(sid, 'master-ended', 'its master ended', timeMs);
  }

  /** An end has several lines: the first counts. */
  #neverSeen(sid: string, timeMs: number): SlaveLife | undefined {
    return this.gone.some((life) => life.sid === sid) ? undefined : this.#find(sid, timeMs);
  }

  /** Results may come after the end of their slave; the newest of that sid is meant. */
  #known(sid: string, timeMs: number): SlaveLife | undefined {
    return this.living.get(sid) ?? this.gone.findLast((life) => life.sid === sid) ?? this.#find(sid, timeMs);
  }

  /** Of a slave that joined before the first line of a trail, only the sid is known. */
  #find(sid: string, timeMs: number): SlaveLife | undefined {
    const known = this.living.get(sid);
    if (known !== undefined) return known;
    if (this.living.size >= MOST_LIVING) {
      this.unseen++;
      return undefined;
    }
    const life: SlaveLife = {
      sid,
      host: 'unknown',
      pid: 0,
      places: 1,
      kind: 'unordered',
      joinedMs: timeMs,
      previousSid: undefined,
      state: 'connecting',
      sinceMs: timeMs,
      suspicion: undefined,
      end: undefined,
      sent: 0,
      results: 0,
      computed: 0,
      micros: 0,
      busyMs: 0,
      seen: undefined,
      seenMs: 0,
      lane: this.#lanes < MOST_LANES ? new Lane() : undefined,
    };
    if (life.lane !== undefined) this.#lanes++;
    this.living.set(sid, life);
    return life;
  }

  #closeBusy(life: SlaveLife, timeMs: number): void {
    if (life.state === 'busy') this.#addBusy(life, life.sinceMs, timeMs, Math.max(0, timeMs - life.sinceMs));
  }

  /** A slave that runs several tasks at once counts as busy with the first. */
  #addBusy(life: SlaveLife, fromMs: number, toMs: number, busyMs: number): void {
    life.busyMs += busyMs;
    life.lane?.addBusy(fromMs, toMs, busyMs);
  }
}
