/**
 * A slave without a process and a thread of its own: the real cores, of main and of the sentinel, and
 * two real connections, as every slave has. Hundreds of them come and go in one process each second.
 */

import { randomBytes } from 'node:crypto';
import type { AlgorithmDefinition } from '../../src/algorithms/types.js';
import { silentAudit } from '../../src/audit/memory-trail.js';
import { SentinelCore } from '../../src/link/sentinel/sentinel-core.js';
import type { Positions } from '../../src/link/shared/peer-counters.js';
import type { GivenTask } from '../../src/slave/core/given-task.js';
import { SlaveCore } from '../../src/slave/core/slave-core.js';
import { parseHandshake } from '../../src/wire/messages/handshake.js';
import { Subjects } from '../../src/wire/messages/subjects.js';
import type { Session } from '../../src/wire/session/session.js';
import { RawConnection } from './raw-connection.js';
import { Watchers } from './watchers.js';

const USER = '_';
const FIRST_BRACE = 0x7b;
const DRAIN_MS = 2_000;
const GOODBYE_MS = 60_000;
const JOIN_MS = 60_000;
const RETRY_MS = 250;

export interface MasterAddress {
  readonly port: number;
  readonly token: string | undefined;
  readonly memberId: string;
  readonly run: string;
}

export class RawSlave {
  readonly core: SlaveCore;
  readonly #data: RawConnection;
  readonly #control: RawConnection;
  readonly #sentinel: SentinelCore;
  readonly #subjects: Subjects;
  readonly #watchers = new Watchers();
  #toMaster = '';
  #positions: Positions = { sent: 0, received: 0, limit: 0 };
  #begun = 0;
  #running = -1;
  #farewell = false;
  #closed = false;

  private constructor(
    { memberId, run }: MasterAddress,
    algorithms: readonly AlgorithmDefinition[],
    data: RawConnection,
    control: RawConnection,
  ) {
    this.#data = data;
    this.#control = control;
    this.#subjects = new Subjects(memberId);
    this.#sentinel = new SentinelCore({
      role: 'slave',
      memberId,
      clientTimeoutMs: 30_000,
      broker: 'embedded',
      counters: () => this.#positions,
      // Nothing is taken back from it: what it was given it runs, or loses.
      claims: {
        takeBack: (_generation, _from, to) => to,
        cancel: () => 'running',
        isRunning: () => true,
        condemn: () => false,
      },
      activity: () => ({ running: this.#running, runningMs: 0, begun: this.#begun, memoryBytes: 0 }),
    });
    this.core = this.#createCore(memberId, run, algorithms);
    for (const connection of [data, control]) connection.onFailure = () => this.#watchers.tell();
  }

  /** Resolves when the master has welcomed it. */
  static async join(address: MasterAddress, algorithms: readonly AlgorithmDefinition[]): Promise<RawSlave> {
    const [data, control] = await Promise.all([connect(address), connect(address)]);
    const slave = new RawSlave(address, algorithms, data, control);
    slave.core.join();
    await slave.#watchers.until(() => slave.core.sid !== undefined || slave.failure !== undefined, JOIN_MS);
    if (slave.core.sid === undefined) {
      slave.cut();
      throw new Error(slave.failure ?? 'no welcome came');
    }
    return slave;
  }

  /** Why it can work no more, though nobody has told it to leave. */
  get failure(): string | undefined {
    const { end } = this.core;
    if (end !== undefined && end.kind !== 'shutdown') return JSON.stringify(end);
    return this.#data.failure ?? this.#control.failure;
  }

  get isTold(): boolean {
    return this.core.end?.kind === 'shutdown';
  }

