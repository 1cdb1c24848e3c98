/**
 * The names that can be typed in the REPL beyond JavaScript, their effects, and their explanations in
 * `.help`.
 */

import { hostname } from 'node:os';
import { inspect } from 'node:util';
import { portable } from '../../algorithms/portable.js';
import { makeQueue } from '../../algorithms/queue.js';
import { namedAlgorithms } from '../../algorithms/registry.js';
import type { Fate, SlaveId, TaskId } from '../../algorithms/types.js';
import type { AuditListener } from '../../audit/audit-trail.js';
import { broadcastTask } from '../../collections/broadcast.js';
import { makeChannel } from '../../collections/channel.js';
import { zip } from '../../collections/parts/zip.js';
import { pmap } from '../../collections/pmap.js';
import { pmapReduce, preduce } from '../../collections/preduce.js';
import { pfind } from '../../collections/psearch.js';
import { psort } from '../../collections/psort.js';
import { UsageError } from '../../errors.js';
import { firstWins } from '../../flow/first-wins.js';
import { parallel, sequential } from '../../flow/parallel.js';
import { killThread, spawnThread, threads } from '../../flow/threads.js';
import type { MasterHandle } from '../../master/program/master-handle.js';
import type { Picture } from '../../picture/picture.js';
import { type EmbeddedMaster, type EmbeddedMasterOptions, master, slave } from '../embed.js';
import type { RunningMaster } from '../master/run-master.js';
import { awaitable } from './awaitable.js';
import { explain } from './explained.js';
import { slaveTable } from './slave-table.js';

interface ReplNamesParams {
  readonly running: RunningMaster;
  /** Of all events of its trail. */
  readonly picture: Picture;
  /** Whether the audit trail is shown. */
  readonly audit: { shown: boolean };
  readonly onAudit: (listener: AuditListener) => () => void;
}

/** Calls of collections, and what makes their tasks and elements. */
const CALLS = { pmap, pmapReduce, preduce, pfind, psort, makeChannel, broadcastTask, zip, portable };

const FLOW_CALLS = { parallel, sequential, firstWins, spawnThread, threads, killThread };

/** The values, by the names that the REPL has for them. */
export function replNames(params: ReplNamesParams): ReadonlyMap<string, unknown> {
  const { running, audit, picture } = params;
  const algorithms = namedAlgorithms();
  const names = new Map<string, unknown>([
    ['master', callableMaster(running)],
    ['slave', slave],
    ['algorithms', Object.fromEntries(algorithms)],
    ['results', () => results(running.handle)],
    ['makeQueue', makeQueue],
    ...Object.entries(CALLS),
    ...Object.entries(FLOW_CALLS),
    ['why', (id: TaskId | SlaveId) => explain(running.handle, id)],
    ['slaves', () => slaveTable(picture, running.master.slaves)],
    ['addSlave', () => addSlave(params)],
    ['killSlave', (sid: SlaveId) => killSlave(params, sid)],
    [
      'audit',
      (wanted: unknown) => {
        audit.shown = truthOf(wanted);
      },
    ],
    ['on', true],
    ['off', false],
  ]);
  for (const [name, algorithm] of algorithms) {
    // This name would hide one that the program or Node needs; `algorithms` still has it
    if (!names.has(name) && !(name in globalThis)) names.set(name, algorithm);
  }
  return names;
}

