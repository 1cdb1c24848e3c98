/**
 * `npm run bench`: throughput and round trips, the master's cost against the depth of its queue and
 * against the size of its cluster, what a policy and a checkpoint add, what large values cost, the memory of
 * tasks drawn from a generator, what it takes to start, what slow slaves cost, how soon tasks of mixed
 * length are done, how fast a hundred slaves are, how near a crawl comes to what its queues allow, what cells cost, calls over collections
 * beside pools of threads, what scopes of control flow add, what standing servers cost, and what it costs to
 * watch a master.
 *
 *     npm run bench -- --quick               about 4 minutes
 *     npm run bench -- --json figures.json   the figures as JSON too
 *     npm run bench -- --only throughput --groups 1,auto --slaves 1 --brokers embedded
 *     npm run bench -- --repeats 5           of each measurement but submit-all, which is one long run
 *     npm run bench -- --only collections --elements 10000000    the length of the pmapIterable
 */

import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type CellsRow, cellsLine, measureCells } from './cells.js';
import { type CheckpointRow, checkpointLine, measureCheckpoint } from './checkpoint.js';
import { type ClusterRow, clusterLine, measureClusters } from './cluster.js';
import { type CollectionsRow, collectionsHead, collectionsLine, measureCollections } from './collections.js';
import { missingPools } from './contenders.js';
import { type CrawlRow, crawlLine, measureCrawl } from './crawl.js';
import { type CrowdRow, crowdLine, measureCrowd } from './crowd.js';
import { type FarmRow, farmLines, measureFarm } from './farm.js';
import { type FlowRow, flowLine, measureFlow } from './flow.js';
import { type IterateRow, iterateLine, measureIterations } from './iterate.js';
import { type MixedRow, measureMixed, mixedLine } from './mixed.js';
import { measurePeers, type PeerRow, peerLine, peersHead } from './peers.js';
import { measurePolicies, type PolicyRow, policyLine } from './policies.js';
import { type DepthRow, depthLine, measureQueueDepths } from './queue-depth.js';
import { tableHead, tableLine } from './report.js';
import { measureStartUp, type StartUpRow, startUpLines } from './start-up.js';
import { measureStragglers, type StragglersRow, stragglersLine } from './stragglers.js';
import { measureSubmitAll, type SubmitAllRow, submitAllLine } from './submit-all.js';
import {
  type BrokerName,
  brokersHere,
  type GroupSize,
  measureThroughput,
  type ThroughputRow,
} from './throughput.js';
import { measureValues, type ValueRow, valueLine } from './values.js';
import { measureWatching, type WatchingRow } from './watching.js';

const PARTS = [
  'throughput',
  'queue-depth',
  'cluster',
  'policies',
  'checkpoint',
  'values',
  'submit-all',
  'start-up',
  'stragglers',
  'mixed',
  'crowd',
  'crawl',
  'cells',
  'collections',
  'flow',
  'farm',
  'watching',
];
/** Compares with other libraries, and takes long: only if it is asked for. */
const PEERS = 'peers';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string', default: PARTS.join() },
    groups: { type: 'string' },
    slaves: { type: 'string', default: '1,2' },
    brokers: { type: 'string', default: brokersHere().join() },
    repeats: { type: 'string' },
    elements: { type: 'string' },
  },
});

const { quick } = flags;
const parts = flags.only.split(',');
if (flags.peers) parts.push(PEERS);
for (const part of parts) {
  if (![...PARTS, PEERS].includes(part)) {
    throw new Error(`--only takes ${PARTS.join(', ')} and ${PEERS}; got ${part}`);
  }
}
const groups = (flags.groups ?? (quick ? '1,100,auto' : '1,10,100,1000,auto')).split(',');

for (const flag of ['repeats', 'elements'] as const) {
  const typed = flags[flag];
  if (typed === undefined || /^[1-9]\d*$/.test(typed)) continue;
  throw new Error(`--${flag} takes a whole number above 0; got ${typed}`);
}
const repeats = (short: number, full: number): number => Number(flags.repeats ?? (quick ? short : full));

let throughput: ThroughputRow[] = [];
let depths: DepthRow[] = [];
let clusters: ClusterRow[] = [];
let policies: PolicyRow[] = [];
let checkpoint: CheckpointRow | undefined;
let values: ValueRow[] = [];
let drawn: SubmitAllRow[] = [];
let startUp: StartUpRow | undefined;
let stragglers: StragglersRow[] = [];
let mixed: MixedRow | undefined;
let crowd: CrowdRow[] = [];
let crawl: CrawlRow | undefined;
let cells: CellsRow | undefined;
let collections: CollectionsRow[] = [];
let iterations: IterateRow[] = [];
let flow: FlowRow[] = [];
let farm: FarmRow | undefined;
let watching: WatchingRow | undefined;
let peers: PeerRow[] = [];

