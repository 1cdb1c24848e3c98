/** A slave of a forecast: the real core, and runs that take as long as the trail says. */

import type { AlgorithmDefinition } from '../algorithms/types.js';
import { silentAudit } from '../audit/memory-trail.js';
import type { GivenTask, RunOutcome } from '../slave/core/given-task.js';
import { SlaveCore } from '../slave/core/slave-core.js';
import { Deque } from '../structures/deque.js';
import type { Hello } from '../wire/messages/messages.js';
import { SimulatedClaims } from './simulated-claims.js';
import type { TaskWork } from './task-work.js';

const RETURNED: RunOutcome = { ok: true, packet: 0 };
const THREW: RunOutcome = { ok: false, thrown: new Error('as in the trail') };

export interface SimulatedSlaveParams {
  readonly index: number;
  /** Runs at once. */
  readonly places: number;
  readonly memberId: string;
  readonly algorithms: readonly AlgorithmDefinition[];
  readonly work: TaskWork;
  readonly send: (frame: Buffer) => void;
  readonly sayHello: (hello: Hello) => void;
  /** A task has begun; `end` is called `micros` later. */
  readonly onBegin: (slave: SimulatedSlave, task: GivenTask, micros: number) => void;
}

export class SimulatedSlave {
  readonly nonce: string;
  readonly core: SlaveCore;
  readonly inbox = new Deque<Buffer>();
  /** Whether it is among those that have something to read. */
  isAddressed = false;
  readonly #places: number;
  readonly #work: TaskWork;
  readonly #onBegin: SimulatedSlaveParams['onBegin'];
  readonly #claims = new SimulatedClaims();
  #running = 0;

  constructor({ index, places, memberId, algorithms, work, send, sayHello, onBegin }: SimulatedSlaveParams) {
    this.nonce = index.toString(16).padStart(32, '0');
    this.#places = places;
    this.#work = work;
    this.#onBegin = onBegin;
    this.core = new SlaveCore({
      memberId,
      run: undefined,
      host: 'forecast',
      pid: index,
      algorithms,
      concurrency: places,
      audit: silentAudit,
      ports: {
        send: (frame) => {
          send(frame);
          return true;
        },
        sendHello: sayHello,
        nonce: () => this.nonce,
        listen() {},
        watch: () => 1,
        offer: (at) => this.#claims.isOpen(at),
        claim: (at) => this.#claims.begin(at),
        release() {},
        positions() {},
        news() {},
        startClock() {},
        kill() {},
        stopClock: () => false,
        renumbered() {},
        abort() {},
      },
    });
  }

  join(now: number): void {
    this.core.join();
    this.core.joinable(this.nonce, now);
  }

  /** Reads what has come, and begins what it may. */
  takeFrames(now: number): void {
    this.isAddressed = false;
    for (let frame = this.inbox.shift(); frame !== undefined; frame = this.inbox.shift()) {
      this.core.takeFrame(frame, now);
    }
    this.#beginAll(now);
  }

  /** A run is over. */
  end(task: GivenTask, micros: number, now: number): void {
    this.#running--;
    const outcome = this.#work.fails(task.number, task.attempt) ? THREW : RETURNED;
    if (this.#places > 1) {
      this.core.completeBeside(task, outcome, micros, now);
      this.core.sendResults(now);
    } else if (this.core.complete(task, outcome, micros, now)) {
      this.core.flush(now);
    }
    this.#beginAll(now);
  }

  /** The first task from `from` up to `to` that it gives back, with those behind it; `to` if it has begun all. */
  giveBack(from: number, to: number): number {
    return this.#claims.takeBack(from, to);
  }

  #beginAll(now: number): void {
    while (this.#running < this.#places) {
      const task = this.core.begin(now);
      if (task === undefined) break;
      this.#running++;
      this.#onBegin(this, task, this.#work.micros(task.number, task.attempt));
    }
    if (this.core.waitingResults > 0 && this.core.waitingTasks === 0) this.core.sendResults(now);
  }
}
