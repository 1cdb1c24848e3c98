/** A master's pure parts put together as its core does it, without sessions to anybody. */

import { DEFAULT_POLICY, policyInScope, resolvePolicy } from '../../src/algorithms/policy.js';
import type { AlgorithmDefinition, TaskPolicy } from '../../src/algorithms/types.js';
import type { AuditEvent, SlaveKind } from '../../src/audit/events.js';
import { silentAudit } from '../../src/audit/memory-trail.js';
import { Dispatcher, type DispatcherOptions } from '../../src/master/dispatch/dispatcher.js';
import { Comebacks } from '../../src/master/fates/comebacks.js';
import { FateBox } from '../../src/master/fates/fate-box.js';
import { Ledger } from '../../src/master/fates/ledger.js';
import { RunNotes } from '../../src/master/fates/run-notes.js';
import { Settlement } from '../../src/master/fates/settlement.js';
import { Thrown } from '../../src/master/fates/thrown.js';
import { AbortWatch } from '../../src/master/jar/abort-watch.js';
import { TaskJar } from '../../src/master/jar/task-jar.js';
import type { MasterCoreOptions, MasterPorts } from '../../src/master/model/master-ports.js';
import { SlaveMachine } from '../../src/master/model/slave-machine.js';
import { SlaveRecord } from '../../src/master/model/slave-record.js';
import { SubmissionPlaces } from '../../src/master/model/submission-places.js';
import { type AlgorithmEntry, type FutureSettler, Task } from '../../src/master/model/task.js';
import type { TaskGroup } from '../../src/master/model/task-group.js';
import { Shares } from '../../src/master/shares/shares.js';
import { Sessions } from '../../src/master/slaves/sessions.js';
import { encodeBody } from '../../src/wire/messages/body.js';
import { CREDIT_BYTES, type Farewell } from '../../src/wire/messages/messages.js';
import { CreditPool } from '../../src/wire/session/credit.js';
import { Session } from '../../src/wire/session/session.js';
import { encodeValue } from '../../src/wire/values/codec.js';
import { encodeError } from '../../src/wire/values/remote-error.js';
import { resultEntryText, resultsText } from '../wire/messages/entry-texts.js';

/** The time of every entry in a history. */
export const WALL_CLOCK_MS = 1_700_000_000_000;

export function createEntry(name = 'work', seconds?: number, resultBytes = 0): AlgorithmEntry {
  const definition: AlgorithmDefinition = {
    name,
    fn: () => undefined,
    policy: DEFAULT_POLICY,
    fingerprint: name,
    checkpoint: true,
    place: 'here',
  };
  const places = new SubmissionPlaces();
  const counts = { targetNumber: 0, pending: 0, resultBytes };
  const times = { seconds, longSeconds: seconds, quickSeconds: seconds };
  return { definition, index: 0, ...counts, ...times, places, lastKind: undefined };
}

export function createTask(
  number: number,
  algorithm: AlgorithmEntry,
  policy: TaskPolicy = {},
  future?: FutureSettler,
  scopeSignal?: AbortSignal,
): Task {
  const { text, raws, byteLength } = encodeValue([number]);
  const resolved = resolvePolicy(policy);
  const joined = scopeSignal === undefined ? resolved : policyInScope(resolved, scopeSignal);
  return new Task(number, algorithm, text, raws, byteLength, joined, future);
}

/** A slave that has confirmed its welcome, and has been all slaves with smaller numbers before. */
export function createSlave(number: number, concurrency = 1): SlaveRecord {
  const nonce = number.toString(16).padStart(32, '0');
  const session = new Session({
    epoch: { run: '00112233445566ff', nonce, sid: number },
    sendLimit: CREDIT_BYTES,
    receiveLimit: CREDIT_BYTES,
    maxMessageBytes: CREDIT_BYTES,
  });
  const machine = new SlaveMachine(() => {});
  machine.send('confirmed');
  const credit = new CreditPool().join(session);
  const address = { user: '_', nonce };
  const earlier = Array.from({ length: number }, (_, before) => ({ number: before, given: 100 }));
  return new SlaveRecord(
    number,
    address,
    'h',
    number,
    session,
    machine,
    credit,
    'unordered',
    concurrency,
    earlier,
  );
}