  /** Runs at most one task; true if there was one. */
  async work(): Promise<boolean> {
    const task = this.core.begin(now());
    if (task === undefined) {
      this.core.sendResults(now());
      return false;
    }
    this.#begun++;
    this.#running = task.index;
    const packet = await this.#run(task);
    this.#running = -1;
    if (this.#closed) return true;
    this.core.complete(task, { ok: true, packet }, 1_000, now());
    this.core.sendResults(now());
    return true;
  }

  /** Call it ten times per second. */
  tick(): void {
    if (this.#closed) return;
    this.core.tick(now());
    this.#sentinel.tick(now(), 0);
    this.#settle();
    this.#watchers.tell();
  }

  /** Sends its results and says goodbye; false if nobody answered. */
  async leave(): Promise<boolean> {
    this.core.leave(now());
    await this.#watchers.until(() => this.core.isDrained || this.core.end !== undefined, DRAIN_MS);
    const farewell = this.core.farewell(undefined);
    if (farewell === undefined) return false;
    const body = { command: 'bye', ...farewell } as const;
    this.#sentinel.request({ op: 'command', nonce: this.core.nonce, id: 1, body }, now());
    this.#settle();
    await this.#watchers.until(() => this.#farewell || this.core.end !== undefined, GOODBYE_MS);
    this.#closed = true;
    this.#data.close();
    this.#control.close();
    return this.#farewell;
  }

  /** Is gone, as a process that is killed. */
  cut(): void {
    this.#closed = true;
    this.#data.cut();
    this.#control.cut();
  }

  #createCore(memberId: string, run: string, algorithms: readonly AlgorithmDefinition[]): SlaveCore {
    return new SlaveCore({
      memberId,
      run,
      host: 'load',
      pid: process.pid,
      algorithms,
      audit: silentAudit,
      ports: {
        send: (frame) => this.#data.publish(this.#toMaster, frame),
        sendHello: (hello) => {
          const address = { user: USER, nonce: hello.nonce };
          const text = Buffer.from(JSON.stringify(hello));
          this.#data.publish(this.#subjects.hello(address), text, this.#subjects.toSlave(address));
        },
        nonce: () => randomBytes(16).toString('hex'),
        listen: (nonce) => this.#listen(nonce),
        watch: (session, { broker, clientTimeoutMs }) => {
          const { run, nonce, sid } = session.epoch;
          const peer = { user: USER, run, nonce, sid, slot: 0, generation: 1 };
          this.#sentinel.request({ op: 'watch', peer, broker, clientTimeoutMs }, now());
          this.#settle();
          return 1;
        },
        offer: () => true,
        claim: () => true,
        release: () => {},
        startClock: () => {},
        kill: () => {},
        stopClock: () => false,
        renumbered: () => {},
        positions: (session) => this.#notePositions(session),
        news: () => this.#watchers.tell(),
        abort: () => {},
      },
    });
  }

  #listen(nonce: string): void {
    const address = { user: USER, nonce };
    this.#toMaster = this.#subjects.toMaster(address);
    this.#data.subscribe(this.#subjects.toSlave(address), (_subject, payload, noResponders) =>
      this.#onData(payload, noResponders),
    );
    this.#control.subscribe(this.#subjects.slaveControl(address), (subject, payload, noResponders) => {
      if (noResponders) this.#sentinel.noResponders(subject, now());
      else this.#sentinel.receive(subject, payload.toString(), now());
      this.#settle();
    });
    this.#sentinel.request({ op: 'listen', user: USER, nonce }, now());
    Promise.all([this.#data.ready(), this.#control.ready()]).then(
      () => this.core.joinable(nonce, now()),
      () => {}, // the connection has failed, which says so itself
    );
  }

  #onData(payload: Buffer, noResponders: boolean): void {
    if (this.#closed || noResponders) return;
    if (payload[0] !== FIRST_BRACE) {
      this.core.takeFrame(Buffer.from(payload), now());
    } else {
      const message = parseHandshake(payload.toString());
      if (message !== undefined) this.core.takeHandshake(message, now());
    }
    this.#watchers.tell();
  }

  #notePositions({ sentThrough, receivedThrough, receiveLimit }: Session): void {
    this.#positions = { sent: sentThrough, received: receivedThrough, limit: receiveLimit };
  }

  #settle(): void {
    const { publishes, events } = this.#sentinel.take();
    for (const { subject, text, reply } of publishes) {
      this.#control.publish(subject, Buffer.from(text), reply);
    }
    for (const event of events) {
      if (event.type === 'acknowledged') this.#farewell = true;
      this.core.takeSentinelEvent(event, now());
    }
    if (events.length > 0) this.#watchers.tell();
  }

  async #run({ definition, json }: GivenTask): Promise<unknown> {
    const run = definition?.fn as ((...args: readonly unknown[]) => unknown) | undefined;
    return await run?.(...(json as readonly unknown[]));
  }
}

/** As any slave it tries again when a broker without time for it has closed the connection. */
async function connect({ port, token }: MasterAddress): Promise<RawConnection> {
  const deadline = now() + JOIN_MS;
  for (;;) {
    try {
      return await RawConnection.open(port, token);
    } catch (error) {
      if (now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function now(): number {
  return performance.now();
}
