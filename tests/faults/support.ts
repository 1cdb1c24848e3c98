/**
 * Clusters of real processes for the fault tests: a broker of either kind, a master that follows a plan,
 * slaves that can be stopped and killed, and the check that every task had exactly one fate.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { type ClusterShape, type NatsCluster, startNatsCluster } from '../support/nats-cluster.js';
import { findNatsServer, type NatsServer, startNatsServer } from '../support/nats-server.js';
import { processesWith } from '../support/programs.js';
import { Computed, type Runs } from './computed.js';
import { FaultyWay } from './faulty-way.js';
import { Member } from './member.js';
import type { Plan } from './program.js';
import { Report } from './report.js';
import { PATIENCE_MS, Trail, until } from './trail.js';

export type { Runs } from './computed.js';
export type { Member } from './member.js';
export type { Report } from './report.js';
export { pass, type Trail, together, until, untilGone } from './trail.js';

export const PROGRAM = fileURLToPath(new URL('./program.js', import.meta.url));

/** Of a `nats-cluster` the slaves have servers of their own. */
export type BrokerName = 'embedded' | 'nats-server' | 'nats-cluster';
/** What everything is tested on that has nothing to do with several servers. Without nats-server on this machine only the embedded broker is tested. */
export const HAS_NATS_SERVER = findNatsServer() !== undefined;
export const BROKER_NAMES: readonly BrokerName[] = HAS_NATS_SERVER
  ? ['embedded', 'nats-server']
  : ['embedded'];

/** For what `npm test` runs on one and the long tests on the other; the same twice without nats-server. */
export const TWO_BROKERS: readonly [BrokerName, BrokerName] = [
  'embedded',
  HAS_NATS_SERVER ? 'nats-server' : 'embedded',
];