export interface PartsOptions
  extends Partial<Pick<DispatcherOptions, 'taskGroup' | 'resultGroup' | 'isHeld' | 'busyMs' | 'machine'>> {
  readonly slaves?: number;
  /** Whether what is posted to sessions leaves; it does. */
  readonly sends?: boolean;
  /** Whether runs are told. */
  readonly auditRuns?: boolean;
  /** The watch of signals, instead of one that gives up what hangs on them. */
  readonly aborts?: AbortWatch;
}

export class Parts {
  readonly jar = new TaskJar();
  readonly fates = new FateBox();
  readonly events: AuditEvent[] = [];
  readonly given: TaskGroup[] = [];
  /** Copies that slaves were told to stop, as `sid/index`. */
  readonly stopped: string[] = [];
  readonly aborts: AbortWatch;
  readonly dispatcher: Dispatcher;
  readonly shares: Shares;
  readonly comebacks: Comebacks;
  readonly settlement: Settlement;
  /** Tasks that slaves were asked to give back, as `sid/index`. */
  readonly recalled: string[] = [];
  readonly slaves: SlaveRecord[];

  constructor({
    taskGroup = 1,
    resultGroup = 'auto',
    isHeld = () => false,
    slaves = 1,
    sends = true,
    busyMs,
    machine,
    auditRuns = false,
    aborts = new AbortWatch((tasks, cause) => {
      for (const task of tasks) this.settlement.giveUp(task, 'cancelled', 'test', { cause });
    }),
  }: PartsOptions = {}) {
    this.aborts = aborts;
    const { jar, fates } = this;
    const audit = { emit: (event: AuditEvent) => void this.events.push(event) };
    this.shares = new Shares({ maxMessageBytes: CREDIT_BYTES, audit, wake() {} });
    this.dispatcher = new Dispatcher({
      jar,
      isHeld,
      taskGroup,
      resultGroup,
      maxMessageBytes: CREDIT_BYTES,
      shares: this.shares,
      busyMs,
      machine,
      onGiven: (slave, group) => {
        this.given.push(group);
        slave.session.flush(() => sends, 0);
      },
    });
    this.comebacks = new Comebacks({
      jar,
      audit,
      commands: {
        cancel: ({ sid }, _number, index) => this.stopped.push(`${sid}/${index}`),
        kill: ({ sid }, _number, index, afterMs) => this.stopped.push(`${sid}/${index} within ${afterMs} ms`),
        recallOne: ({ sid }, { index }) => this.recalled.push(`${sid}/${index}`),
      },
    });
    this.settlement = new Settlement({
      comebacks: this.comebacks,
      shares: this.shares.registry,
      jar,
      fates,
      ledger: new Ledger({ emit() {} }),
      thrown: new Thrown({ emit() {} }),
      audit,
      runNotes: auditRuns ? new RunNotes(audit, jar) : undefined,
      resultGroup,
      run: '00112233445566ff',
      aborts: this.aborts,
      wallClock: () => WALL_CLOCK_MS,
      onSuperfluous: ({ sid }, _task, index, killAfterMs) =>
        this.stopped.push(`${sid}/${index}${killAfterMs === undefined ? '' : ` within ${killAfterMs} ms`}`),
      onLeftLine: () => {},
    });
    this.slaves = Array.from({ length: slaves }, (_, number) => createSlave(number));
    for (const slave of this.slaves) this.dispatcher.lineUp(slave);
  }

  /** Adds tasks of one algorithm and policy; returns them. */
  submit(
    count: number,
    algorithm = createEntry(),
    policy: TaskPolicy = {},
    scopeSignal?: AbortSignal,
  ): Task[] {
    return Array.from({ length: count }, () => {
      const task = createTask(this.jar.nextNumber(), algorithm, policy, undefined, scopeSignal);
      this.jar.add(task);
      return task;
    });
  }

  /** The task has had this number of runs, all of which failed. */
  fail(task: Task, runs: number): void {
    const elsewhere = createSlave(99);
    for (let run = 0; run < runs; run++) task.noteRun(elsewhere, 'test', WALL_CLOCK_MS, false);
  }

