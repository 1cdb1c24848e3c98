/** A slave's process without the process: the real cores, and the slave loop with tasks that take fake time. */

import type { AlgorithmDefinition } from '../../src/algorithms/types.js';
import type { AuditSink } from '../../src/audit/audit-trail.js';
import { UsageError } from '../../src/errors.js';
import type { SentinelEvent } from '../../src/link/ports.js';
import { Claims } from '../../src/link/shared/claims.js';
import { PeerCounters } from '../../src/link/shared/peer-counters.js';
import { createCells, type SharedCells } from '../../src/link/shared/shared-state.js';
import type { GivenTask, RunOutcome } from '../../src/slave/core/given-task.js';
import type { RunTracer } from '../../src/slave/core/run-trace.js';
import { SlaveCore } from '../../src/slave/core/slave-core.js';
import { LONGEST_REST_MS, TICK_MS } from '../../src/slave/core/ticker.js';
import { SlaveCells } from '../../src/slave/run/slave-cells.js';
import { parseHandshake } from '../../src/wire/messages/handshake.js';
import type { OfferedPort } from '../../src/wire/messages/messages.js';
import { Subjects } from '../../src/wire/messages/subjects.js';
import { decodeValue } from '../../src/wire/values/codec.js';
import { CELLS } from './cell-check.js';
import { EventLoop } from './event-loop.js';
import type { Connection, LinkStatus, Network, Payload } from './network.js';
import type { SimulatedCopies } from './simulated-copies.js';
import { SimulatedLimit } from './simulated-limit.js';
import { MEMBER_ID } from './simulated-master.js';
import type { PortSide, SimulatedPort } from './simulated-port.js';
import { SimulatedSentinel } from './simulated-sentinel.js';
import { checkShares, SHARE_CACHE } from './simulated-shares.js';
import { ALGORITHMS, outcomeOf, type Work, workOf } from './simulated-work.js';

/** As in the slave's loops: a turn as long as this is given up between two messages of results. */
const TURN_MS = 5;
/** The time that results, runs after an exception, and a goodbye may take at the end. */
const DRAIN_MS = 2_000;
const GOODBYE_MS = 1_000;
/** By then the process has ended. */
const HALT_MS = 10_000;
const FIRST_BRACE = 0x7b;
const USER = '_';
/** No program may ever see it: a program that aborts a run wants nothing of it. */
const ABORTED: RunOutcome = { ok: false, thrown: new Error('aborted') };

export interface SimulatedSlaveParams {
  readonly network: Network;
  readonly audit: AuditSink;
  /** Tells processes apart. */
  readonly pid: number;
  /** Those of the seeds by default. */
  readonly algorithms?: readonly AlgorithmDefinition[];
  /** The work of a task; by default its argument says so, and its shared values are those of the seeds. */
  readonly workOf?: (task: GivenTask) => Work;
  readonly tracer?: RunTracer | undefined;
  /** How many tasks it runs side by side. */
  readonly concurrency: number;
  /** To which it is connected. */
  readonly server?: string | undefined;
  /** Connects to a data port of the master, if there is one. */
  readonly dial?: ((secret: string, side: PortSide) => SimulatedPort | undefined) | undefined;
  /** Reads those of its machine. */
  readonly copies?: SimulatedCopies | undefined;
  /** A data port was lost, or left since it carried nothing. */
  readonly onPort?: (what: 'lost' | 'left') => void;
  /** A task begins. */
  readonly onBegin?: (slave: SimulatedSlave, task: GivenTask) => void;
  /** The process has ended: told to, killed, or for the reason that its core names. */
  readonly onExit?: (slave: SimulatedSlave, cause: string) => void;
}