export function helpText(): string {
  const hello = [...namedAlgorithms().keys()].find((name) =>
    /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name),
  );
  const algorithm = hello ?? "algorithms['name']";
  const rows = [
    [`${algorithm}.funcall(…)`, 'submit a task; returns its id'],
    [`await ${algorithm}.future(…)`, 'submit a task and wait for its packet'],
    [`${algorithm}.withTaskPolicy({ … })(…)`, 'submit a task with a policy: priority, retryErrors, queue, …'],
    ["makeQueue('name', { limit: 4 })", 'the queue of a policy: limit, perSecond, weight'],
    [`await pmap(${algorithm}, […])`, `compute a list; also ${Object.keys(CALLS).slice(1).join(', ')}`],
    [
      `await parallel([() => ${algorithm}.future(…), …])`,
      `run parts of a flow; also ${Object.keys(FLOW_CALLS).slice(1).join(', ')}`,
    ],
    ['results()', 'return the fates that arrived; await results() waits for all pending tasks'],
    [
      "why('TASK-0'), why('SLAVE-0')",
      'say why a task waits, where it is or how it ended; or why a slave idles',
    ],
    ['slaves()', 'the slaves, as a table'],
    ['addSlave()', 'start one more local slave; await addSlave() waits until it has joined'],
    ["killSlave('SLAVE-0')", 'kill a local slave with SIGKILL; it is not started again'],
    ['audit(on), audit(off)', 'show the audit trail as it grows, or hide it'],
    ['master', 'the handle of the master: master.pendingTasks, master.allocateSlaves(), …'],
    [
      "master.killTasks('default')",
      'kill the tasks of a category that run; master.taskCategoriesRunning() names them',
    ],
    ['master.cancelAll()', 'cancel all pending tasks'],
    ['algorithms', "all of them by name, including names that cannot be typed: algorithms['my-name']"],
    ['await slave(port)', 'a slave in this process for the master at that port, such as one of another REPL'],
    ['await master()', 'one more master in this process'],
  ] as const;
  const width = Math.max(...rows.map(([typed]) => typed.length));
  return rows.map(([typed, meaning]) => `${typed.padEnd(width)}  ${meaning}\n`).join('');
}

/** The handle of the REPL's master, and a function that starts another. */
function callableMaster({ handle, port }: RunningMaster): MasterHandle & typeof master {
  const start = (options?: EmbeddedMasterOptions): Promise<EmbeddedMaster> => master(options);
  Object.setPrototypeOf(start, handle);
  return Object.defineProperties(start, {
    masterPort: { value: port, enumerable: true },
    [inspect.custom]: {
      value: () => {
        const { pendingTasks, numUnrunnableTasks, targetNumber } = handle;
        return { masterPort: port, pendingTasks, numUnrunnableTasks, targetNumber };
      },
    },
  }) as unknown as MasterHandle & typeof master;
}

function results(handle: MasterHandle): Fate[] & PromiseLike<Fate[]> {
  const arrived: Fate[] = [...handle.getResults(), ...handle.getUnrunnableTasks()];
  return awaitable(arrived, async () => {
    const all = [...arrived];
    for await (const fate of handle.results()) all.push(fate);
    return all;
  });
}

function addSlave({ running, onAudit }: ReplNamesParams): object & PromiseLike<SlaveId> {
  const pid = running.addSlave();
  if (pid === undefined) throw refusal('the slave could not be started; audit(on) says why');
  let stop: () => void = () => {};
  const joined = new Promise<SlaveId>((resolve, reject) => {
    stop = onAudit((event) => {
      if (event.type === 'slave-connecting' && event.pid === pid && event.host === hostname()) {
        resolve(event.sid as SlaveId);
      }
      if (event.type === 'local-slave-exited' && event.pid === pid) {
        reject(refusal(`process ${pid} ended before it had joined; audit(on) says more`));
      }
    });
  });
  joined.finally(() => stop()).catch(() => undefined);
  return awaitable({ pid }, () => joined);
}

function killSlave({ running }: ReplNamesParams, sid: SlaveId): SlaveId {
  const row = running.master.slaves.find((slave) => slave.sid === sid);
  if (row === undefined) throw refusal(`there is no ${String(sid)}; slaves() lists all slaves`);
  if (!running.killSlave(row)) {
    throw refusal(`${sid} is ${row.host}:${row.pid}, which this master did not start; end it there`);
  }
  return sid;
}

function truthOf(wanted: unknown): boolean {
  if (wanted === 'on' || wanted === true) return true;
  if (wanted === 'off' || wanted === false) return false;
  throw refusal('audit takes on or off');
}

/** The user needs the sentence, not the stack. */
function refusal(message: string): UsageError {
  const error = new UsageError(message);
  return Object.defineProperty(error, inspect.custom, { value: () => `${error.name}: ${message}` });
}
