/** The faults of a simulation and their times: every seed has some of everything, each in its own measure. */

import { FIRST_SERVER, type Network, SECOND_SERVER, type Weather } from './network.js';
import type { Chance, Scheduler } from './scheduler.js';
import type { SimulatedMaster } from './simulated-master.js';
import type { SimulatedPort } from './simulated-port.js';
import type { SimulatedSlave } from './simulated-slave.js';

/** Everything that can go wrong is here. */
export interface Faulty {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly network: Network;
  readonly master: SimulatedMaster;
  /** Whether the second server is down, or apart from the first. */
  isCutOff: boolean;
  /** Processes that live and are not frozen: one of them. */
  someSlave(): SimulatedSlave | undefined;
  /** One of the data ports that stand. */
  somePort(): SimulatedPort | undefined;
  /** A line of the trace. */
  note(what: string): void;
}

/** Longer than any simulation: the broker never learns that a machine is gone. */
const NEVER_MS = 10_000_000;
/** From one absence of a server to the next: its slaves are heard meanwhile. */
const APART_MS = 2_000;

export function inventWeather(chance: Chance): Weather {
  return {
    drop: chance.pick([0.005, 0.02, 0.08]),
    repeat: chance.pick([0.005, 0.03, 0.1]),
    refuse: chance.pick([0, 0.01, 0.05]),
    delay: chance.pick([0.02, 0.1, 0.3]),
    delayMs: chance.pick([30, 300, 1_200]),
    reorder: chance.pick([0.1, 0.5, 1]),
  };
}

/** Everything that can go wrong within `forMs`; some of it takes a while longer to pass. */
export function scheduleFaults(cluster: Faulty, forMs: number): void {
  const { chance } = cluster;
  times(cluster, chance.between(1, 2), forMs, () => stopBroker(cluster));
  times(cluster, chance.between(0, 2), forMs, () => cutOff(cluster, [300, 1_000, 2_300]));
  times(cluster, chance.between(1, 4), forMs, () => killSlave(cluster));
  times(cluster, chance.between(0, 3), forMs, () => cluster.someSlave()?.leave());
  times(cluster, chance.between(0, 2), forMs, () => cluster.someSlave()?.fail());
  times(cluster, chance.between(1, 3), forMs, () => freezeSlave(cluster, [300, 1_500, 4_000, 8_000]));
  times(cluster, chance.between(2, 6), forMs, () => cutConnection(cluster));
  times(cluster, chance.between(2, 6), forMs, () => cutPort(cluster));
  times(cluster, chance.between(0, 3), forMs, () => stallPort(cluster));
  times(cluster, chance.between(0, 2), forMs, () => blockMaster(cluster));
  times(cluster, chance.between(0, 1), forMs, () => freezeMaster(cluster));
}

/** Processes that do not answer for a while, none of which may be taken for dead. */
export function scheduleStalls(cluster: Faulty, forMs: number): void {
  times(cluster, 3, forMs, () => freezeSlave(cluster, [300, 1_000]));
  times(cluster, 2, forMs, () => blockMaster(cluster));
  times(cluster, 2, forMs, () => freezeMaster(cluster));
  times(cluster, 3, forMs, () => cutPort(cluster));
  times(cluster, 1, forMs, () => stallPort(cluster));
}

/** The slaves' server is down or apart for so long. */
export function scheduleIslands(
  cluster: Faulty,
  forMs: number,
  durationsMs: readonly number[],
  parts: boolean,
): void {
  times(cluster, 4, forMs, () => cutOff(cluster, durationsMs, parts));
  times(cluster, 1, forMs, () => freezeSlave(cluster, [300, 1_000]));
  times(cluster, 1, forMs, () => blockMaster(cluster));
}

function times({ scheduler, chance }: Faulty, count: number, forMs: number, run: () => void): void {
  for (let left = count; left > 0; left--) scheduler.after(chance.between(0, forMs), run);
}

