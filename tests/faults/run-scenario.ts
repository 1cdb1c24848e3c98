/** Runs one scenario on one broker with one seed, and holds what came of it against what the slaves noted. */

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { verifyTrail } from '../../src/audit/read/verify-trail.js';
import { Chance } from '../simulation/scheduler.js';
import { FaultyWay } from './faulty-way.js';
import { preloadClock } from './preload-clock.js';
import type { Step } from './program.js';
import type { Scenario, Settings } from './scenarios/scenario.js';
import { clockFile, Stage } from './stage.js';
import { SERVER_TOKEN, StandingServer } from './standing-server.js';
import { type BrokerName, Cluster, type MasterOptions, type Member, type SlaveOptions } from './support.js';

const NAPS = [{ submit: 'nap', args: [50] }] as const;
const ENOUGH = 'enough';

export interface Outcome {
  readonly name: string;
  readonly broker: BrokerName;
  readonly seed: number;
  /** That were submitted, each of which had its one fate. */
  readonly tasks: number;
  /** That were begun more than once, because a slave was lost or a run failed. */
  readonly ranAgain: number;
  /** The longest, from the fault to the next work of what it struck. */
  readonly recoveryMs: number;
}

/** Rejects with the scenario's name and seed if anything is not as it must be. */
export async function runScenario(scenario: Scenario, broker: BrokerName, seed: number): Promise<Outcome> {
  try {
    return await run(scenario, broker, seed);
  } catch (error) {
    throw new Error(`${scenario.name} (${broker}, seed ${seed}): ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function run(scenario: Scenario, broker: BrokerName, seed: number): Promise<Outcome> {
  const { settings = {} } = scenario;
  const chance = new Chance(seed);
  await using cluster = await Cluster.open(broker, {
    clientTimeout: settings.clientTimeout ?? 3,
    servers: settings.servers ?? 'trio',
  });
  const servers = await StandingServer.startSome(cluster, settings.standing ?? 0);
  const first = earlyTarget(cluster, servers, settings);
  await using early = first === undefined ? undefined : await FaultyWay.open(first);
  await cluster.startMaster(masterOf(cluster, servers, settings, early?.port));
  const target = lateTarget(cluster, settings);
  await using late = target === undefined ? undefined : await FaultyWay.open(target);
  const slaves = await startSlaves(cluster, settings, late);
  const stage = new Stage({ cluster, chance, slaves, servers, way: early ?? late });
  await cluster.begun(chance.between(3, 30));
  await scenario.strike(stage);
  cluster.cue(ENOUGH);
  return { name: scenario.name, broker, seed, ...(await check(stage, settings)) };
}

function masterOf(
  cluster: Cluster,
  servers: readonly StandingServer[],
  settings: Settings,
  wayPort: number | undefined,
): MasterOptions {
  const { masterFlags = [], masterNodeFlags, checkpoint, clock, way } = settings;
  const flags = [...masterFlags];
  if (checkpoint) flags.push('--checkpoint', join(cluster.folder, 'checkpoint'));
  if (servers.length > 0) {
    const ports = servers.map(({ port }) => port);
    if (way === 'first server' && wayPort !== undefined) ports[0] = wayPort;
    flags.push('--servers', ports.map((port) => `127.0.0.1:${port}`).join());
  }
  return {
    plan: { steps: stepsOf(settings) },
    flags,
    nodeFlags: masterNodeFlags,
    env: servers.length > 0 ? SERVER_TOKEN : undefined,
    ...(clock === 'master' ? preloadClock(clockFile(cluster)) : {}),
    port: way === 'master' ? wayPort : undefined,
  };
}

/** The port that the way leads to which is opened before the master runs. */
function earlyTarget(
  { nats }: Cluster,
  [server]: readonly StandingServer[],
  { way }: Settings,
): number | undefined {
  if (way === 'first server') return server?.port;
  return way === 'master' ? (nats?.port ?? 0) : undefined;
}

/** The port that the way leads to which is opened once the master runs. */
function lateTarget({ brokerPort, trail }: Cluster, { way }: Settings): number | undefined {
  if (way === 'first slave' || way === 'slaves') return brokerPort;
  return way === 'data ports' ? trail.all('data-port-ready')[0]?.port : undefined;
}

function stepsOf({ before = [], flow = NAPS, pending = 12 }: Settings): Step[] {
  return [...before, { flow, pending, cue: ENOUGH }];
}

async function startSlaves(
  cluster: Cluster,
  { standing = 0, slaves = standing > 0 ? 0 : 2, slave = {}, way, clock }: Settings,
  through: FaultyWay | undefined,
): Promise<Member[]> {
  const options: SlaveOptions =
    clock === 'slaves' ? { ...slave, ...preloadClock(clockFile(cluster)) } : slave;
  if (through === undefined) return cluster.joinSlaves(slaves, options);
  const flags = options.flags ?? [];
  if (way === 'data ports') {
    return cluster.joinSlaves(slaves, { ...options, flags: [...flags, '--data-port', String(through.port)] });
  }
  const viaWay = { ...options, port: through.port, flags: [...flags, '--no-data-port'] };
  if (way === 'slaves') return cluster.joinSlaves(slaves, viaWay);
  const first = await cluster.joinSlaves(1, viaWay);
  return [...first, ...(await cluster.joinSlaves(slaves - 1, options))];
}

async function check(
  { cluster, slaves, servers, casualties, recoveries }: Stage,
  { expect = {} }: Settings,
): Promise<Pick<Outcome, 'tasks' | 'ranAgain' | 'recoveryMs'>> {
  const report = await cluster.finish(undefined, { restarted: expect.restarted });
  for (const slave of slaves) {
    if (casualties.has(slave)) continue;
    assert.is(await slave.exit(), 0, `a slave is told to shut down: ${slave.errors}`);
  }
  for (const server of servers) await server.end();
  const others = report.fates.filter(({ status }) => status !== 'ok');
  assert.is(others.length, expect.unrunnable ?? 0, `so many fates are not ok: ${JSON.stringify(others)}`);
  if (expect.unharmed) {
    report.checkNobodyLost();
    report.checkOnce();
  }
  if (expect.lost !== undefined)
    assert.is(report.trail.all('slave-lost').length, expect.lost, 'sessions are lost');
  if (!expect.restarted) report.checkRunsHaveCauses();
  const { code, text } = await verifyTrail(report.trail.path);
  assert.is(code, 0, `--audit-verify: ${text}`);
  await cluster.checkNothingLeft();
  return {
    tasks: report.fates.length,
    ranAgain: report.ranAgain,
    recoveryMs: Math.max(0, ...recoveries),
  };
}
