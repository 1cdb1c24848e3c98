/** One seed: a master, some slaves, a program and their misfortunes, from the first hello to the last shutdown. */

import type { AuditEvent, AuditEventOf } from '../../src/audit/events.js';
import { formatText } from '../../src/audit/format/text-format.js';
import { FateCheck } from '../../src/audit/read/fate-check.js';
import { StoppedError } from '../../src/errors.js';
import type { Task } from '../../src/master/model/task.js';
import { BroadcastCheck } from './broadcast-check.js';
import { CellCheck } from './cell-check.js';
import { type Faulty, inventWeather, scheduleFaults, scheduleIslands, scheduleStalls } from './faults.js';
import { checkMaster, checkQuiet, must, Runs } from './invariants.js';
import { CALM, FIRST_SERVER, Network, SECOND_SERVER } from './network.js';
import { Program } from './program.js';
import { QueueCheck } from './queue-check.js';
import { checkRemembered } from './remembered.js';
import { ReservationCheck } from './reservation-check.js';
import { RunCheck } from './run-check.js';
import { Chance, Scheduler } from './scheduler.js';
import { SimulatedCopies } from './simulated-copies.js';
import { MEMBER_ID, SimulatedMaster } from './simulated-master.js';
import type { SimulatedPort } from './simulated-port.js';
import { SimulatedSlave } from './simulated-slave.js';
import { TraceCheck } from './trace-check.js';
import { TrialCheck } from './trial-check.js';

const FAULTY_MS = 15_000;
/** A poison may take its slave along five times, each death found within some seconds. */
const SETTLE_WITHIN_MS = 120_000;
/** After a reconnection a 503 says little for ten seconds; from then on a living slave is never lost. */
const TRUST_AFTER_MS = 15_000;
const QUIET_MS = 3_000;
/** For what follows the last entry of a broadcast. */
const AFTER_BROADCASTS_MS = 1_500;
const SHUTDOWN_WITHIN_MS = 5_000;
/** A slave finishes its running task first, though it was cancelled. */
const LONGEST_TASK_MS = 12_000;
const CLIENT_TIMEOUT_MS = 3_000;
/** Where the slaves' server is away for long, and nobody may be lost by it. */
const PATIENT_TIMEOUT_MS = 10_000;
/** The rest of the timeout is for slaves to come back and be heard. */
const LONG_ABSENCES_MS = [1_000, 4_000, 6_000];
const SHORT_ABSENCES_MS = [500, 3_000, 5_000, 6_000];
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** They take slaves away from the other tasks, which meet with less then. */
const RESERVED_EVERY = 3;
/** Seeds in which slaves are on trial and retire. */
const TRIAL_EVERY = 4;
/** Seeds in which no slave has a processor beside that of its master. */
const CRAMPED_EVERY = 3;
const TRACED_EVERY = 4;
const RESERVED_MS = 300;

/** The causes of which a process may end; its sentinel ends it for a run only, since its master is never gone. */
const EXITS = /^(killed by |goodbye$|exception$|its sentinel: TASK-\d+ (ran longer|was killed))/;

const FOR_A_KILL = /TASK-\d+ was (being )?killed$/;

/** The words of a slave about its own end, which is then near. */
const SAID_SO = /^(killed by TASK-\d+|uncaught .*)$/;

export interface ClusterOptions {
  readonly seed: number;
  /**
   * Whether all goes wrong; or processes only stall, or the slaves' server is only away for less than the
   * timeout: then no living slave may ever be lost. Or that server is away for longer: then those that come
   * back go on with what they run.
   */
  readonly faults: 'all' | 'stalls' | 'islands' | 'long islands';
  /** Looks at the heap at the end, for which no other cluster may be about. */
  readonly checksMemory?: boolean;
  readonly trace?: ((line: string) => void) | undefined;
}