  /** One that may have ended a slave, back in the jar. */
  submitSuspect(): Task {
    const [suspect] = this.submit(1) as [Task];
    this.jar.take(() => false);
    suspect.markSuspect();
    this.jar.putBack(suspect);
    return suspect;
  }

  dispatch(now = 0): TaskGroup[] {
    const before = this.given.length;
    for (const slave of this.slaves) this.dispatcher.lineUp(slave);
    const slots = this.slaves.reduce((sum, { concurrency }) => sum + concurrency, 0);
    this.dispatcher.dispatch(slots, now);
    return this.given.slice(before);
  }

  /** A message of results: [number, attempt] pairs, from a session that ran them as `sid`. */
  results(
    from: SlaveRecord,
    sid: number,
    runs: readonly (readonly [number, number])[],
    dry = false,
    micros = 1_000,
    now = 0,
  ): void {
    const entries = runs.map(([number, attempt]) =>
      resultEntryText(number, attempt, 0, micros, encodeValue(`${number} by ${sid}`).text),
    );
    this.#take(from, sid, dry, entries, now);
  }

  /** The same of one run that threw. */
  error(
    from: SlaveRecord,
    sid: number,
    number: number,
    attempt: number,
    now = 0,
    micros = 1_000,
    thrown: unknown = new RangeError('no'),
  ): void {
    const { text } = encodeError(thrown);
    this.#take(from, sid, false, [resultEntryText(number, attempt, 1, micros, text)], now);
  }

  /** The same of one run that took longer than it may. */
  timeout(from: SlaveRecord, sid: number, number: number, attempt: number, now = 0): void {
    this.#take(from, sid, false, [resultEntryText(number, attempt, 2, 1_000, 'null')], now);
  }

  #take(from: SlaveRecord, sid: number, dry: boolean, entries: readonly string[], now = 0): void {
    this.settlement.takeResults(from, Buffer.from(encodeBody(resultsText(sid, dry, entries), [])), now);
  }

  /** The slave is gone, perhaps with a goodbye, and what it had goes where its policy says. */
  lose(slave: SlaveRecord, { farewell, now = 0 }: { farewell?: Farewell; now?: number } = {}): void {
    slave.sayFarewell(farewell, 0);
    this.dispatcher.removeFromLine(slave);
    slave.machine.send('gone');
    this.slaves.splice(this.slaves.indexOf(slave), 1);
    this.settlement.reclaimer.takeFromLost(slave, 'test', now);
  }

  /** The fates that the program would have by now: `number status`. */
  takeFates(): string[] {
    const fates: string[] = [];
    for (let fate = this.fates.takeNext(undefined); fate; fate = this.fates.takeNext(undefined)) {
      fates.push(`${fate.taskId.slice('TASK-'.length)} ${fate.reason ?? fate.status}`);
    }
    return fates;
  }
}

export function numbersOf(group: TaskGroup | undefined): number[] {
  return (group?.tasks ?? []).map(({ number }) => number);
}

/** Sessions whose ports do nothing but what is given. */
export function createSessions(
  ports: Partial<MasterPorts>,
  options: Partial<Omit<MasterCoreOptions, 'ports'>> = {},
): Sessions {
  return new Sessions(coreOptions(ports, options));
}

/** Of a master that nobody hears and that hears nobody, except for what a test says. */
export function coreOptions(
  ports: Partial<MasterPorts> = {},
  options: Partial<Omit<MasterCoreOptions, 'ports'>> = {},
): MasterCoreOptions {
  return {
    run: '00112233445566ff',
    memberId: 'm',
    algorithms: [],
    taskGroup: 'auto',
    resultGroup: 'auto',
    maxMessageBytes: 1_024,
    clientTimeoutMs: 1_000,
    allowVersionSkew: false,
    broker: 'external',
    audit: silentAudit,
    ...options,
    ports: {
      send: () => true,
      sendHandshake: () => {},
      watch: () => {},
      forget: () => {},
      command: () => {},
      condemn: () => {},
      positions: () => {},
      news: () => {},
      ...ports,
    },
  };
}

/** Moves a slave to another group of slaves, as the allocation does. */
export function makeKind(slave: SlaveRecord, kind: SlaveKind): void {
  slave.draftFor(kind);
  slave.moveToDrafted();
}
