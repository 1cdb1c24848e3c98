/**
 * Broadcasts of a simulated program, and what they promise: which slaves run them, once per session, before what, and
 * who hears it.
 */

import { policyOfBroadcast, resolvePolicy } from '../../src/algorithms/policy.js';
import type { BroadcastEntry } from '../../src/algorithms/submitter.js';
import type { SlaveId } from '../../src/algorithms/types.js';
import type { MasterCore } from '../../src/master/core/master-core.js';
import type { GivenTask } from '../../src/slave/core/given-task.js';
import { must } from './invariants.js';
import type { Chance, Scheduler } from './scheduler.js';
import { ALGORITHMS, packetOf, type Work, workOf } from './simulated-work.js';

const MOST = 8;

interface Sent {
  readonly name: string;
  readonly work: Work;
  readonly lateComers: boolean;
  readonly attempts: number;
  readonly timeoutSeconds: number | undefined;
  /** Tasks from this number on were submitted later. */
  readonly before: number;
  /** How it ended on each slave that owed it. */
  readonly owed: Map<SlaveId, string | undefined>;
  /** Those that joined later. */
  readonly late: Set<SlaveId>;
  readonly begun: Map<SlaveId, number>;
  stop: (() => void) | undefined;
}

export interface BroadcastCheckParams {
  readonly core: () => MasterCore;
  readonly chance: Chance;
  readonly scheduler: Scheduler;
  readonly count: (what: string) => void;
}

export class BroadcastCheck {
  readonly #params: BroadcastCheckParams;
  readonly #sent: Sent[] = [];
  /** Entries that are still to come. */
  pending = 0;
  /** Runs, one for each slave that owed one. */
  submitted = 0;

  constructor(params: BroadcastCheckParams) {
    this.#params = params;
  }

  /** One thing that a program may do next. */
  act(numTasks: number): void {
    const { chance } = this.#params;
    if (chance.happens(0.3)) chance.pick([...this.#sent, undefined])?.stop?.();
    else if (this.#sent.length < MOST) this.#send(numTasks);
  }

  #send(numTasks: number): void {
    const { chance, core, scheduler } = this.#params;
    const lateComers = chance.happens(0.7);
    const retryErrors = chance.happens(0.3);
    const timeoutSeconds = chance.happens(0.2) ? chance.pick([0.05, 1]) : undefined;
    // One that takes every slave along would take those that come in their place too
    const kind = chance.pick(['return', 'return', 'throw', lateComers ? 'return' : 'kill'] as const);
    const mark = -1 - this.#sent.length;
    const waits = chance.happens(0.5);
    const ms = chance.pick([0, 5, 100, 900]);
    const work = { mark, kind, ms, waits, heeds: chance.happens(0.5), size: 50, ballast: '' };
    const sent: Sent = {
      name: `broadcast ${mark}`,
      work,
      lateComers,
      attempts: retryErrors ? 2 : 1,
      timeoutSeconds,
      before: numTasks,
      owed: new Map(),
      late: new Set(),
      begun: new Map(),
      stop: undefined,
    };
    this.#sent.push(sent);
    let isLate = false;
    const stop = core().broadcasts.submit({
      definition: ALGORITHMS[0] as (typeof ALGORITHMS)[number],
      args: [work],
      policy: policyOfBroadcast(
        resolvePolicy({ retryErrors, maxAttempts: 2, backoffSeconds: chance.pick([0, 0.3]), timeoutSeconds }),
      ),
      place: undefined,
      lateComers,
      listener: {
        owe: (sid) => this.#owe(sent, sid, isLate),
        take: (entry) => this.#take(sent, entry),
      },
    });
    isLate = true;
    if (lateComers) {
      sent.stop = () => {
        stop();
        sent.stop = undefined;
      };
    }
    core().dispatch(scheduler.now);
  }

  #owe(sent: Sent, sid: SlaveId, isLate: boolean): void {
    must(!sent.owed.has(sid), `${sid} owes ${sent.name} twice`);
    must(!isLate || sent.stop !== undefined, `${sid} owes ${sent.name}, which awaits nobody`);
    sent.owed.set(sid, undefined);
    this.pending++;
    this.submitted++;
    if (!isLate) return;
    sent.late.add(sid);
    this.#params.count('broadcast to a late comer');
  }

  #take(sent: Sent, entry: BroadcastEntry<unknown>): void {
    const { name, owed, work, begun } = sent;
    const { sid, status } = entry;
    const what = status === 'unrunnable' ? entry.error.reason : status;
    must(owed.has(sid) && owed.get(sid) === undefined, `${sid} is told to be ${what} of ${name}`);
    owed.set(sid, what);
    this.pending--;
    this.#params.count(`broadcast ${what}`);
    const isThere = this.#params.core().roster.findByNumber(numberOf(sid)) !== undefined;
    const fair =
      (status === 'ok' && work.kind === 'return' && entry.packet === packetOf(work)) ||
      (status === 'error' && work.kind === 'throw' && entry.error.message === `thrown ${work.mark}`) ||
      (what === 'slave-lost' && !isThere) ||
      (what === 'timeout' && sent.timeoutSeconds !== undefined) ||
      what === 'killed';
    must(fair, `${name} cannot be ${what} on ${sid}`);
    const mayBeUnbegun = what === 'slave-lost' || what === 'killed';
    must(mayBeUnbegun || begun.has(sid), `${name} is ${what} on ${sid}, and never began there`);
  }

  /** A slave begins a run: true if it is one of a broadcast. Others come after what their session owes. */
  begins(task: GivenTask): boolean {
    const sid: SlaveId = `SLAVE-${task.sid}`;
    const { mark } = workOf(task);
    if (mark < 0) {
      const { name, owed, begun, attempts } = this.#sent[-1 - mark] as Sent;
      const runs = (begun.get(sid) ?? 0) + 1;
      must(owed.has(sid), `${name} begins on ${sid}, which does not owe it`);
      must(runs <= attempts, `${name} begins ${runs} times on ${sid}`);
      begun.set(sid, runs);
      for (const other of this.#sent.slice(0, -1 - mark)) {
        const isOver = !other.owed.has(sid) || other.owed.get(sid) !== undefined;
        must(isOver, `${name} begins on ${sid} before ${other.name} has ended`);
      }
      return true;
    }
    for (const { name, owed, late, before } of this.#sent) {
      if (!owed.has(sid) || (task.number < before && !late.has(sid))) continue;
      must(owed.get(sid) !== undefined, `TASK-${task.number} begins on ${sid} before ${name} has ended`);
    }
    return false;
  }

  /** After every event: each slave that is there owes, or has ended, what awaits late comers. */
  check(): void {
    const { roster, groups } = this.#params.core();
    for (const slave of roster) {
      if (groups.isOnTrial(slave)) continue;
      const { sid } = slave;
      for (const { name, owed, stop } of this.#sent) {
        must(stop === undefined || owed.has(sid), `${sid} is there and does not owe ${name}`);
      }
    }
  }

  /** Once nothing is left to do, everybody has been heard of. */
  checkQuiet(): void {
    must(this.pending === 0, `${this.pending} entries of broadcasts are to come at the end`);
    must(this.#params.core().broadcasts.unfinished === 0, 'broadcasts are unfinished at the end');
    for (const { sid, hasMail } of this.#params.core().roster)
      must(!hasMail, `${sid} owes something at the end`);
  }
}

function numberOf(sid: SlaveId): number {
  return Number(sid.slice('SLAVE-'.length));
}
