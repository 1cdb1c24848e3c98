/** What goes wrong in a simulation and when: every seed has some of everything, each in its own measure. */

import type { Cluster } from './cluster.js';
import type { Weather } from './network.js';
import type { Chance } from './scheduler.js';

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

/** Schedules the faults of `forMs`; all of them are over by then, but for what they have left behind. */
export function scheduleFaults(cluster: Cluster, forMs: number): void {
  const { scheduler, chance, network, master } = cluster;
  // A master that is frozen while its connection is gone looks dead to its slaves, and rightly so.
  const watch = master.sentinel.connection;
  const sometime = (run: () => void): void => scheduler.after(chance.between(0, forMs), run);
  const times = (least: number, most: number, run: () => void): void => {
    for (let count = chance.between(least, most); count > 0; count--) sometime(run);
  };

  times(1, 2, () => {
    if (!network.isUp) return;
    const outageMs = chance.between(100, 4_000);
    cluster.note(`FAULT the broker is down for ${outageMs} ms`);
    network.goDown();
    scheduler.after(outageMs, () => network.comeUp());
  });
  times(1, 4, () => {
    const slave = cluster.someSlave();
    if (slave === undefined) return;
    const { pid } = slave;
    const known = chance.happens(0.4);
    slave.kill('killed by chance', known ? 0 : chance.pick([0, 0, 1_000, 6_000]));
    if (known) scheduler.after(chance.between(1, 50), () => master.processGone(pid, 'process exited'));
  });
  times(1, 3, () => {
    const slave = cluster.someSlave();
    const frozenMs = chance.pick([300, 1_500, 4_000, 8_000]);
    cluster.note(`FAULT pid ${slave?.pid} is frozen for ${frozenMs} ms`);
    slave?.freeze();
    scheduler.after(frozenMs, () => slave?.thaw());
  });
  times(2, 6, () => {
    const connections = [...network.connections].filter((one) => one !== watch || !master.main.isFrozen);
    if (connections.length === 0) return;
    const connection = chance.pick(connections);
    cluster.note(`FAULT the connection of ${connection.name} is cut`);
    connection.cut(chance.pick([0, 0, 50, 400]));
  });
  times(0, 2, () => {
    const blockedMs = chance.pick([300, 2_000, 8_000]);
    cluster.note(`FAULT the master algorithm computes for ${blockedMs} ms`);
    master.main.deliver(() => master.main.block(blockedMs, () => {}));
  });
  times(0, 1, () => {
    if (!watch.isAttached) return;
    const frozenMs = chance.pick([500, 2_000, 6_000]);
    cluster.note(`FAULT the master is frozen for ${frozenMs} ms`);
    master.freeze();
    scheduler.after(frozenMs, () => master.thaw());
  });
}
