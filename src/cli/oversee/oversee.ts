/**
 * `ts-mw oversee`: keeps as many slaves on this machine as the resource file of a master says that it needs (CL-MW's
 * overseer).
 */

import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuditTrail } from '../../audit/audit-trail.js';
import { stateOf } from '../../audit/write/file-owner.js';
import { MwError } from '../../errors.js';
import { SlavePlaces } from '../../machines/slave-places.js';
import { tellLocalSlave } from '../master/local-slaves.js';
import { spawnTied } from '../master/spawn-slave.js';
import { watchForInterruption } from '../process/interruption.js';
import { type ResourceFile, readResourceFile } from '../resource-file/resource-file.js';
import { Overseer, type Sighting, YOUNG_MS } from './oversight.js';

export interface OverseeParams {
  readonly resourceFile: string;
  readonly minSlaves: number;
  readonly maxSlaves: number;
  /** `Infinity` is forever. */
  readonly waitMs: number;
}

const LOOK_MS = 1_000;
const NO_MASTER = { processGone: () => {} };

/** Returns the exit code: 0 when the computation is finished, 255 when its master is gone, 130 or 143 after a signal. */
export async function oversee({ resourceFile: path, ...settings }: OverseeParams): Promise<number> {
  const audit = createAuditTrail({ file: undefined, format: 'text' });
  const overseer = new Overseer({ path, ...settings });
  const ended = new AbortController();
  const interruption = watchForInterruption(audit, ({ error }) => {
    audit.emit({
      type: 'error',
      text: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  });
  void interruption.first.then(() => ended.abort());
  let file: ResourceFile | undefined;
  let isStopped = false;
  const places = new SlavePlaces({
    count: 0,
    start: (onEnd) => spawnTied({ command: commandOf(file as ResourceFile), env: {} }, onEnd),
    onEvent: (event) => tellLocalSlave(event, audit, NO_MASTER),
    // It was told to leave, or has read that all is done
    isRestarted: ({ code }) => code !== 0 && !isStopped,
  });
  places.start();
  const killAll = (): void => places.killAllNow();
  process.on('exit', killAll);
  let code: number | undefined;
  while (code === undefined && !ended.signal.aborted) {
    const sighting = await look(path);
    file = sighting.file ?? file;
    const kept = places.kept();
    const old = kept.filter(({ since }) => performance.now() - since >= YOUNG_MS).length;
    const slaves = { kept: places.size, running: places.processes().length, young: places.size - old };
    const decision = overseer.decide(sighting, slaves, performance.now());
    if (decision.tell !== undefined) audit.emit({ type: 'warning', text: decision.tell });
    if (decision.does === 'end') {
      code = decision.code;
      break;
    }
    isStopped = decision.stop;
    while (isStopped && places.releaseWaiting());
    for (let left = decision.start; left > 0; left--) places.add();
    await sleep(LOOK_MS, undefined, { signal: ended.signal }).catch(() => {});
  }
  if (code === undefined) {
    const first = await interruption.first;
    code = first.by === 'signal' ? first.code : 255;
  }
  await places.end();
  process.off('exit', killAll);
  interruption.end(code);
  await audit.close();
  return code;
}

async function look(path: string): Promise<Sighting> {
  try {
    const reading = await readResourceFile(path);
    if (reading.status === 'missing') {
      return { file: undefined, reason: `there is no resource file ${path}`, master: 'unknown' };
    }
    const { file } = reading;
    const known = file['master-process'];
    return { file, master: known === undefined ? 'unknown' : stateOf(known) };
  } catch (error) {
    const reason =
      error instanceof MwError ? error.message : `${path} cannot be read: ${(error as Error).message}`;
    return { file: undefined, reason, master: 'unknown' };
  }
}

/** A `.js` file is run with node. */
function commandOf(file: ResourceFile): readonly [string, ...string[]] {
  const executable = file['slave-executable'];
  const command = /^\.[cm]?js$/.test(extname(executable)) ? [process.execPath, executable] : [executable];
  return [...command, ...file['slave-arguments']] as unknown as readonly [string, ...string[]];
}