export interface SlaveOptions {
  readonly flags?: readonly string[] | undefined;
  readonly nodeFlags?: readonly string[] | undefined;
  /** Nobody reads what it prints, and its trail goes to standard error too. */
  readonly unread?: boolean | undefined;
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

export class Cluster implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'faults-'));
  readonly members: Member[] = [];
  /** The master's. */
  readonly nats: NatsServer | undefined;
  readonly #servers: Servers | undefined;
  readonly clientTimeout: number;
  readonly noted: Computed;
  #master: Member | undefined;
  #brokerPort = 0;

  private constructor(nats: NatsServer | undefined, servers: Servers | undefined, clientTimeout: number) {
    this.nats = nats;
    this.#servers = servers;
    this.clientTimeout = clientTimeout;
    mkdirSync(this.#log);
    mkdirSync(this.#temporary);
    this.noted = new Computed(this.#log);
    process.once('exit', this.#killAll);
  }

  /** Also when the test or the soak is interrupted. */
  readonly #killAll = (): void => {
    for (const { pid } of this.#processes()) killNow(pid);
    if (this.nats !== undefined) killNow(this.nats.pid);
    for (const { pid } of this.slaveServers) killNow(pid);
    rmSync(this.folder, { recursive: true, force: true });
  };

  static async open(
    broker: BrokerName,
    { clientTimeout = 3, servers = 'trio' }: { clientTimeout?: number; servers?: ClusterShape } = {},
  ): Promise<Cluster> {
    if (broker === 'embedded') return new Cluster(undefined, undefined, clientTimeout);
    if (broker === 'nats-server') return new Cluster(await startNatsServer(), undefined, clientTimeout);
    const group = await openServers(servers);
    return new Cluster(group.nats.first, group, clientTimeout);
  }

  /** Of a cluster of servers: where the slaves are. */
  get slaveServers(): readonly NatsServer[] {
    return this.#servers?.nats.others ?? [];
  }

  /** Of a cluster of servers: the way from those of the slaves to the master's. */
  get betweenServers(): FaultyWay {
    if (this.#servers === undefined) throw new Error('there is one server at most');
    return this.#servers.way;
  }

  /** Where slaves note what they compute, and tests give cues. */
  get #log(): string {
    return join(this.folder, 'computed');
  }

  /** What the processes take for the system's folder of temporary files. */
  get #temporary(): string {
    return join(this.folder, 'temporary');
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

  startSlave({ flags = [], port, ...options }: SlaveOptions = {}): Member {
    if (port === 0) return this.#spawn('--slave', flags, options);
    return this.#spawn('--slave', [...this.#placeFlags(port), ...flags], options);
  }

  #placeFlags(port: number | undefined): string[] {
    if (this.nats === undefined) return ['--master-port', String(port ?? this.#brokerPort)];
    const servers = this.#servers?.nats.others.map(({ port }) => port) ?? [this.#brokerPort];
    const ports = port === undefined ? servers : [port];
    return ports.flatMap((port) => ['--nats-url', urlOf(port)]);
  }

  /** What the master calls the slave, and called it in earlier sessions. */
  sidsOf(slave: Pick<Member, 'pid'>): string[] {
    return this.trail.all('slave-connecting').flatMap(({ pid, sid }) => (pid === slave.pid ? [sid] : []));
  }

  /** Starts `count` slaves and waits until the master has them. */
  async joinSlaves(count: number, options: SlaveOptions = {}): Promise<Member[]> {
    if (count === 0) return [];
    const before = this.trail.all('slave-idle').length;
    const slaves = Array.from({ length: count }, () => this.startSlave(options));
    const isKnown = (slave: Member) => this.sidsOf(slave).length > 0 || undefined;
    // Not in its own trail: what it writes there waits while its first task blocks it
    await Promise.all(slaves.map((slave) => until('its sid', () => isKnown(slave))));
    await this.trail.until('slave-idle', before + count);
    return slaves;
  }

  #spawn(
    role: '--master' | '--slave',
    args: readonly string[],
    { env = {}, nodeFlags = [], unread = false }: Pick<SlaveOptions, 'env' | 'nodeFlags' | 'unread'>,
  ): Member {
    const file = join(this.folder, `audit-${this.members.length}.json`);
    const audit = unread ? [] : ['--audit-format', 'json', '--audit-file', file];
    const all = [role, '--client-timeout', String(this.clientTimeout), ...audit, ...args];
    const child = spawn(process.execPath, [...nodeFlags, PROGRAM, ...all], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FAULTS_LOG: this.#log, TMPDIR: this.#temporary, ...env },
    });
    const member = new Member(child, new Trail(file), { unread });
    this.members.push(member);
    return member;
  }

  /** What was begun and ended, by task id. */
  computed(): ReadonlyMap<string, Runs> {
    return this.noted.read().runs;
  }

  /** Lets a plan go on that awaits it. */
  cue(name: string): void {
    writeFileSync(join(this.#log, `${name}.cue`), '');
  }

  /** Waits until so many tasks have begun. */
  async begun(count: number): Promise<void> {
    await until(`${count} tasks begun`, () => this.noted.read().begun >= count || undefined);
  }

  /** Waits for the master's end, and checks that each task had exactly one fate; `tasks` is how many. */
  async finish(
    tasks?: number,
    {
      restarted = false,
      withinMs = PATIENCE_MS,
    }: { restarted?: boolean | undefined; withinMs?: number } = {},
  ): Promise<Report> {
    const code = await this.master.exit(withinMs);
    assert.is(code, 0, `the master exits ${code}: ${this.master.errors}`);
    const report = this.report();
    const { submitted } = report;
    assert.is(submitted, tasks ?? submitted, 'the plan submits so many tasks');
    report.checkFates(submitted, { restarted });
    return report;
  }

  /** Of a master that has ended. */
  report(): Report {
    return new Report(this.master.output, this.trail, this.computed());
  }

  /** Throws, naming them, if processes of this cluster or temporary files of theirs are left. */
  async checkNothingLeft(withinMs = 10_000): Promise<void> {
    const left = (): string =>
      this.#processes()
        .map(({ pid, command }) => `${pid} ${command}`)
        .join('; ');
    await until(
      'process table without a process of the run',
      () => left() === '' || undefined,
      withinMs,
    ).catch(() => assert.unreachable(`still there: ${left()}`));
    assert.equal(readdirSync(this.#temporary), [], 'no temporary file is left');
  }

  #processes(): ReturnType<typeof processesWith> {
    return processesWith('FAULTS_LOG', this.#log);
  }

  /** Signals all to go on and end, waits for it, and leaves nothing behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.members) {
      member.signal('SIGCONT');
      member.signal('SIGKILL');
    }
    for (const { pid } of this.#processes()) killNow(pid);
    process.off('exit', this.#killAll);
    await Promise.all(this.members.map(({ ended }) => ended));
    await this.nats?.stop();
    await this.#servers?.nats.stop();
    await this.#servers?.way[Symbol.asyncDispose]();
    if (process.env.FAULTS_KEEP !== '1') rmSync(this.folder, { recursive: true, force: true });
    else console.error(this.folder);
  }
}

interface Servers {
  readonly nats: NatsCluster;
  readonly way: FaultyWay;
}

async function openServers(shape: ClusterShape): Promise<Servers> {
  let way: FaultyWay | undefined;
  try {
    const nats = await startNatsCluster(shape, async (port) => {
      way = await FaultyWay.open(port);
      return way.port;
    });
    return { nats, way: way as unknown as FaultyWay };
  } catch (error) {
    await (way as FaultyWay | undefined)?.[Symbol.asyncDispose]();
    throw error;
  }
}

/** Local slaves, which no member stands for. */
function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended meanwhile
  }
}

function urlOf(port: number): string {
  return `nats://127.0.0.1:${port}`;
}
