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
/**
 * The brokers on which everything is tested that has nothing to do with several servers. Without nats-server on this
 * machine only the embedded broker is tested.
 */
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
  /** A command that runs what follows it elsewhere, such as in another network. */
  readonly within?: readonly string[] | undefined;
}

type LaunchOptions = Pick<SlaveOptions, 'env' | 'nodeFlags' | 'unread'> & Pick<MasterOptions, 'within'>;

export class Cluster implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'faults-'));
  readonly members: Member[] = [];
  /** The master's. */
  readonly nats: NatsServer | undefined;
  readonly #servers: Servers | undefined;
  readonly clientTimeout: number;
  readonly noted: Computed;
  #master: Member | undefined;
  #masterOptions: MasterOptions | undefined;
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
    for (const { pid } of this.processes()) killNow(pid);
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

  /** The folder that the processes take for the system's one of temporary files. */
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
  async startMaster(options: MasterOptions): Promise<Member> {
    const { plan, flags = [], port, ...others } = options;
    this.#masterOptions = options;
    const place = this.nats === undefined ? [] : ['--nats-url', urlOf(port ?? this.nats.port)];
    const args = [...place, ...flags, '--', JSON.stringify(plan)];
    this.#master = this.#spawn('--master', args, others);
    const ready = await this.trail.until('master-ready');
    this.#brokerPort = this.nats?.port ?? Number(new URL(ready.address).port);
    return this.#master;
  }

  /** One like the last one, which has ended. */
  startMasterAgain(): Promise<Member> {
    if (this.#masterOptions === undefined) throw new Error('no master was started');
    return this.startMaster(this.#masterOptions);
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

  /** The sids that the master gave to the slave, in this session and in earlier ones. */
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

  #spawn(role: '--master' | '--slave', args: readonly string[], options: LaunchOptions): Member {
    const all = ['--client-timeout', String(this.clientTimeout), ...args];
    return this.launch(PROGRAM, role, all, options);
  }

  /** A process of this cluster, with a trail of its own; `word` is the first of its arguments. */
  launch(
    script: string,
    word: string,
    args: readonly string[],
    { env = {}, nodeFlags = [], unread = false, within = [] }: LaunchOptions = {},
  ): Member {
    const file = join(this.folder, `audit-${this.members.length}.json`);
    const audit = unread ? [] : ['--audit-format', 'json', '--audit-file', file];
    const command = [...within, process.execPath, ...nodeFlags, script, word, ...audit, ...args];
    const child = spawn(command[0] as string, command.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.environment, ...env },
    });
    const member = new Member(child, new Trail(file), { unread });
    this.members.push(member);
    return member;
  }

  /** By which its processes are known, and note what they compute. */
  get environment(): Readonly<Record<string, string>> {
    return { FAULTS_LOG: this.#log, TMPDIR: this.#temporary };
  }

  /** The runs that were begun and ended, by task id. */
  computed(): ReadonlyMap<string, Runs> {
    return this.noted.read().runs;
  }

  /** Lets a plan go on that awaits it. */
  cue(name: string): void {
    writeFileSync(join(this.#log, `${name}.cue`), '');
  }

  /** Waits until `count` tasks have begun. */
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
      this.processes()
        .map(({ pid, command }) => `${pid} ${command}`)
        .join('; ');
    await until(
      'process table without a process of the run',
      () => left() === '' || undefined,
      withinMs,
    ).catch(() => assert.unreachable(`still there: ${left()}`));
    assert.equal(readdirSync(this.#temporary), [], 'no temporary file is left');
  }

  /** That run now, also those that no member stands for. */
  processes(): ReturnType<typeof processesWith> {
    return processesWith('FAULTS_LOG', this.#log);
  }

  /** Signals all to go on and end, waits for it, and leaves nothing behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const member of this.members) {
      member.signal('SIGCONT');
      member.signal('SIGKILL');
    }
    for (const { pid } of this.processes()) killNow(pid);
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
