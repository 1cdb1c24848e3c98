/** A few seeds of each kind of the simulation, without the looks at memory: what a mutant has to stand. */
import { Cluster, type ClusterOptions } from '../simulation/cluster.js';

const SEEDS_OF_A_KIND = 4;
const KINDS: readonly ClusterOptions['faults'][] = ['all', 'stalls', 'islands', 'long islands'];

for (let seed = 1; seed <= SEEDS_OF_A_KIND; seed++) {
  for (const faults of KINDS) {
    new Cluster({ seed, faults, checksMemory: false, trace: undefined }).run();
  }
}
console.log(`Passed: ${SEEDS_OF_A_KIND * KINDS.length}`);
