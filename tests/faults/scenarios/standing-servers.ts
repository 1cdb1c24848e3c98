/** Standing servers that lend a master its slaves: they, their master, or the way between them are struck. */

import * as assert from 'uvu/assert';
import { fatesSoFar } from '../report.js';
import type { Stage } from '../stage.js';
import type { StandingServer } from '../standing-server.js';
import { pass, until } from '../support.js';
import type { Scenario, Settings } from './scenario.js';

/** Of tasks, that begin in each scenario at least. */
const RUNS = 400;
/** A silent master is looked for at each beat, and then its connection is given a second to take what was said last. */
const BEAT_AND_LINGER_MS = 2_000;
/** Slaves are lent, and run naps. */
const LENT: Settings = { standing: 2, flow: [{ submit: 'nap', args: [8] }], pending: 100 };
/** Data goes to the first server and back. */
const DATA_LENT: Settings = {
  ...LENT,
  flow: [{ submit: 'ferry', args: [{ bytes: 2_000 }] }],
  way: 'first server',
};

/** Of servers that were lost, or could not be reached. */
function machineFailures({ cluster }: Stage): unknown[] {
  return cluster.trail.all('machine-state').filter(({ state }) => state === 'failing');
}

/** At a moment of the seed in the middle of the work. */
async function atWork({ cluster, chance, servers }: Stage): Promise<void> {
  const { noted } = cluster;
  const begins = ({ pid }: { readonly pid: number }) => noted.hasBegun(pid);
  await until(
    'work of both servers',
    () => noted.read() && servers.every((one) => one.slaves().some(begins)),
  );
  await cluster.begun(noted.begun + chance.between(10, 200));
}

async function killServer(stage: Stage): Promise<void> {
  const { cluster, servers } = stage;
  await atWork(stage);
  const server = stage.chance.pick(servers);
  const slaves = server.slaves();
  await stage.end(server.member);
  await server.untilSlavesEnded();
  await stage.doneByOthers(slaves);
  await server.start();
  await stage.serverBackToWork(server);
  await cluster.begun(RUNS);
}

/** Results that the first master's program had are kept, and not computed again. */
async function killMaster(stage: Stage): Promise<void> {
  const { cluster, servers } = stage;
  const { master: first, noted } = cluster;
  await atWork(stage);
  await stage.end(first);
  await Promise.all(servers.map((server) => server.untilRid()));
  const had = fatesSoFar(first.output).map(({ taskId }) => taskId);
  noted.read();
  const begunBefore = had.map((taskId) => noted.runs.get(taskId)?.begun);
  await cluster.startMasterAgain();
  const { results } = await cluster.trail.until('checkpoint-opened');
  assert.ok(had.length > 0 && results >= had.length, `${results} are kept of ${had.length} at least`);
  await Promise.all(servers.map((server) => stage.serverBackToWork(server)));
  await until('all tasks begun', () => noted.read().runs.size >= RUNS || undefined);
  const begunNow = had.map((taskId) => noted.runs.get(taskId)?.begun);
  assert.equal(begunNow, begunBefore, 'no task is begun again whose result is kept');
}

/** `strike` ends the lease, and the way takes no connection until the server has nothing of the master. */
async function strikeAndRefuse(stage: Stage, strike: (way: Stage['way']) => void): Promise<void> {
  const { way } = stage;
  const [server] = stage.servers as [StandingServer];
  way.closed = true;
  strike(way);
  await server.untilRid(BEAT_AND_LINGER_MS);
  way.closed = false;
  way.resume();
  await stage.serverBackToWork(server);
}

async function cut(stage: Stage): Promise<void> {
  const { cluster, way } = stage;
  const [server] = stage.servers as [StandingServer];
  await atWork(stage);
  const { taken } = way;
  way.cutInside();
  // Connections with little to say are torn later, or not at all
  await until('a torn connection that is made again', () => way.taken > taken || undefined);
  await stage.serverBackToWork(server);
  await strikeAndRefuse(stage, () => way.cut());
  await cluster.begun(RUNS);
}

async function stall(stage: Stage): Promise<void> {
  const { cluster, way } = stage;
  const [server] = stage.servers as [StandingServer];
  await atWork(stage);
  way.stall();
  await pass(stage.chance.between(500, 1_500));
  way.resume();
  await stage.serverBackToWork(server);
  assert.equal(cluster.trail.all('slave-lost'), [], 'a short stall does no harm');
  assert.equal(machineFailures(stage), [], 'nor to the lease');
  await strikeAndRefuse(stage, () => way.stall());
  await cluster.begun(RUNS);
}

/** Its slaves wait for it, as for a machine that sleeps, and it ends them when it goes on. */
async function freezeServer(stage: Stage): Promise<void> {
  const { cluster } = stage;
  const server = stage.chance.pick(stage.servers);
  await atWork(stage);
  const slaves = server.slaves();
  server.member.signal('SIGSTOP');
  await until('its loss', () => machineFailures(stage).length > 0 || undefined);
  await stage.doneByOthers(slaves);
  server.member.signal('SIGCONT');
  await stage.serverBackToWork(server);
  const left = () => server.slaves().filter(({ pid }) => slaves.some((slave) => slave.pid === pid));
  await until('end of its earlier slaves', () => left().length === 0 || undefined);
  await cluster.begun(RUNS);
}

async function freezeMaster(stage: Stage): Promise<void> {
  const { cluster, servers } = stage;
  await atWork(stage);
  cluster.master.signal('SIGSTOP');
  await Promise.all(servers.map((server) => server.untilRid(BEAT_AND_LINGER_MS)));
  cluster.master.signal('SIGCONT');
  await Promise.all(servers.map((server) => stage.serverBackToWork(server)));
  await cluster.begun(RUNS);
}

export const STANDING_SERVERS: readonly Scenario[] = [
  {
    name: 'kill -9 of one of two standing servers, which is started again',
    brokers: 'either',
    settings: LENT,
    strike: killServer,
  },
  {
    name: 'kill -9 of a master with a checkpoint on two standing servers, which is started again',
    brokers: 'either',
    settings: {
      ...LENT,
      before: [{ submit: 'nap', args: [8, { number: true }], count: RUNS }],
      checkpoint: true,
      expect: { restarted: true },
    },
    strike: killMaster,
  },
  {
    name: 'cuts inside what goes to and from one of two standing servers, then a cut for a while',
    brokers: 'embedded',
    settings: DATA_LENT,
    strike: cut,
  },
  {
    name: 'stalls of the connections to one of two standing servers, shorter and longer than the timeout',
    brokers: 'embedded',
    settings: { ...DATA_LENT, clientTimeout: 4 },
    strike: stall,
  },
  {
    name: 'SIGSTOP of one of two standing servers, longer than the timeout',
    brokers: 'either',
    settings: LENT,
    strike: freezeServer,
  },
  {
    name: 'SIGSTOP of the master of two standing servers, longer than the timeout',
    brokers: 'either',
    settings: LENT,
    strike: freezeMaster,
  },
];
