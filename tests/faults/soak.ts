/** One long run under faults that come at random, one after and over the other, and its reckoning. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Chance } from '../simulation/scheduler.js';
import { FaultyWay } from './faulty-way.js';
import type { Flow } from './program.js';
import { SOAK_FAULTS, type SoakFault, type SoakTarget } from './soak-faults.js';
import { Place } from './soak-place.js';
import { type BrokerName, Cluster, PROGRAM, pass, until } from './support.js';
import type { Death } from './works.js';

export interface SoakParams {
  readonly broker: BrokerName;
  readonly seconds: number;
  readonly seed: number;
  /** Hears of each fault as it is done. */
  readonly onFault?: ((line: string) => void) | undefined;
}

export interface SoakOutcome {
  /** By name, how often each fault struck. */
  readonly faults: ReadonlyMap<string, number>;
  readonly tasks: number;
  readonly ok: number;
  /** Of them those that were meant to be, and those that lost their slave five times. */
  readonly unrunnable: number;
  readonly ranAgain: number;
  /** Tasks without a fate. */
  readonly lost: number;
  /** Fates beyond the first of a task. */
  readonly doubled: number;
  readonly longest: { readonly fault: string; readonly ms: number };
  /** Everything else that is not as it must be. */
  readonly violations: readonly string[];
}

const PLACES = 4;
const CLIENT_TIMEOUT = 3;
const ENOUGH = 'enough';
/** Faults overlap: many last longer than it takes to the next. */
const NEXT_FAULT_MS = [100, 1_500] as const;
const LONGEST_RECOVERY_MS = 180_000;
const POLL_MS = 20;

/** Naps, data and computation, and now and then a task that takes its slave down. */
const FLOW: Flow = {
  flow: [
    { submit: 'nap', args: [10] },
    { submit: 'echo', args: [{ bytes: 2_000 }] },
    { submit: 'pace', args: [3, 3] },
    { submit: 'small', args: [] },
    { submit: 'echo', args: [{ bytes: 40_000 }] },
    { submit: 'nap', args: [60] },
    { submit: 'spin', args: [5] },
  ],
  rarely: {
    works: (['abort', 'exit 0', 'exit 3', 'throw', 'loop'] satisfies Death[]).map((how) => ({
      submit: 'die',
      args: [how],
      policy: { maxAttempts: 1, ...(how === 'loop' ? { timeoutSeconds: 0.5 } : {}) },
    })),
    after: 800,
  },
  pending: 80,
  cue: ENOUGH,
};

export async function soak({ broker, seconds, seed, onFault = () => {} }: SoakParams): Promise<SoakOutcome> {
  const chance = new Chance(seed);
  await using cluster = await Cluster.open(broker, { clientTimeout: CLIENT_TIMEOUT });
  await using masterWay = cluster.nats === undefined ? undefined : await FaultyWay.open(cluster.nats.port);
  await cluster.startMaster({
    plan: { steps: [FLOW] },
    port: masterWay?.port,
  });
  const places: Place[] = [];
  await using _ends = { [Symbol.asyncDispose]: () => endAll(places) };
  for (let index = 0; index < PLACES; index++) places.push(await Place.open(cluster, chance, index));
  await cluster.begun(PLACES);
  const run = new Run({ cluster, chance, places, masterWay }, broker, onFault);
  await run.strikeFor(seconds * 1000);
  await run.recover();
  cluster.cue(ENOUGH);
  // Not before it is reckoned does the cluster end.
  return await run.reckon();
}

async function endAll(places: readonly Place[]): Promise<void> {
  await Promise.all(places.map((place) => place[Symbol.asyncDispose]()));
}

class Run {
  readonly #target: SoakTarget;
  readonly #faults: readonly SoakFault[];
  readonly #onFault: (line: string) => void;
  readonly #counts = new Map<string, number>();
  readonly #violations: string[] = [];
  readonly #pidOf = new Map<string, number>();
  #longest = { fault: 'none', ms: 0 };
  #seen = 0;