function stopBroker(cluster: Faulty): void {
  const { network, scheduler, chance } = cluster;
  if (!network.isUp(FIRST_SERVER)) return;
  const outageMs = chance.between(100, 4_000);
  cluster.note(`FAULT the broker is down for ${outageMs} ms`);
  for (const server of [FIRST_SERVER, SECOND_SERVER]) {
    network.goDown(server);
    scheduler.after(outageMs, () => network.comeUp(server));
  }
}

/**
 * All slaves of the second server live, and cannot be heard: it is down, or the way to it is. Slaves that are
 * told for longer than the timeout that nobody listens end, and those that are told nothing do not.
 */
function cutOff(cluster: Faulty, durationsMs: readonly number[], mayPart = true): void {
  const { network, scheduler, chance } = cluster;
  if (cluster.isCutOff || !network.isUp(SECOND_SERVER)) return;
  const ms = chance.pick(durationsMs);
  const parts = mayPart && chance.happens(0.5);
  cluster.note(`FAULT the second server is ${parts ? 'apart' : 'down'} for ${ms} ms`);
  cluster.isCutOff = true;
  if (parts) network.part(SECOND_SERVER);
  else network.goDown(SECOND_SERVER);
  scheduler.after(ms + APART_MS, () => {
    cluster.isCutOff = false;
  });
  scheduler.after(ms, () => {
    network.rejoin(SECOND_SERVER);
    if (!parts) network.comeUp(SECOND_SERVER);
  });
}

function killSlave(cluster: Faulty): void {
  const { scheduler, chance, master } = cluster;
  const slave = cluster.someSlave();
  if (slave === undefined) return;
  const { pid } = slave;
  const known = chance.happens(0.4);
  slave.kill('killed by chance', known ? 0 : chance.pick([0, 0, 1_000, NEVER_MS]));
  if (known) scheduler.after(chance.between(1, 50), () => master.processGone(pid, 'process exited'));
}

function freezeSlave(cluster: Faulty, durationsMs: readonly number[]): void {
  const slave = cluster.someSlave();
  if (slave === undefined) return;
  const frozenMs = cluster.chance.pick(durationsMs);
  cluster.note(`FAULT pid ${slave.pid} is frozen for ${frozenMs} ms`);
  slave.freeze();
  cluster.scheduler.after(frozenMs, () => slave.thaw());
}

function cutConnection(cluster: Faulty): void {
  const { network, chance, master } = cluster;
  const judges = master.sentinel.connection;
  // A master that is frozen while its connection is gone looks dead to its slaves, and rightly so.
  const connections = [...network.connections].filter((one) => one !== judges || !master.main.isFrozen);
  if (connections.length === 0) return;
  const connection = chance.pick(connections);
  cluster.note(`FAULT the connection of ${connection.name} is cut`);
  connection.cut(chance.pick([0, 0, 50, 400]));
}

function cutPort(cluster: Faulty): void {
  cluster.note('FAULT a data port is cut');
  cluster.somePort()?.cut();
}

function stallPort(cluster: Faulty): void {
  const port = cluster.somePort();
  if (port === undefined) return;
  cluster.note('FAULT a data port carries nothing from now on');
  port.isStalled = true;
}

function blockMaster(cluster: Faulty): void {
  const { main } = cluster.master;
  const blockedMs = cluster.chance.pick([300, 2_000, 8_000]);
  cluster.note(`FAULT the master algorithm computes for ${blockedMs} ms`);
  main.deliver(() => main.block(blockedMs, () => {}));
}

function freezeMaster(cluster: Faulty): void {
  const { master, scheduler, chance } = cluster;
  if (!master.sentinel.connection.isAttached || master.main.isFrozen) return;
  const frozenMs = chance.pick([500, 2_000, 6_000]);
  cluster.note(`FAULT the master is frozen for ${frozenMs} ms`);
  master.freeze();
  scheduler.after(frozenMs, () => master.thaw());
}
