/**
 * Clusters of real processes for the fault tests: a broker of either kind, a master that follows a plan,
 * slaves that can be stopped and killed, and the check that every task had exactly one fate.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { AuditEventOf, AuditEventType } from '../../src/audit/events.js';
import { parseJson } from '../../src/audit/json-format.js';
import type { TrailEntry } from '../../src/audit/text-format.js';
import { findNatsServer, type NatsServer, startNatsServer } from '../support/nats-server.js';
import type { Plan, PrintedFate, Submitted } from './program.js';

const PROGRAM = fileURLToPath(new URL('./program.js', import.meta.url));
const POLL_MS = 20;
const PATIENCE_MS = 60_000;

export type BrokerName = 'embedded' | 'nats-server';
/** Without nats-server on this machine only the embedded broker is tested. */
export const BROKER_NAMES: readonly BrokerName[] =
  findNatsServer() === undefined ? ['embedded'] : ['embedded', 'nats-server'];

/** Time is what some faults are made of: a silence, a delay. */
export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `look` finds something. */
export async function until<T>(what: string, look: () => T | undefined, withinMs = PATIENCE_MS): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`timeout: no ${what} within ${withinMs / 1000} s`);
    await pass(POLL_MS);
  }
}

/** Waits for the end of a process that need not be a child of ours. */
export async function untilGone(pid: number, withinMs: number): Promise<void> {
  const look = (): true | undefined => {
    try {
      process.kill(pid, 0);
      return undefined;
    } catch {
      return true;
    }
  };
  await until(`end of process ${pid}`, look, withinMs);
}

/** Waits for all, so that each cleans up behind itself, before the first failure counts. */
export async function together(runs: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(runs)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

/** An audit trail that is still being written. */
export class Trail {
  readonly entries: TrailEntry[] = [];
  readonly #path: string;
  readonly #decoder = new TextDecoder();
  #position = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  read(): readonly TrailEntry[] {
    let file: number;
    try {
      file = openSync(this.#path, 'r');
    } catch {
      return this.entries;
    }
    const chunk = Buffer.alloc(256 * 1024);
    for (let size = readSync(file, chunk, 0, chunk.length, this.#position); size > 0; ) {
      this.#position += size;
      const lines = (this.#rest + this.#decoder.decode(chunk.subarray(0, size), { stream: true })).split(
        '\n',
      );
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        const entry = parseJson(line);
        if (entry !== undefined) this.entries.push(entry);
      }
      size = readSync(file, chunk, 0, chunk.length, this.#position);
    }
    closeSync(file);
    return this.entries;
  }

  /** All events of a type so far. */
  all<T extends AuditEventType>(type: T): (AuditEventOf<T> & { timeMs: number })[] {
    return this.read().flatMap(({ timeMs, event }) =>
      event.type === type ? [{ ...(event as AuditEventOf<T>), timeMs }] : [],
    );
  }

  /** Waits until there are `count` events of a type, and returns the last of them. */
  async until<T extends AuditEventType>(
    type: T,
    count = 1,
    withinMs = PATIENCE_MS,
  ): Promise<AuditEventOf<T> & { timeMs: number }> {
    return await until(`${count} ${type}`, () => this.all(type)[count - 1], withinMs).catch((error) => {
      const tail = this.entries.slice(-25).map(({ event }) => JSON.stringify(event));
      throw new Error(`${(error as Error).message}; the trail ends with\n${tail.join('\n')}`);
    });
  }
}

/** One process of a cluster. */
export class Member {
  readonly child: ChildProcess;
  readonly trail: Trail;
  output = '';
  errors = '';
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor(child: ChildProcess, trail: Trail) {
    this.child = child;
    this.trail = trail;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString()).slice(-20_000);
    });
    this.ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    // Unlike process.kill it does not throw when the process has just ended and nobody has heard of it yet.
    if (this.running) this.child.kill(signal);
  }

  /** Frozen for `ms`. */
  async freeze(ms: number): Promise<void> {
    this.signal('SIGSTOP');
    await pass(ms);
    this.signal('SIGCONT');
  }

  /** The exit code, within a limit. */
  async exit(withinMs = PATIENCE_MS): Promise<number | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const tail = this.trail.read().slice(-25);
        const lines = tail.map(({ event, timeMs }) => `${timeMs % 1e6} ${JSON.stringify(event)}`);
        reject(
          new Error(
            `timeout: ${this.child.spawnargs.slice(1, 4).join(' ')} still runs; ${lines.join('\n')}\n${this.errors}`,
          ),
        );
      }, withinMs);
    });
    try {
      return (await Promise.race([this.ended, late])).code;
    } finally {
      clearTimeout(timer);
    }
  }
}

