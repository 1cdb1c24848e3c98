/** A master under load and its slave processes: started in waves, checked, and killed whatever happens. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEventType } from '../../src/audit/events.js';
import { readTrailSet } from '../../src/audit/read/trail-set.js';
import { verifyTrail } from '../../src/audit/read/verify-trail.js';
import { LoadProcess } from './load-process.js';
import { Findings, type LoadRow } from './load-row.js';
import { availableBytes } from './memory.js';
import type { LoadMessage, MasterReport, SlaveReport, Workload } from './workload.js';

const START_WITHIN_MS = 300_000;
const END_WITHIN_MS = 300_000;
/** Left to the system, and to what grows later. */
const SPARE_BYTES = 1.5e9;
/** The memory of a slave that has just joined, generously. */
const SLAVE_BYTES = 70e6;

export interface ClusterOptions {
  readonly part: string;
  readonly what: string;
  readonly workload: Workload;
  readonly masterFlags?: readonly string[] | undefined;
  readonly nodeFlags?: readonly string[] | undefined;
}

/** The number of audit events of each type. */
export type EventCounts = Partial<Record<AuditEventType, number>>;

export interface ClusterOutcome {
  readonly master: MasterReport;
  readonly slaves: readonly SlaveReport[];
  readonly events: EventCounts;
  readonly findings: Findings;
}

type Member = LoadProcess<LoadMessage>;

export class LoadCluster implements AsyncDisposable {
  readonly folder: string;
  readonly master: Member;
  readonly slaves: Member[] = [];
  readonly #options: ClusterOptions;
  readonly #auditFile: string;

  private constructor(options: ClusterOptions) {
    this.#options = options;
    this.folder = mkdtempSync(join(tmpdir(), 'ts-mw-load-'));
    this.#auditFile = join(this.folder, 'audit');
    const { masterFlags = [], nodeFlags = [], workload } = options;
    const audit = ['--audit-file', this.#auditFile, '--audit-format', 'json'];
    const flags = ['--master', '--resource-file', this.resourceFile, ...audit, ...masterFlags];
    this.master = new LoadProcess('program', [...flags, '--', JSON.stringify(workload)], nodeFlags);
  }

  /** Resolves when slaves can join. */
  static async open(options: ClusterOptions): Promise<LoadCluster> {
    const cluster = new LoadCluster(options);
    try {
      await cluster.master.until('ready', START_WITHIN_MS);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get resourceFile(): string {
    return join(this.folder, 'resource');
  }

  /** Starts `wave` slaves at a time, each wave once the last one has joined; throws when memory runs short. */
  async startSlaves(count: number, wave = count): Promise<void> {
    for (let started = 0; started < count; started += wave) {
      const size = Math.min(wave, count - started);
      const missing = size * SLAVE_BYTES + SPARE_BYTES - availableBytes();
      if (missing > 0) throw new Error(`memory for ${size} more slaves is short by ${missing} bytes`);
      const joining = Array.from({ length: size }, () => this.#startSlave());
      await Promise.all(joining.map((slave) => slave.until('joined', START_WITHIN_MS)));
    }
  }

  #startSlave(): Member {
    const flags = ['--slave', '--resource-file', this.resourceFile, '--connect-timeout', '300'];
    const audit = ['--audit-file', join(this.folder, `audit-${this.slaves.length}`)];
    const slave: Member = new LoadProcess('program', [...flags, ...audit]);
    this.slaves.push(slave);
    return slave;
  }

  /** Has the master submit its tasks. */
  begin(): void {
    this.master.send('begin');
  }

  /** Waits for the end of all, and holds the master's count and its audit trail against each other. */
  async finish(withinMs: number): Promise<ClusterOutcome> {
    const { report: master } = await this.master.until('report', withinMs);
    const findings = new Findings();
    const code = await this.master.exit(END_WITHIN_MS);
    findings.expect(code === 'code 0', `the master ended with ${code}: ${this.master.errors}`);
    const slaves: SlaveReport[] = [];
    for (const slave of this.slaves) {
      const ended = await slave.exit(END_WITHIN_MS);
      findings.expect(ended === 'code 0', `a slave ended with ${ended}: ${slave.errors}`);
      if (ended === 'code 0') slaves.push((await slave.until('left', 0)).report);
    }
    findings.expectAllOk(master.tally, this.#options.workload.tasks ?? master.tally.submitted);
    const verdict = await verifyTrail(this.#auditFile);
    findings.expect(verdict.code === 0, `--audit-verify: ${verdict.text}`);
    const { submitted } = master.tally;
    const counted = `tasks ${submitted}: ok ${submitted},`;
    findings.expect(verdict.text.includes(counted), `--audit-verify counts otherwise: ${verdict.text}`);
    return { master, slaves, events: await this.#countEvents(), findings };
  }

  async #countEvents(): Promise<EventCounts> {
    const counts: EventCounts = {};
    for await (const { event } of readTrailSet(this.#auditFile)) {
      counts[event.type] = (counts[event.type] ?? 0) + 1;
    }
    return counts;
  }

  row({ master, slaves, findings }: ClusterOutcome, notes: readonly string[]): LoadRow {
    const { part, what } = this.#options;
    const { submitted: count, lost, doubled, reruns } = master.tally;
    return {
      part,
      what,
      count,
      lost,
      doubled,
      reruns,
      seconds: master.seconds,
      peakBytes: master.peakBytes,
      slaveBytes: slaves.length > 0 ? Math.max(...slaves.map((slave) => slave.peakBytes)) : undefined,
      notes,
      failures: findings.failures,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.master, ...this.slaves].map((process) => process.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Nobody lost, nothing run again: what a load without faults must keep. */
export function expectQuiet({ master, slaves, events, findings }: ClusterOutcome): void {
  findings.expect(master.tally.reruns === 0, `${master.tally.reruns} tasks were run more than once`);
  for (const type of ['slave-lost', 'task-reclaimed', 'result-dropped', 'audit-dropped'] as const) {
    findings.expect(events[type] === undefined, `${events[type]} times ${type}`);
  }
  const runs = slaves.reduce((sum, slave) => sum + slave.runs, 0);
  const { submitted } = master.tally;
  findings.expect(runs === submitted, `the slaves ran ${runs} tasks, the master submitted ${submitted}`);
}

/** Peak memory of the processes, in bytes. */
export function expectMemory(
  { master, slaves, findings }: ClusterOutcome,
  most: { readonly master: number; readonly slave?: number | undefined },
): void {
  findings.bound('peak memory of the master', master.peakBytes, most.master, 'bytes');
  if (most.slave === undefined) return;
  for (const { peakBytes } of slaves)
    findings.bound('peak memory of a slave', peakBytes, most.slave, 'bytes');
}