export class SimulatedSlave {
  readonly pid: number;
  readonly core: SlaveCore;
  readonly main: EventLoop;
  readonly connection: Connection;
  readonly sentinel: SimulatedSentinel;
  readonly cells: SlaveCells;
  /** Why the process ended; undefined while it lives. */
  exited: string | undefined;
  readonly #params: SimulatedSlaveParams;
  readonly #network: Network;
  readonly #givenWorkOf: SimulatedSlaveParams['workOf'];
  readonly #subjects = new Subjects(MEMBER_ID);
  #toMaster = '';
  /** The port that the session's welcome has offered, and the connection there. */
  #offered: OfferedPort | undefined;
  #port: SimulatedPort | undefined;
  #unsubscribe: (() => void) | undefined;
  #running: GivenTask | undefined;
  readonly #works = new WeakMap<GivenTask, Work>();
  readonly #refused = new WeakMap<Work, UsageError>();
  /** Where several may run: those that wait. */
  readonly #beside = new Set<GivenTask>();
  /** Runs that its sentinel has condemned by their claims. */
  readonly #condemned = new Set<string>();
  readonly #limit = new SimulatedLimit(() => this.#now);
  #waiting = false;
  #turnBegan = 0;
  /** When it says goodbye at the latest; Infinity when it has, 0 while it stays. */
  #leavesBy = 0;
  /** When the core is ticked next, at the earliest: as the product's ticker does it. */
  #tickAt = 0;
  #leavesFor = '';
  #error: string | undefined;

