/** One seed: a program that calls collections on a simulated cluster, whose answers are those of the calls of arrays. */

import { registerSubmitter } from '../../src/algorithms/submitter-context.js';
import type { AuditEvent } from '../../src/audit/events.js';
import { formatText } from '../../src/audit/format/text-format.js';
import { pmap, pmapInto, pmapSettled } from '../../src/collections/pmap.js';
import { pmapIterable } from '../../src/collections/pmap-iterable.js';
import { pmapReduce, preduce, preducePartial } from '../../src/collections/preduce.js';
import { pcount, pfind, premove } from '../../src/collections/psearch.js';
import { TaskError } from '../../src/errors.js';
import { type Faulty, inventWeather, scheduleFaults } from './faults.js';
import { must } from './invariants.js';
import { CALM, FIRST_SERVER, Network, SECOND_SERVER } from './network.js';
import { Chance, Scheduler } from './scheduler.js';
import { SimulatedMaster } from './simulated-master.js';
import {
  isThird,
  join,
  letterOf,
  notSeventh,
  PART_ALGORITHMS,
  POISON,
  square,
  workOfPart,
} from './simulated-parts.js';
import type { SimulatedPort } from './simulated-port.js';
import { SimulatedSlave } from './simulated-slave.js';
import { SimulatedSubmitter, withFakeTime } from './simulated-submitter.js';

const FAULTY_MS = 15_000;
/** A poison takes a slave along for each of its runs, each death found within some seconds. */
const DONE_WITHIN_MS = 300_000;
/** More than any seed has misfortunes. */
const MANY_ATTEMPTS = 40;
/** Enough that only poison uses them up. */
const POISON_ATTEMPTS = 12;

export class CollectionsCluster implements Faulty {
  readonly scheduler = new Scheduler();
  readonly chance: Chance;
  readonly network: Network;
  readonly master: SimulatedMaster;
  /** How often each event of the audit trails came. */
  readonly counts = new Map<string, number>();
  isCutOff = false;
  readonly #submitter: SimulatedSubmitter;
  readonly #trace: ((line: string) => void) | undefined;
  #slaves: SimulatedSlave[] = [];
  #nextPid = 1;
  /** Calls that have no answer yet, by what they are. */
  readonly #open = new Set<string>();
  #begun = 0;
  #failure: unknown;