export interface SlaveOptions {
  readonly flags?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Goes to the broker through this port, such as a proxy's; 0 leaves it to the flags. */
  readonly port?: number | undefined;
}

export interface MasterOptions {
  readonly plan: Plan;
  readonly flags?: readonly string[] | undefined;
  readonly nodeFlags?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** As for a slave; with a nats-server only. */
  readonly port?: number | undefined;
}

/** A task's runs, as slaves noted them. */
export interface Runs {
  begun: number;
  ended: number;
  readonly pids: Set<number>;
  /** Who ended it, in order. */
  readonly endedBy: number[];
  /** When a process began it last, by its id. */
  readonly begunAt: Map<number, number>;
}

export class Cluster implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'faults-'));
  readonly members: Member[] = [];
  readonly nats: NatsServer | undefined;
  readonly clientTimeout: number;
  #master: Member | undefined;
  #brokerPort = 0;

  private constructor(nats: NatsServer | undefined, clientTimeout: number) {
    this.nats = nats;
    this.clientTimeout = clientTimeout;
    writeFileSync(this.#log, '');
  }

  static async open(broker: BrokerName, { clientTimeout = 3 } = {}): Promise<Cluster> {
    return new Cluster(broker === 'nats-server' ? await startNatsServer() : undefined, clientTimeout);
  }

  get #log(): string {
    return join(this.folder, 'computed.log');
  }

  get master(): Member {
    if (this.#master === undefined) throw new Error('no master was started');
    return this.#master;
  }

  get trail(): Trail {
    return this.master.trail;
  }

  /** Where the broker itself listens. */
  get brokerPort(): number {
    return this.#brokerPort;
  }

  /** Resolves when slaves can join. */
  async startMaster({ plan, flags = [], nodeFlags = [], env = {}, port }: MasterOptions): Promise<Member> {
    const place = this.nats === undefined ? [] : ['--nats-url', urlOf(port ?? this.nats.port)];
    const args = [...place, ...flags, '--', JSON.stringify(plan)];
    this.#master = this.#spawn('--master', args, { env, nodeFlags });
    const ready = await this.trail.until('master-ready');
    this.#brokerPort = this.nats?.port ?? Number(new URL(ready.address).port);
    return this.#master;
  }

  startSlave({ flags = [], env = {}, port = this.#brokerPort }: SlaveOptions = {}): Member {
    if (port === 0) return this.#spawn('--slave', flags, { env, nodeFlags: [] });
    const place = this.nats === undefined ? ['--master-port', String(port)] : ['--nats-url', urlOf(port)];
    return this.#spawn('--slave', [...place, ...flags], { env, nodeFlags: [] });
  }

  /** Starts `count` slaves and waits until the master has them. */
  async joinSlaves(count: number, options: SlaveOptions = {}): Promise<Member[]> {
    const before = this.trail.all('slave-idle').length;
    const slaves = Array.from({ length: count }, () => this.startSlave(options));
    await Promise.all(slaves.map((slave) => slave.trail.until('id-received')));
    await this.trail.until('slave-idle', before + count);
    return slaves;
  }

  #spawn(
    role: '--master' | '--slave',
    args: readonly string[],
    { env, nodeFlags }: { env: Readonly<Record<string, string>>; nodeFlags: readonly string[] },
  ): Member {
    const file = join(this.folder, `audit-${this.members.length}.json`);
    const audit = ['--audit-format', 'json', '--audit-file', file];
    const all = [role, '--client-timeout', String(this.clientTimeout), ...audit, ...args];
    const child = spawn(process.execPath, [...nodeFlags, PROGRAM, ...all], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FAULTS_LOG: this.#log, ...env },
    });
    const member = new Member(child, new Trail(file));
    this.members.push(member);
    return member;
  }

  /** What was begun and ended, by task id. */
  computed(): Map<string, Runs> {
    const runs = new Map<string, Runs>();
    for (const line of readFileSync(this.#log, 'utf8').split('\n')) {
      const [word, taskId, , , pid, at] = line.split(' ');
      if (taskId === undefined || word === 'cue') continue;
      let of = runs.get(taskId);
      if (of === undefined) {
        of = { begun: 0, ended: 0, pids: new Set(), endedBy: [], begunAt: new Map() };
        runs.set(taskId, of);
      }
      if (word === 'begin') {
        of.begun++;
        of.begunAt.set(Number(pid), Number(at));
      } else {
        of.ended++;
        of.endedBy.push(Number(pid));
      }
      of.pids.add(Number(pid));
    }
    return runs;
  }

  /** Lets a plan go on that awaits it. */
  cue(name: string): void {
    appendFileSync(this.#log, `cue ${name}\n`);
  }

  /** Waits until so many tasks have begun. */
  async begun(count: number): Promise<void> {
    const begun = () => [...this.computed().values()].reduce((sum, runs) => sum + runs.begun, 0);
    await until(`${count} tasks begun`, () => begun() >= count || undefined);
  }

  /** Waits for the master's end, and checks that each task had exactly one fate; `tasks` is how many. */
  async finish(tasks?: number, withinMs = PATIENCE_MS): Promise<Report> {
    const code = await this.master.exit(withinMs);
    assert.is(code, 0, `the master exits ${code}: ${this.master.errors}`);
    const lines = this.master.output.split('\n').filter((line) => line.startsWith('{'));
    const { submitted } = JSON.parse(lines.pop() ?? '{}') as Submitted;
    const fates = lines.map((line) => JSON.parse(line) as PrintedFate);
    const report = new Report(fates, this.trail, this.computed());
    assert.is(submitted, tasks ?? submitted, 'the plan submits so many tasks');
    report.checkFates(submitted);
    return report;
  }

  /** Signals all to go on and end, waits for it, and leaves nothing behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.members) {
      member.signal('SIGCONT');
      member.signal('SIGKILL');
    }
    await Promise.all(this.members.map(({ ended }) => ended));
    await this.nats?.stop();
    if (process.env.FAULTS_KEEP !== '1') rmSync(this.folder, { recursive: true, force: true });
    else console.error(this.folder);
  }
}

/** What the program printed, the master's trail told and the slaves noted, held against each other. */
export class Report {
  readonly fates: readonly PrintedFate[];
  readonly trail: Trail;
  readonly computed: ReadonlyMap<string, Runs>;

  constructor(fates: readonly PrintedFate[], trail: Trail, computed: ReadonlyMap<string, Runs>) {
    this.fates = fates;
    this.trail = trail;
    this.computed = computed;
  }

  checkFates(tasks: number): void {
    const ids = new Set(this.fates.map(({ taskId }) => taskId));
    assert.is(this.fates.length, ids.size, 'no task has two fates');
    assert.is(ids.size, tasks, 'every task has a fate');
    const received = this.trail.all('results-received').reduce((sum, { count }) => sum + count, 0);
    const dropped = this.trail.all('result-dropped').length;
    const results = this.fates.filter(({ status }) => status !== 'unrunnable');
    assert.is(received - dropped, results.length, 'the trail tells of as many results as were printed');
    const unrunnable = this.trail.all('task-unrunnable').map(({ taskId }) => taskId);
    const printed = this.fates.filter(({ status }) => status === 'unrunnable').map(({ taskId }) => taskId);
    assert.equal(unrunnable.sort(), printed.sort(), 'the trail tells of the same unrunnable tasks');
    for (const { taskId, algorithm } of results) {
      if (algorithm === 'tiny') continue;
      const runs = this.computed.get(taskId);
      assert.ok(runs !== undefined && runs.ended >= 1, `${taskId} has a result and was computed`);
    }
  }

  /** No task was computed twice, not even begun. */
  checkOnce(): void {
    for (const [taskId, { begun, ended }] of this.computed) {
      assert.equal({ begun, ended }, { begun: 1, ended: 1 }, `${taskId} was computed once`);
    }
    assert.is(this.trail.all('result-dropped').length, 0, 'no result came twice');
  }

  /** Nobody was taken for dead. */
  checkNobodyLost(): void {
    assert.equal(this.trail.all('slave-lost'), [], 'no slave is lost');
    assert.is(this.trail.all('task-reclaimed').length, 0, 'no task is taken back');
  }

  checkAllOk(): void {
    const others = this.fates.filter(({ status }) => status !== 'ok');
    assert.equal(others, [], 'every fate is ok');
  }
}

function urlOf(port: number): string {
  return `nats://127.0.0.1:${port}`;
}