  constructor(params: SimulatedSlaveParams) {
    const { network, audit, pid, concurrency, server } = params;
    const { scheduler, chance } = network;
    this.#params = params;
    this.#givenWorkOf = params.workOf;
    this.#network = network;
    this.pid = pid;
    this.main = new EventLoop(scheduler);
    const claims = new Claims();
    const shared = createCells(CELLS.map(({ name }) => name)) as SharedCells;
    this.cells = new SlaveCells({
      definitions: CELLS,
      shared,
      wake: () => this.sentinel.request({ op: 'cells' }),
    });
    const counters = new PeerCounters(1);
    const slot = counters.allocate();
    const onStatus = (status: LinkStatus): void => {
      if (status === 'connected') {
        this.core.reconnected(this.#now);
      } else if (status === 'drained') {
        this.core.flush(this.#now);
      }
      this.#wake();
    };
    this.connection = network.connect(`pid ${pid}`, this.main, onStatus, server);
    this.sentinel = new SimulatedSentinel({
      name: `the sentinel of pid ${pid}`,
      network,
      server,
      main: this.main,
      options: {
        role: 'slave',
        memberId: MEMBER_ID,
        clientTimeoutMs: 30_000,
        broker: 'external',
        counters: (slot) => counters.read(slot),
        cells: shared,
        claims: {
          takeBack: (generation, from, to) => claims.takeBack(generation, from, to),
          cancel: (generation, index) => claims.cancel(generation, index),
          isRunning: (generation, index) => claims.isRunning(generation, index),
          condemn: (generation, index) => {
            const condemned = claims.condemn(generation, index);
            if (condemned) this.#condemned.add(`${generation}/${index}`);
            return condemned;
          },
        },
        activity: () => ({ ...claims.activity(this.#now), memoryBytes: 0 }),
        limit: this.#limit,
      },
      onEvent: (event) => this.#onSentinel(event),
      onKill: (evidence) => this.kill(`its sentinel: ${evidence}`),
    });
    this.core = new SlaveCore({
      memberId: MEMBER_ID,
      run: undefined,
      host: 'simulated',
      pid,
      algorithms: params.algorithms ?? ALGORITHMS,
      concurrency,
      shareCache: SHARE_CACHE,
      tracer: params.tracer,
      audit,
      ports: {
        send: (frame) =>
          this.core.isOnPort
            ? (this.#port?.slave.send(frame) ?? false)
            : this.connection.send(this.#toMaster, frame),
        readCopy: params.copies?.readerFor(
          () => this.main,
          () => this.core.flush(this.#now),
        ),
        leavePort: () => {
          this.#params.onPort?.('left');
          this.#closePort();
          this.core.losePort(this.#now);
        },
        sendHello: (hello) => {
          const address = { user: USER, nonce: hello.nonce };
          const payload = Buffer.from(JSON.stringify(hello));
          this.connection.send(this.#subjects.hello(address), payload, this.#subjects.toSlave(address));
        },
        nonce: () => {
          let nonce = '';
          while (nonce.length < 32) nonce += chance.between(0, 15).toString(16);
          return nonce;
        },
        listen: (nonce) => this.#listen(nonce),
        takeOffers: () => this.cells.takeOffers(),
        setCells: (values) => this.cells.takeSet(values),
        watch: (session, { broker, clientTimeoutMs, cells }) => {
          this.cells.welcome(cells);
          const { run, nonce, sid } = session.epoch;
          const generation = claims.reset();
          const peer = { user: USER, run, nonce, sid, slot, generation };
          this.sentinel.request({ op: 'watch', peer, broker, clientTimeoutMs });
          return generation;
        },
        offer: (index) => claims.offer(index),
        claim: (index) => claims.begin(index, this.#now),
        release: (index) => claims.finish(index),
        positions: ({ sentThrough, receivedThrough, receiveLimit }) =>
          counters.set(slot, sentThrough, receivedThrough, receiveLimit),
        wantTick: () => {
          this.#tickAt = Math.min(this.#tickAt, this.#now + TICK_MS);
        },
        news: () => this.#wake(),
        startClock: (task) => this.#limit.start(task),
        kill: (task, afterMs) => this.#limit.kill(task, afterMs),
        stopClock: (task) => this.#limit.stop(task),
        renumbered: () => this.#limit.renumbered(),
        abort: (task) => this.#abort(task),
      },
    });
    this.main.every(TICK_MS, () => {
      if (this.#now >= this.#tickAt) {
        this.core.tick(this.#now);
        this.#tickAt = this.#now + Math.min(this.core.restMs, LONGEST_REST_MS);
      }
      if (this.#leavesBy > 0 && this.#leavesBy < Number.POSITIVE_INFINITY) this.#sayGoodbye();
      if (this.core.waitingTasks > 0) this.#wake();
    });
    this.core.join();
  }

  /** SIGSTOP. */
  freeze(): void {
    this.main.freeze();
    this.sentinel.loop.freeze();
  }

  /** SIGCONT. */
  thaw(): void {
    this.sentinel.loop.thaw();
    this.main.thaw();
  }

  /** Whether it is in the midst of that task. */
  get running(): readonly GivenTask[] {
    return this.#running === undefined ? [...this.#beside] : [...this.#beside, this.#running];
  }

  runs(taskId: string): boolean {
    return this.running.some(({ number }) => taskId === `TASK-${number}`);
  }

  get isFrozen(): boolean {
    return this.main.isFrozen;
  }

  /** A signal is heard, or the slave algorithm returns, whatever runs; not while a task computes. */
  leave(): void {
    if (this.main.isFree) this.#goAway('goodbye', undefined);
  }

  /** Nobody catches an exception. */
  fail(): void {
    if (this.main.isFree) this.#goAway('exception', 'uncaught RangeError: too far');
  }

  #goAway(cause: string, error: string | undefined): void {
    this.core.leave(this.#now);
    if (this.#leavesBy > 0) return;
    this.#leavesFor = cause;
    this.#error = error;
    this.#leavesBy = this.#now + DRAIN_MS;
    this.#sayGoodbye();
  }

  /** Once its results have arrived, or that takes too long. */
  #sayGoodbye(): void {
    const mayGo = this.core.isDrained && (this.#error === undefined || this.core.runningTasks === 0);
    if (this.#now < this.#leavesBy && !mayGo) return;
    const { nonce } = this.core;
    const farewell = this.core.farewell(this.#error);
    if (farewell !== undefined) {
      this.sentinel.request({ op: 'command', nonce, id: 1, body: { command: 'bye', ...farewell } });
    }
    this.#leavesBy = Number.POSITIVE_INFINITY;
    this.#network.scheduler.after(GOODBYE_MS, () => this.main.deliver(() => this.kill(this.#leavesFor)));
  }

  /** SIGKILL; of the whole machine when the broker is told so late. */
  kill(cause: string, brokerNoticesAfterMs = 0): void {
    if (this.exited !== undefined) return;
    this.exited = cause;
    this.main.end();
    if (brokerNoticesAfterMs === 0) this.#closePort();
    this.connection.close(brokerNoticesAfterMs);
    this.sentinel.end(brokerNoticesAfterMs);
    this.#params.onExit?.(this, cause);
  }

  get #now(): number {
    return this.#network.scheduler.now;
  }

  #listen(nonce: string): void {
    this.#unsubscribe?.();
    this.#offered = undefined;
    this.#closePort();
    const address = { user: USER, nonce };
    this.#toMaster = this.#subjects.toMaster(address);
    const subject = this.#subjects.toSlave(address);
    this.#unsubscribe = this.connection.subscribe(subject, (_subject, payload, noResponders) => {
      if (!noResponders) this.#onMessage(payload);
    });
    this.sentinel.request({ op: 'listen', user: USER, nonce });
  }

  /** Main's subscription must stand too before the master can answer, at once or after a reconnection. */
  #joinWhenReady(nonce: string): void {
    this.connection.ready(() => this.core.joinable(nonce, this.#now));
  }

  #onMessage(payload: Payload): void {
    if (payload[0] !== FIRST_BRACE) {
      this.core.takeFrame(payload as Buffer, this.#now);
      this.#wake();
      return;
    }
    const message = parseHandshake(payload.toString());
    if (message === undefined) return;
    const isJoining = this.core.sid === undefined;
    this.core.takeHandshake(message, this.#now);
    if (!isJoining || this.core.sid === undefined || message.type !== 'welcome') return;
    this.#offered = message.dataPort;
    this.#dialSoon();
  }

  /** Ports come and go as often as they can. */
  #dialSoon(): void {
    const offered = this.#offered;
    const { dial } = this.#params;
    if (offered === undefined || dial === undefined) return;
    const { scheduler, chance } = this.#network;
    scheduler.after(chance.pick([1, 20, 300, 2_000]), () =>
      this.main.deliver(() => {
        if (this.#offered !== offered || this.#port !== undefined) return;
        const port = dial(offered.secret, {
          loop: this.main,
          onFrame: (frame) => {
            this.core.takeFrameOfPort(frame, this.#now);
            this.#wake();
          },
          onDrained: () => this.core.flush(this.#now),
          onLost: () => {
            this.#params.onPort?.('lost');
            this.#port = undefined;
            this.core.losePort(this.#now);
            this.#dialSoon();
          },
        });
        if (port === undefined) return;
        this.#port = port;
        this.core.takePort(this.#now);
      }),
    );
  }

  #closePort(): void {
    this.#port?.slave.close();
    this.#port = undefined;
  }

  get port(): SimulatedPort | undefined {
    return this.#port;
  }

  #onSentinel(event: SentinelEvent): void {
    if (event.type === 'listening') {
      this.#joinWhenReady(event.nonce);
      return;
    }
    if (event.type === 'acknowledged' && this.#leavesBy === Number.POSITIVE_INFINITY) {
      this.kill(this.#leavesFor);
      return;
    }
    if (event.type === 'lost') this.sentinel.request({ op: 'ending' });
    this.core.takeSentinelEvent(event, this.#now);
    this.#wake();
  }

  // ---- the slave loop

  /** Goes on in a turn of its own, as the promise of a loop that waits for news does. */
  #wake(): void {
    if (this.#waiting || this.#running !== undefined || this.exited !== undefined) {
      this.#leaveIfOver();
      return;
    }
    this.#waiting = true;
    this.main.deliver(() => {
      this.#waiting = false;
      this.#turnBegan = this.#now;
      if (this.#params.concurrency > 1) this.#runBeside();
      else this.#runAll();
    });
  }

  #runAll(): void {
    for (let task = this.core.begin(this.#now); task !== undefined; task = this.core.begin(this.#now)) {
      if (this.#run(task)) return;
      if (this.#complete(task) && this.#now - this.#turnBegan >= TURN_MS) {
        this.#wake();
        return;
      }
    }
    const isStuck = this.core.waitingTasks === 0 || this.core.isWaitingForShares;
    if (this.core.waitingResults > 0 && isStuck) this.core.sendResults(this.#now);
    this.#leaveIfOver();
  }

  /** True when the task goes on in time. */
  #run(task: GivenTask): boolean {
    const work = this.#workOf(task);
    this.#params.onBegin?.(this, task);
    if (work.ms === 0 && !isDeadly(work)) return false;
    this.#running = task;
    const then = (): void => {
      if (this.#takesAlong(task)) return;
      if (this.#running !== task || this.#halts(task)) return;
      this.#running = undefined;
      this.#turnBegan = work.waits ? this.#now : this.#turnBegan;
      if (this.#complete(task) && this.#now - this.#turnBegan >= TURN_MS) this.#wake();
      else this.#runAll();
    };
    if (work.waits) {
      this.core.sendResults(this.#now);
      this.#network.scheduler.after(work.ms, () => this.main.deliver(then));
    } else {
      this.main.block(work.ms, then);
    }
    return true;
  }

  /** Results are sent first; then as many tasks begin as may. */
  #runBeside(): void {
    this.core.sendResults(this.#now);
    for (let task = this.core.begin(this.#now); task !== undefined; task = this.core.begin(this.#now)) {
      const work = this.#workOf(task);
      const { ms, waits } = work;
      this.#params.onBegin?.(this, task);
      if (waits && ms > 0) this.#runWaiting(task);
      else if (ms === 0 && !isDeadly(work)) this.#complete(task);
      else {
        this.#runBlocking(task);
        return;
      }
    }
    if (this.core.waitingResults > 0) this.core.sendResults(this.#now);
    this.#leaveIfOver();
  }

  #runWaiting(task: GivenTask): void {
    const work = this.#workOf(task);
    this.#beside.add(task);
    if (this.core.waitingResults > 0) this.core.sendResults(this.#now);
    const then = (): void => {
      if (!this.#beside.has(task) || this.#takesAlong(task)) return;
      this.#endBeside(task, this.#outcomeOf(work));
    };
    this.#network.scheduler.after(work.ms, () => this.main.deliver(then));
  }

  #endBeside(task: GivenTask, outcome: RunOutcome): void {
    if (this.#halts(task)) return;
    this.#beside.delete(task);
    this.core.completeBeside(task, outcome, this.#workOf(task).ms * 1000, this.#now);
    this.#wake();
  }

  /** Its signal is aborted, which some tasks heed that wait. */
  #abort(task: GivenTask): void {
    const work = this.#workOf(task);
    if (!work.heeds || !work.waits || isDeadly(work)) return;
    this.main.deliver(() => {
      if (this.#beside.has(task)) this.#endBeside(task, ABORTED);
      if (this.#running !== task || this.#halts(task)) return;
      this.#running = undefined;
      this.#turnBegan = this.#now;
      if (this.core.complete(task, ABORTED, work.ms * 1000, this.#now)) this.core.flush(this.#now);
      this.#runAll();
    });
  }

  /** True when the task ends its process; it never ends itself. */
  #takesAlong(task: GivenTask): boolean {
    const { kind } = this.#workOf(task);
    const cause = `killed by TASK-${task.number}`;
    if (kind === 'kill') this.kill(cause);
    else if (kind === 'quit') this.#goAway(cause, undefined);
    else if (kind === 'fail') this.#goAway(cause, cause);
    else return false;
    return true;
  }

  /** All others stand still meanwhile. */
  #runBlocking(task: GivenTask): void {
    this.#running = task;
    this.main.block(this.#workOf(task).ms, () => {
      if (this.#takesAlong(task)) return;
      if (this.#halts(task)) return;
      this.#running = undefined;
      this.#complete(task);
      this.#runBeside();
    });
  }

  /** Main stops at the end of a run that is too late, until the sentinel ends the process. */
  #halts(task: GivenTask): boolean {
    const isCondemned = this.#condemned.has(`${task.generation}/${task.index}`);
    if (!isCondemned && !this.#limit.holds(task)) return false;
    this.main.block(HALT_MS, () => {});
    return true;
  }

  /** Its arguments, decoded once, with the shared values that it was given; an error if it cannot have these. */
  #workOf(task: GivenTask): Work {
    if (this.#givenWorkOf !== undefined) return this.#givenWorkOf(task);
    const known = this.#works.get(task);
    if (known !== undefined) return known;
    let work = workOf(task);
    try {
      const args = decodeValue(task.json, task.meta, task.raws, 'allowed', this.core.sharesOf(task));
      const [decoded, ...values] = args as [Work, ...unknown[]];
      checkShares(decoded.mark, values);
      work = decoded;
    } catch (error) {
      // Of a task that has its fate: the program must never see it
      const { cause } = error as Error;
      if (!(cause instanceof UsageError)) throw error;
      this.#refused.set(work, cause);
    }
    this.#works.set(task, work);
    return work;
  }

  #outcomeOf(work: Work): RunOutcome {
    const refused = this.#refused.get(work);
    return refused === undefined ? outcomeOf(work) : { ok: false, thrown: refused };
  }

  #complete(task: GivenTask): boolean {
    const work = this.#workOf(task);
    const sent = this.core.complete(task, this.#outcomeOf(work), work.ms * 1000, this.#now);
    if (sent) this.core.flush(this.#now);
    return sent;
  }

  #leaveIfOver(): void {
    const { end } = this.core;
    const isRunning = this.#running !== undefined || this.#beside.size > 0;
    if (end === undefined || (isRunning && end.kind === 'shutdown')) return;
    // The process closes its connections in its own time.
    this.main.deliver(() =>
      this.kill(end.kind === 'master-lost' ? `master lost: ${end.evidence}` : end.kind),
    );
  }
}

function isDeadly({ kind }: Work): boolean {
  return kind !== 'return' && kind !== 'throw';
}