export class Cluster implements Faulty {
  readonly scheduler = new Scheduler();
  readonly chance: Chance;
  readonly network: Network;
  readonly master: SimulatedMaster;
  readonly program: Program;
  /** How often each event of the audit trails came. */
  readonly counts = new Map<string, number>();
  readonly #lostSids = new Set<string>();
  readonly #fates = new FateCheck();
  readonly #queues = new QueueCheck();
  readonly #toldRuns = new RunCheck();
  readonly #broadcasts: BroadcastCheck;
  readonly #cells = new CellCheck(() => this.master.core.cells);
  readonly #reservations: ReservationCheck;
  readonly #trials: TrialCheck;
  readonly #runs: Runs;
  /** Tasks that may not be charged with what happens just now, and their runs before. */
  readonly #uncharged = new Map<Task, number>();
  #slaves: SimulatedSlave[] = [];
  #nextPid = 1;
  #calmSince = Number.POSITIVE_INFINITY;
  #ending = false;
  /** Nothing happens any more. */
  #resting = false;
  #seenTurns = -1;
  isCutOff = false;

  readonly #options: ClusterOptions;
  readonly #copies: SimulatedCopies | undefined;
  #traces: TraceCheck | undefined;

  constructor(options: ClusterOptions) {
    const chance = new Chance(options.seed);
    if (options.seed % TRACED_EVERY === 0) this.#traces = new TraceCheck();
    const { scheduler } = this;
    this.chance = chance;
    this.#options = options;
    this.network = new Network({
      scheduler,
      chance,
      pendingLimitBytes: chance.pick([512 * 1024, 8 * 1024 * 1024]),
    });
    // In the other seeds, all shared values come in pieces
    if (options.seed % 2 === 0) this.#copies = new SimulatedCopies(scheduler);
    this.#trials = new TrialCheck({
      core: () => this.master.core,
      chance: new Chance(options.seed),
      scheduler,
      isOn: options.faults === 'all' && options.seed % TRIAL_EVERY === 0,
      inMaster: (act) => this.master.main.deliver(act),
      count: (what) => this.#count(what),
    });
    this.master = new SimulatedMaster({
      network: this.network,
      isOnTrial: this.#trials.isOnTrial,
      joined: this.#trials.joined,
      audit: { emit: (event) => this.#onMasterEvent(event) },
      taskGroup: chance.pick(['auto', 'auto', 1, 7]),
      resultGroup: chance.pick(['auto', 'auto', 1, 5]),
      processors: options.seed % CRAMPED_EVERY === 0 ? 2 : undefined,
      clientTimeoutMs: options.faults === 'islands' ? PATIENT_TIMEOUT_MS : CLIENT_TIMEOUT_MS,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      offersPorts: chance.happens(0.7),
      copies: this.#copies,
      takeTrace: this.#traces?.take,
    });
    this.#fates.take({ type: 'master-ready', address: 'simulated' }, 0);
    this.#runs = new Runs(() => this.master.core);
    const { master } = this;
    this.#broadcasts = new BroadcastCheck({
      core: () => master.core,
      chance,
      scheduler,
      count: (what) => this.#count(what),
    });
    this.#reservations = new ReservationCheck({
      core: () => master.core,
      chance: new Chance(options.seed),
      scheduler,
      isDeadly: options.faults === 'all',
      count: (what) => this.#count(what),
    });
    this.program = new Program({
      master,
      chance,
      scheduler,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      broadcasts: this.#broadcasts,
      onResult: (mark) => this.#cells.settles(mark),
      onSubmit: (mark) => this.#cells.submits(mark),
      poisons: options.faults === 'all' ? chance.between(0, 2) : 0,
      ...(options.faults === 'long islands'
        ? { longRuns: 10, longMs: [4_000, 10_000], attempts: [2, 2, 3], limits: [20] }
        : {}),
    });
    this.#countLateResults();
    scheduler.afterEvent = () => this.#check();
  }

  someSlave(): SimulatedSlave | undefined {
    const awake = this.#slaves.filter((slave) => !slave.isFrozen);
    return awake.length === 0 ? undefined : this.chance.pick(awake);
  }

  somePort(): SimulatedPort | undefined {
    const ports = this.#slaves.flatMap(({ port }) => (port === undefined ? [] : [port]));
    return ports.length === 0 ? undefined : this.chance.pick(ports);
  }

  run(): void {
    const { chance, scheduler, network, master } = this;
    for (let count = chance.between(1, 4); count > 0; count--) this.#startSlave();
    if (chance.between(0, 1) === 1) master.core.demand.beginReading();
    if (this.#options.faults === 'all') {
      network.weather = inventWeather(chance);
      scheduleFaults(this, FAULTY_MS);
    } else if (this.#options.faults === 'stalls') {
      scheduleStalls(this, FAULTY_MS);
    } else {
      const isShort = this.#options.faults === 'islands';
      scheduleIslands(this, FAULTY_MS, isShort ? SHORT_ABSENCES_MS : LONG_ABSENCES_MS, isShort);
    }
    this.#runProgram();
    scheduler.runUntil(FAULTY_MS);
    this.#clearUp();
    this.#settle();
    this.#shutDown();
    if (this.#traces !== undefined && this.#traces.ended > 0) this.#count('traced runs');
  }

  #startSlave(): void {
    const pid = this.#nextPid++;
    const slave = new SimulatedSlave({
      network: this.network,
      audit: { emit: (event) => this.#onSlaveEvent(pid, event) },
      pid,
      concurrency: this.chance.pick([1, 1, 2, 8]),
      tracer: this.#traces,
      server: this.chance.pick([FIRST_SERVER, SECOND_SERVER]),
      dial: (secret, side) => {
        const port = this.master.connectPort(secret, side);
        if (port !== undefined) this.#count('data port');
        return port;
      },
      copies: this.#copies,
      onPort: (what) => this.#count(`data port ${what}`),
      onBegin: (slave, task) => {
        this.#runs.begins(slave, task);
        this.#trials.begins(slave.pid);
        if (this.#reservations.begins(task) || this.#broadcasts.begins(task)) return;
        this.program.noteBegin(task.number);
        const mark = this.program.tasks.get(task.number)?.work.mark;
        if (mark !== undefined) this.#cells.begins(slave, task.sid, mark);
        this.#queues.begins(this.master.core.roster, this.program.tasks, this.#slaves, task);
      },
      onExit: (slave, cause) => this.#onExit(slave, cause),
    });
    this.#slaves.push(slave);
  }

  #onExit(slave: SimulatedSlave, cause: string): void {
    this.note(`pid ${slave.pid}: exits: ${cause}`);
    this.#slaves = this.#slaves.filter((other) => other !== slave);
    this.#runs.ends(slave);
    this.program.noteDeath(cause);
    if (cause.startsWith('its sentinel')) this.#count('ended by its sentinel');
    if (FOR_A_KILL.test(cause.replace(/ and did not stop.*/, ''))) this.#count('ended for a killed task');
    if (cause === 'shutdown')
      must(this.#ending || this.#trials.wasRetired(slave.pid), 'a slave was told to shut down by nobody');
    else must(EXITS.test(cause), `a slave ended: ${cause}`);
    if (this.#ending) return;
    this.scheduler.after(this.chance.between(100, 2_000), () => {
      if (!this.#ending) this.#startSlave();
    });
  }

  #runProgram(): void {
    const { main } = this.master;
    if (this.#options.seed % RESERVED_EVERY === 0) {
      main.every(RESERVED_MS, () => {
        if (!this.#ending && this.#calmSince === Number.POSITIVE_INFINITY) this.#reservations.act();
      });
    }
    main.every(this.chance.between(20, 200), () => {
      if (this.#ending) return;
      if (!this.#resting) this.#cells.advance();
      if (this.#calmSince === Number.POSITIVE_INFINITY) {
        this.program.act();
        this.#trials.act();
      } else {
        this.#trials.calm();
        this.#reservations.endAll();
        this.program.freeAll();
        this.program.takeSome();
      }
    });
  }

  /** Faults are over; what they have frozen goes on. */
  #clearUp(): void {
    this.note('CALM');
    this.#calmSince = this.scheduler.now;
    this.network.weather = CALM;
    for (const server of [FIRST_SERVER, SECOND_SERVER]) {
      this.network.comeUp(server);
      this.network.rejoin(server);
    }
  }

  #settle(): void {
    const { scheduler, master, program } = this;
    const settled = scheduler.runUntil(
      scheduler.now + SETTLE_WITHIN_MS,
      () => program.isDone && this.#broadcasts.pending + this.#reservations.open === 0 && this.#isWhole,
    );
    const { queued, pending, roster } = master.core;
    must(
      settled,
      `after ${SETTLE_WITHIN_MS} ms of calm ${queued} tasks are queued and ${pending - queued} run; ` +
        `${roster.size} slaves are known and ${this.#slaves.length} live`,
    );
    this.#resting = true;
    scheduler.runUntil(scheduler.now + QUIET_MS);
    // A slave that joined meanwhile may owe broadcasts
    scheduler.runUntil(scheduler.now + QUIET_MS, () => this.#broadcasts.pending === 0);
    scheduler.runUntil(scheduler.now + AFTER_BROADCASTS_MS);
    this.#cells.checkQuiet(this.#slaves);
    checkQuiet(master.core, program, this.#slaves);
    this.#broadcasts.checkQuiet();
    if (this.#options.checksMemory) checkRemembered(this.#slaves.length);
  }

  /** Whether master and slaves agree on who is there, and nobody starts, is stopped or runs a copy to its end. */
  get #isWhole(): boolean {
    const { core, main } = this.master;
    const { roster } = core;
    if (!main.isFree || this.#slaves.some(({ isFrozen, core }) => isFrozen || core.runningTasks > 0))
      return false;
    if (this.#slaves.length === 0 || roster.size !== this.#slaves.length) return false;
    // It is left in the end, and until then what it swallowed is missed.
    if (this.#slaves.some(({ port }) => port?.isStalled)) return false;
    for (const { nonce, machine } of roster) {
      if (machine.state !== 'idle') return false;
      if (!this.#slaves.some(({ core }) => core.sid !== undefined && core.nonce === nonce)) return false;
    }
    return true;
  }

  #shutDown(): void {
    const { scheduler, master } = this;
    this.note('SHUTDOWN');
    this.#ending = true;
    master.main.deliver(() => {
      master.core.end(new StoppedError('the simulation is over', { pending: 0, untaken: 0 }));
      master.core.slaves.beginShutdown();
    });
    const isAcknowledged = (): boolean => master.core.slaves.slavesToAwait === 0;
    must(
      scheduler.runUntil(scheduler.now + SHUTDOWN_WITHIN_MS, isAcknowledged),
      `${master.core.slaves.slavesToAwait} slaves have not acknowledged their shutdown`,
    );
    must(
      scheduler.runUntil(scheduler.now + LONGEST_TASK_MS, () => this.#slaves.length === 0),
      `${this.#slaves.length} slaves live although they were told to shut down`,
    );
    this.counts.set('slow consumer', this.network.slowConsumers);
    master.core.disconnectAll();
    must(master.core.roster.size === 0, 'slaves are left after the end');
    master.end();
    this.#fates.take({ type: 'master-finished', memberId: MEMBER_ID }, 0);
    const { kind, text } = this.#fates.finish(false);
    must(kind === 'proven', `the trail does not prove the fates: ${text}`);
  }

  #check(): void {
    this.#checkUncharged();
    const { turns } = this.master.main;
    if (turns === this.#seenTurns) return;
    this.#seenTurns = turns;
    checkMaster(this.master.core, this.program, this.#broadcasts.pending, this.#reservations.open);
    this.#broadcasts.check();
  }

  #onMasterEvent(event: AuditEvent): void {
    this.note('master', event);
    this.#fates.take(event, 0);
    this.#toldRuns.take(event);
    this.#count(event.type);
    if (event.type === 'slave-connecting') this.#cells.admits(event.sid);
    must(event.type !== 'offer-dropped', 'an offer could not be folded');
    if (event.type === 'tasks-sent' || event.type === 'slave-lost') this.#checkUncharged();
    must(event.type !== 'frame-dropped', 'the master found a frame that breaks the protocol');
    if (event.type === 'slave-lost') {
      this.#excuse(event);
      this.#checkLost(event);
    }
    if (event.type === 'task-unrunnable') this.#checkUnrunnable(event);
    if (event.type === 'tasks-sent') {
      this.#checkSent(event.sid);
      this.#queues.sent(this.master.core.roster, event.sid, this.scheduler.now);
    }
    if (event.type === 'task-backed-up') this.#checkBackedUp(event);
  }

  /** The other tasks of a slave that was lost for a killed task have done nothing wrong. */
  #excuse({ sid, evidence }: AuditEventOf<'slave-lost'>): void {
    if (!FOR_A_KILL.test(evidence)) return;
    const slave = this.master.core.roster.findByNumber(Number(sid.slice('SLAVE-'.length)));
    if (slave === undefined) return;
    const others = new Set([...slave.openTasks(), ...slave.goingOn]);
    if (others.size > 0) this.#count('neighbours of a killed task');
    for (const task of others) this.#uncharged.set(task, task.runs);
    this.program.excuse([...others].map(({ number }) => number));
  }

  /** Before anything else can charge them. */
  #checkUncharged(): void {
    for (const [{ id, runs }, before] of this.#uncharged)
      must(runs <= before, `${id} is charged with the end of a slave on which another was killed`);
    this.#uncharged.clear();
  }

  /** Busy is never taken for dead; after faults of the network it takes a while until that can be said. */
  #checkLost({ sid, evidence }: AuditEventOf<'slave-lost'>): void {
    this.#lostSids.add(sid);
    if (SAID_SO.test(evidence)) return;
    const { faults } = this.#options;
    const trustSince = faults === 'all' || faults === 'long islands' ? this.#calmSince + TRUST_AFTER_MS : 0;
    if (this.scheduler.now < trustSince) return;
    const lives = this.#slaves.some(({ core, isFrozen }) => `SLAVE-${core.sid}` === sid && !isFrozen);
    must(!lives, `${sid} lives and is lost: ${evidence}`);
  }

  /**
   * Nobody's loss is the end of a task that runs at a slave which the master knows; and a slave that is back
   * is held against no task that never began there.
   */
  #checkUnrunnable({ taskId, reason, history }: AuditEventOf<'task-unrunnable'>): void {
    if (reason !== 'max-attempts') return;
    const { roster } = this.master.core;
    for (const { sid: charged } of history) {
      for (const { sid, earlier } of roster) {
        const been = earlier.map(({ number }) => number);
        if (!been.some((number) => `SLAVE-${number}` === charged)) continue;
        const began = been.some((number) => this.#runs.hasBegun(number, taskId));
        must(began, `${taskId} is unrunnable for ${charged}, which is ${sid} and never began it`);
      }
    }
    for (const slave of this.#slaves) {
      const record = slave.core.sid === undefined ? undefined : roster.findByNonce(slave.core.nonce);
      // One that its sentinel ends for a run that did not stop may take a moment to do so.
      const known = record !== undefined && !record.isDoomed;
      must(!(known && slave.runs(taskId)), `${taskId} is unrunnable and goes on at SLAVE-${slave.core.sid}`);
    }
  }

  /** Only tasks whose policy allows it get a second run, and at most a tenth of all. */
  #checkBackedUp({ taskId }: AuditEventOf<'task-backed-up'>): void {
    const { tasks } = this.program;
    const policy = tasks.get(Number(taskId.slice('TASK-'.length)))?.policy;
    must(
      policy?.backupTasks === true && policy.retry && policy.sid === undefined,
      `${taskId} gets a second run`,
    );
    const count = this.counts.get('task-backed-up') ?? 0;
    const all = tasks.size + this.#broadcasts.submitted + this.#reservations.submitted;
    must(count <= Math.ceil(all / 10), `${count} second runs of ${all} tasks`);
  }

  #checkSent(sid: string): void {
    for (const slave of this.master.core.roster) {
      if (slave.sid === sid) must(!slave.isSuspected, `${sid} is suspected and gets tasks`);
    }
  }

  #onSlaveEvent(pid: number, event: AuditEvent): void {
    this.note(`pid ${pid}`, event);
    this.#count(event.type);
    must(event.type !== 'frame-dropped', 'a slave found a frame that breaks the protocol');
  }

  /** Those of sessions that were over. */
  #countLateResults(): void {
    const { fates } = this.master.core;
    const put = fates.put.bind(fates);
    fates.put = (fate) => {
      if (fate.status === 'ok' && this.#lostSids.has(fate.sid as string)) this.#count('late result');
      put(fate);
    };
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  note(who: string, event?: AuditEvent): void {
    const { trace } = this.#options;
    if (trace === undefined) return;
    const text = event === undefined ? '' : formatText(event, 0).slice('MM/DD/YYYY HH:MM:SS [A]'.length);
    trace(`${String(this.scheduler.now).padStart(7)} ${who}${text}`);
  }
}