const conditions = {
  node: process.version,
  cores: availableParallelism(),
  processor: cpus()[0]?.model ?? 'unknown',
  loadBefore: loadavg()[0],
  time: new Date().toISOString(),
};
console.log(
  `Node ${conditions.node}, ${conditions.cores} cores (${conditions.processor}), load ${conditions.loadBefore?.toFixed(1)}, audit trail to a file\n`,
);
if (parts.includes('throughput')) {
  console.log(tableHead());
  throughput = await measureThroughput(
    {
      slaves: flags.slaves.split(',').map(Number),
      brokers: flags.brokers.split(',') as BrokerName[],
      groups: groups.map((group): GroupSize => (group === 'auto' ? group : Number(group))),
      repeats: repeats(1, 5),
      share: quick ? 0.5 : 1,
    },
    (row) => console.log(tableLine(row)),
  );
}
if (parts.includes('queue-depth')) {
  console.log("\nThe master's cost of a task by the number of queued tasks");
  depths = await measureQueueDepths({ repeats: repeats(1, 5) });
  for (const row of depths) console.log(depthLine(row, depths));
}
if (parts.includes('cluster')) {
  console.log("\nThe master's cost of a task by the number of slaves, the whole cluster in one process");
  clusters = measureClusters({ repeats: repeats(1, 5) });
  for (const row of clusters) console.log(clusterLine(row, clusters));
}
if (parts.includes('policies')) {
  console.log("\nThe master's cost of a task with a policy, in groups of 100");
  policies = measurePolicies({ repeats: repeats(5, 15) });
  for (const row of policies) console.log(policyLine(row));
}
if (parts.includes('checkpoint')) {
  console.log('\nTasks in groups of 100 with a checkpoint, and without');
  checkpoint = await measureCheckpoint({ repeats: repeats(3, 7) });
  console.log(checkpointLine(checkpoint));
}
if (parts.includes('values')) {
  console.log('\nLarge values, encoded and decoded, against structuredClone');
  values = measureValues({ repeats: repeats(3, 7) });
  for (const row of values) console.log(valueLine(row));
}
if (parts.includes('submit-all')) {
  console.log('\nTasks drawn by submitAll, group auto, one slave, broker embedded');
  drawn = await measureSubmitAll({ tasks: quick ? 500_000 : 10_000_000 });
  for (const row of drawn) console.log(submitAllLine(row));
}
if (parts.includes('start-up')) {
  console.log('\nFrom the start of a process, the library as it is published');
  startUp = await measureStartUp({ repeats: repeats(10, 20) });
  for (const line of startUpLines(startUp)) console.log(line);
}
if (parts.includes('stragglers')) {
  console.log(
    '\n1,000 tasks of 50 ms, with a slave that is ten times slower and one that is stopped for 5 s',
  );
  stragglers = await measureStragglers({ repeats: repeats(1, 5) });
  for (const row of stragglers) console.log(stragglersLine(row));
}
if (parts.includes('mixed')) {
  console.log('\n1,000 tasks of log-normal length (mean 20 ms, sigma 2) on four slaves');
  mixed = await measureMixed({ repeats: repeats(2, 5) });
  console.log(mixedLine(mixed));
}
if (parts.includes('crowd')) {
  console.log('\nNo-op tasks per second under auto on many slave processes, and on one');
  const starts = quick ? 1 : 3;
  crowd = await measureCrowd({ slaves: 100, starts, repeats: repeats(2, 5), share: quick ? 0.5 : 1 });
  for (const row of crowd) console.log(crowdLine(row));
}
if (parts.includes('crawl')) {
  console.log('\n500 pages of 20 ms on 20 hosts, 4 at once and 10 per second of a host, two slaves');
  crawl = await measureCrawl({ repeats: repeats(2, 5) });
  console.log(crawlLine(crawl));
}
if (parts.includes('cells')) {
  console.log('\nCells: two slaves with tasks that never await, broker embedded');
  cells = await measureCells({ repeats: repeats(1, 5) });
  console.log(cellsLine(cells));
}
if (parts.includes('collections')) {
  console.log('\nCollections, broker embedded, slaves as processes, in turns: medians, and least to most');
  for (const missing of missingPools()) console.log(missing);
  const options = { workers: flags.slaves.split(',').map(Number), repeats: repeats(3, 7) };
  collections = await measureCollections(options);
  console.log(collectionsHead());
  for (const row of collections) console.log(collectionsLine(row));
  console.log('\nOne pmapIterable of n + 1: elements per second, and memory');
  iterations = await measureIterations({ ...options, elements: Number(flags.elements ?? 1_000_000) });
  for (const row of iterations) console.log(iterateLine(row));
}
if (parts.includes('flow')) {
  console.log('\n10,000 tasks that do nothing, awaited together: processor time of the master');
  flow = await measureFlow({ repeats: repeats(5, 15) });
  for (const row of flow) console.log(flowLine(row));
}
if (parts.includes('farm')) {
  console.log('\nStanding servers on this machine, one slot each, broker embedded');
  farm = await measureFarm({ repeats: repeats(3, 7) });
  for (const line of farmLines(farm)) console.log(line);
}
if (parts.includes('watching')) {
  const drawn = quick ? 500_000 : 10_000_000;
  const less = quick ? '; --quick draws 500,000 tasks for the memory, not 10,000,000' : '';
  console.log(`\nWith dashboard, metrics and progress, and without, one slave, broker embedded${less}`);
  const options = { repeats: repeats(3, 9), share: quick ? 0.5 : 1, drawn, slaves: 5_000, updates: 100 };
  watching = await measureWatching(options, console.log);
}
if (parts.includes(PEERS)) {
  console.log('\nTasks that do nothing, by ts-mw and by others, in turns: medians, and least to most');
  const options = { workers: flags.slaves.split(',').map(Number), repeats: repeats(2, 5) };
  console.log(peersHead());
  peers = await measurePeers(options, console.log, (row) => console.log(peerLine(row)));
}
if (flags.json !== undefined) {
  writeFileSync(
    flags.json,
    `${JSON.stringify({ conditions, throughput, depths, clusters, policies, checkpoint, values, drawn, startUp, stragglers, mixed, crowd, crawl, cells, collections, iterations, flow, farm, watching, peers }, null, 2)}\n`,
  );
}
