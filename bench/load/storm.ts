/** Slaves join and leave by the hundred each second, while tasks go on. */

import { LoadCluster } from './load-cluster.js';
import { LoadProcess } from './load-process.js';
import { type LoadRow, megabytes } from './load-row.js';
import type { RawSlavesMessage, RawSlavesOptions, RawSlavesReport } from './raw-slaves.js';

const PROCESSES = 2;
const STEADY_SLAVES = 2;
const TASK_MS = 2;
const TARGET = 2_000;
const LIFE_MS = 2_000;
/** After the last of the storm: what is left must be done, and all must be told. */
const REST_MS = 120_000;
const MOST_MASTER_BYTES = 600e6;

export async function measureStorm({ rate, seconds }: { rate: number; seconds: number }): Promise<LoadRow[]> {
  await using cluster = await LoadCluster.open({
    part: 'storm',
    what: `${rate} slaves join and leave each second, for ${seconds} s`,
    workload: { targetNumber: TARGET, taskMs: TASK_MS },
    nodeFlags: ['--expose-gc'],
  });
  await cluster.startSlaves(STEADY_SLAVES);
  cluster.begin();
  const { resourceFile } = cluster;
  const count = (rate * seconds) / PROCESSES;
  const options: RawSlavesOptions = { resourceFile, rate: rate / PROCESSES, count, lifeMs: LIFE_MS };
  const reports = await runRawSlaves(options, PROCESSES, seconds * 10_000 + REST_MS);
  cluster.master.send('enough');
  const outcome = await cluster.finish(REST_MS);
  const { events, findings, master } = outcome;
  const joined = sum(reports, (report) => report.joined);
  const said = sum(reports, (report) => report.said);
  const cut = sum(reports, (report) => report.cut);
  for (const failure of reports.flatMap(({ failures }) => failures)) findings.failures.push(failure);
  findings.expect(joined === rate * seconds, `${joined} slaves joined`);
  findings.expect(
    events['slave-connecting'] === joined + STEADY_SLAVES,
    `the audit trail reports ${events['slave-connecting']} that joined, and ${joined} did`,
  );
  findings.expect(events['slave-left'] === said, `${said} said goodbye, ${events['slave-left']} were heard`);
  // The last of them may still be waited for when the master ends.
  const missed = (events['slave-lost'] ?? 0) + (events['shutdown-unanswered'] ?? 0);
  findings.expect(missed === cut, `${cut} were cut, ${missed} were missed`);
  findings.bound('peak memory of the master', master.peakBytes, MOST_MASTER_BYTES, 'bytes');
  const took = Math.max(...reports.map((report) => report.seconds));
  const medians = Math.max(...reports.map(({ joinMs }) => joinMs.median));
  const most = Math.max(...reports.map(({ joinMs }) => joinMs.most));
  return [
    cluster.row(outcome, [
      `${joined} joined at ${(joined / took).toFixed(0)} a second, ${said} said goodbye, ${cut} were cut`,
      `joining took ${medians.toFixed(0)} ms (median), ${most.toFixed(0)} ms (at most)`,
      `they ran ${sum(reports, ({ runs }) => runs)} tasks; ${events['result-dropped'] ?? 0} results came second and were dropped`,
      `${megabytes(master.heapBytes).toFixed(0)} MB of heap in the end`,
    ]),
  ];
}

/** Runs in several processes at once, all of which are killed if one fails. */
export async function runRawSlaves(
  options: RawSlavesOptions,
  processes: number,
  withinMs: number,
): Promise<RawSlavesReport[]> {
  const running = Array.from(
    { length: processes },
    () => new LoadProcess<RawSlavesMessage>('raw-slaves', [JSON.stringify(options)]),
  );
  try {
    const reports = await Promise.all(running.map((process) => process.until('report', withinMs)));
    return reports.map(({ report }) => report);
  } finally {
    await Promise.all(running.map((process) => process.kill()));
  }
}

function sum(reports: readonly RawSlavesReport[], count: (report: RawSlavesReport) => number): number {
  return reports.reduce((total, report) => total + count(report), 0);
}