  constructor(seed: number, trace?: (line: string) => void) {
    const chance = new Chance(seed);
    this.chance = chance;
    this.#trace = trace;
    this.network = new Network({ scheduler: this.scheduler, chance, pendingLimitBytes: 512 * 1024 });
    this.master = new SimulatedMaster({
      network: this.network,
      audit: { emit: (event) => this.#onEvent('master', event) },
      algorithms: PART_ALGORITHMS,
      taskGroup: chance.pick(['auto', 1, 7]),
      clientTimeoutMs: 3_000,
      // Parts with many errors must be cut to fit
      maxMessageBytes: chance.pick([8_192, 1024 * 1024]),
      offersPorts: chance.happens(0.7),
    });
    this.#submitter = new SimulatedSubmitter(this.master, this.scheduler);
  }

  someSlave(): SimulatedSlave | undefined {
    const awake = this.#slaves.filter((slave) => !slave.isFrozen);
    return awake.length === 0 ? undefined : this.chance.pick(awake);
  }

  somePort(): SimulatedPort | undefined {
    const ports = this.#slaves.flatMap(({ port }) => (port === undefined ? [] : [port]));
    return ports.length === 0 ? undefined : this.chance.pick(ports);
  }

  note(who: string, event?: AuditEvent): void {
    const text = event === undefined ? '' : formatText(event, 0).slice('MM/DD/YYYY HH:MM:SS [A]'.length);
    this.#trace?.(`${String(this.scheduler.now).padStart(7)} ${who}${text}`);
  }

  async run(): Promise<void> {
    const { chance, scheduler, network, master } = this;
    for (let count = chance.between(1, 3); count > 0; count--) this.#startSlave();
    for (let count = chance.between(0, 3); count > 0; count--) {
      scheduler.after(chance.between(100, FAULTY_MS / 2), () => this.#startSlave());
    }
    network.weather = inventWeather(chance);
    scheduleFaults(this, FAULTY_MS);
    scheduler.at(FAULTY_MS, () => this.#clearUp());
    for (let count = chance.between(3, 6); count > 0; count--) {
      const call = chance.pick(CALLS);
      scheduler.after(chance.between(0, FAULTY_MS / 2), () => master.main.deliver(() => this.#begin(call)));
    }
    const unregister = registerSubmitter(this.#submitter);
    try {
      await withFakeTime(scheduler, master, () => this.#untilDone());
    } finally {
      unregister();
    }
    const { core } = master;
    must(core.pending === 0 && core.queued === 0, `${core.pending} tasks are left after all calls`);
    must(core.demand.isIdle(undefined), 'results are left after all calls');
  }

  async #untilDone(): Promise<void> {
    const { scheduler } = this;
    const end = scheduler.now + DONE_WITHIN_MS;
    const isDone = (): boolean => this.#open.size === 0 && scheduler.now >= FAULTY_MS;
    while (!isDone()) {
      this.#submitter.hasNews = false;
      const happened = scheduler.runUntil(end, () => this.#submitter.hasNews || isDone());
      // Code that awaits settled futures goes on
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#failure !== undefined) throw this.#failure;
      must(happened, `after ${DONE_WITHIN_MS} ms there is no answer of ${[...this.#open].join(', ')}`);
    }
  }

  #begin({ name, run }: SimulatedCall): void {
    const what = `${name} (call ${++this.#begun})`;
    this.note(`CALL ${what}`);
    this.#open.add(what);
    this.#submitter.hasNews = true;
    run(this.chance).then(
      () => {
        this.note(`DONE ${what}`);
        this.#open.delete(what);
        this.#count(name);
        this.#submitter.hasNews = true;
      },
      (error: unknown) => {
        this.#failure ??= error;
      },
    );
  }

  #startSlave(): void {
    const pid = this.#nextPid++;
    this.#slaves.push(
      new SimulatedSlave({
        network: this.network,
        audit: { emit: (event) => this.#onEvent(`pid ${pid}`, event) },
        pid,
        algorithms: PART_ALGORITHMS,
        workOf: workOfPart,
        concurrency: this.chance.pick([1, 1, 2, 8]),
        server: this.chance.pick([FIRST_SERVER, SECOND_SERVER]),
        dial: (secret, side) => this.master.connectPort(secret, side),
        onExit: (slave, cause) => {
          this.note(`pid ${pid}: exits: ${cause}`);
          this.#slaves = this.#slaves.filter((other) => other !== slave);
          this.scheduler.after(this.chance.between(100, 2_000), () => this.#startSlave());
        },
      }),
    );
  }

  #clearUp(): void {
    this.note('CALM');
    this.network.weather = CALM;
    for (const server of [FIRST_SERVER, SECOND_SERVER]) {
      this.network.comeUp(server);
      this.network.rejoin(server);
    }
  }

  #onEvent(who: string, event: AuditEvent): void {
    this.note(who, event);
    this.#count(event.type);
    if (event.type === 'task-unrunnable') this.#count(`unrunnable: ${event.reason}`);
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

interface SimulatedCall {
  readonly name: string;
  /** Rejects if the answer is not that of the call of an array. */
  readonly run: (chance: Chance) => Promise<void>;
}

const CALLS: readonly SimulatedCall[] = [
  {
    name: 'pmap',
    run: async (chance) => {
      const numbers = numbersOf(chance);
      isSame(
        await pmap(square, numbers, optionsOf(chance)),
        numbers.map((n) => n * n),
      );
    },
  },
  {
    name: 'pmapInto',
    run: async (chance) => {
      const numbers = numbersOf(chance);
      const target = new Float64Array(numbers.length + 2).fill(-1);
      await pmapInto(target, square, Float64Array.from(numbers), optionsOf(chance));
      isSame([...target], [...numbers.map((n) => n * n), -1, -1]);
    },
  },
  {
    name: 'pmapSettled',
    run: async (chance) => {
      const numbers = numbersOf(chance);
      const fates = await pmapSettled(notSeventh, numbers, optionsOf(chance));
      isSame(
        fates.map((fate) => (fate.status === 'ok' ? fate.packet : [fate.error.message, fate.error.index])),
        numbers.map((n, index) => (n % 7 === 6 ? [`${n} is a seventh`, index] : n)),
      );
    },
  },
  {
    name: 'poison',
    run: async (chance) => {
      const numbers = numbersOf(chance, 40);
      numbers.splice(chance.between(0, numbers.length), 0, POISON);
      const options = { parts: optionsOf(chance).parts, policy: { maxAttempts: POISON_ATTEMPTS } };
      const fates = await pmapSettled(square, numbers, options);
      isSame(
        fates.map((fate) => (fate.status === 'ok' ? fate.packet : fate.status)),
        numbers.map((n) => (n === POISON ? 'unrunnable' : n * n)),
      );
    },
  },
  {
    name: 'an error',
    run: async (chance) => {
      const numbers = [...numbersOf(chance), 6, ...numbersOf(chance)];
      const error = await pmap(notSeventh, numbers, optionsOf(chance)).catch((thrown: unknown) => thrown);
      must(error instanceof TaskError, `pmap did not reject with a TaskError: ${String(error)}`);
      const n = numbers[error.index ?? -1] as number;
      isSame([error.message, n % 7], [`${n} is a seventh`, 6]);
    },
  },
  {
    name: 'preduce',
    run: async (chance) => {
      const letters = numbersOf(chance).map((n) => letterOf(n));
      const fromEnd = chance.happens(0.3);
      const text = await preduce(join, letters, { ...optionsOf(chance), initial: '.', fromEnd });
      isSame(text, fromEnd ? `${letters.join('')}.` : `.${letters.join('')}`);
    },
  },
  {
    name: 'preducePartial',
    run: async (chance) => {
      const letters = [...numbersOf(chance), 3].map((n) => letterOf(n));
      const parts = chance.pick([1, 4, 30]);
      const values = await preducePartial(join, letters, { ...optionsOf(chance), parts });
      isSame([values.join(''), values.length], [letters.join(''), Math.min(parts, letters.length)]);
    },
  },
  {
    name: 'pmapReduce',
    run: async (chance) => {
      const numbers = numbersOf(chance);
      const text = await pmapReduce(letterOf, join, numbers, { ...optionsOf(chance), initial: '' });
      isSame(text, numbers.map((n) => letterOf(n)).join(''));
    },
  },
  {
    name: 'searches',
    run: async (chance) => {
      const numbers = numbersOf(chance);
      isSame(
        await Promise.all([
          pfind(isThird, numbers, optionsOf(chance)),
          pcount(isThird, numbers, optionsOf(chance)),
          premove(isThird, numbers, optionsOf(chance)),
        ]),
        [
          numbers.find((n) => isThird(n)),
          numbers.filter((n) => isThird(n)).length,
          numbers.filter((n) => !isThird(n)),
        ],
      );
    },
  },
  {
    name: 'pmapIterable',
    run: async (chance) => {
      const numbers = numbersOf(chance);
      const ordered = chance.happens(0.5);
      const window = chance.pick([1, 5, 40]);
      const policy = { maxAttempts: MANY_ATTEMPTS };
      const values: number[] = [];
      for await (const value of pmapIterable(square, numbers, { ordered, window, policy }))
        values.push(value);
      const expected = numbers.map((n) => n * n);
      const ascending = (list: number[]): number[] => (ordered ? list : list.sort((a, b) => a - b));
      isSame(ascending(values), ascending(expected));
    },
  },
];

function numbersOf(chance: Chance, most = 150): number[] {
  return Array.from({ length: chance.pick([0, 1, 7, most]) }, () => chance.between(0, 999));
}

function optionsOf(chance: Chance) {
  return {
    parts: chance.pick(['auto', 'auto', 1, 6, 500] as const),
    policy: { maxAttempts: MANY_ATTEMPTS, backupTasks: chance.happens(0.3) },
  };
}

function isSame(answer: unknown, expected: unknown): void {
  const [got, wanted] = [JSON.stringify(answer), JSON.stringify(expected)];
  must(got === wanted, `the answer is ${got?.slice(0, 300)}, and should be ${wanted?.slice(0, 300)}`);
}