  constructor(target: SoakTarget, broker: BrokerName, onFault: (line: string) => void) {
    this.#target = target;
    this.#faults = SOAK_FAULTS.filter(({ only }) => only?.includes(broker) !== false).flatMap((fault) =>
      Array.from({ length: fault.weight }, () => fault),
    );
    this.#onFault = onFault;
  }

  async strikeFor(ms: number): Promise<void> {
    const { chance, cluster } = this.#target;
    const begin = performance.now();
    const under = new Set<Promise<void>>();
    while (performance.now() - begin < ms && cluster.master.running) {
      const fault = chance.pick(this.#faults);
      const place = chance.pick(this.#target.places);
      const over = this.#strike(fault, place, performance.now() - begin).finally(() => under.delete(over));
      under.add(over);
      const until = performance.now() + chance.between(...NEXT_FAULT_MS);
      while (performance.now() < until) {
        await pass(POLL_MS);
        this.#watch();
      }
    }
    await Promise.all(under);
  }

  /** Every part that was struck works again. */
  async recover(): Promise<void> {
    const { places } = this.#target;
    const isOver = (): boolean => {
      this.#watch();
      return places.every(({ isStruck }) => !isStruck);
    };
    await until('recovery', () => isOver() || undefined, LONGEST_RECOVERY_MS).catch(() => {
      const dead = places.flatMap(({ isStruck }, index) => (isStruck ? [index] : []));
      this.#violations.push(`places ${dead.join(', ')} do not work again`);
    });
  }

  async reckon(): Promise<SoakOutcome> {
    const { cluster, places } = this.#target;
    const code = await cluster.master.exit().catch((error: Error) => error.message);
    if (code !== 0) this.#violations.push(`the master exits ${code}: ${cluster.master.errors}`);
    const report = cluster.report();
    const ids = new Set(report.fates.map(({ taskId }) => taskId));
    await this.#check('fates', () => report.checkFates(report.submitted));
    await this.#check('runs', () => report.checkRunsHaveCauses());
    for (const [index, place] of places.entries()) {
      await this.#check(`slave ${index}`, async () => {
        const exit = await place.end();
        if (exit !== 0) throw new Error(`exits ${exit}: ${place.slave.errors.slice(-500)}`);
      });
    }
    await this.#check('--audit-verify', async () => {
      await promisify(execFile)(process.execPath, [PROGRAM, '--audit-verify', cluster.trail.path]);
    });
    await this.#check('what is left', () => cluster.checkNothingLeft());
    return {
      faults: this.#counts,
      tasks: report.submitted,
      ok: report.fates.filter(({ status }) => status === 'ok').length,
      unrunnable: report.fates.filter(({ status }) => status === 'unrunnable').length,
      ranAgain: report.ranAgain,
      lost: report.submitted - ids.size,
      doubled: report.fates.length - ids.size,
      longest: this.#longest,
      violations: this.#violations,
    };
  }

  async #check(what: string, look: () => Promise<void> | void): Promise<void> {
    try {
      await look();
    } catch (error) {
      this.#violations.push(`${what}: ${(error as Error).message}`);
    }
  }

  async #strike({ name, strikes, run }: SoakFault, place: Place, atMs: number): Promise<void> {
    const { places } = this.#target;
    const struck = strikes === 'all' ? places : [place];
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    const where = strikes === 'all' ? '' : ` at place ${places.indexOf(place)}`;
    this.#onFault(`${(atMs / 1000).toFixed(1).padStart(7)} s  ${name}${where}`);
    for (const each of struck) each.strike(name);
    await run(this.#target, place);
    for (const each of struck) each.relieve();
  }

  /** Takes from the trail who works. */
  #watch(): void {
    const entries = this.#target.cluster.trail.read();
    for (; this.#seen < entries.length; this.#seen++) {
      const event = entries[this.#seen]?.event;
      if (event?.type === 'slave-connecting') this.#pidOf.set(event.sid, event.pid);
      if (event?.type !== 'results-received') continue;
      const pid = this.#pidOf.get(event.sid) ?? 0;
      const recovery = this.#target.places.find(({ pids }) => pids.has(pid))?.works();
      if (recovery !== undefined && recovery.ms > this.#longest.ms) this.#longest = recovery;
    }
  }
}
