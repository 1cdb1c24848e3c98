/** The processes that the part `collections` measures in turns: a master with its slaves, and pools of threads. */

import { MeasuredProcess } from './measured-process.js';
import { INSTALL, named, versionOf } from './peers/packages.js';

export interface Contender {
  readonly name: string;
  readonly isOurs: boolean;
  readonly workers: number;
  readonly process: MeasuredProcess;
}

const POOLS = ['Piscina', 'workerpool'];

/** Starts them; `folder` gets the audit files. */
export async function startContenders(workers: readonly number[], folder: string): Promise<Contender[]> {
  const contenders: Contender[] = [];
  const start = async (name: string, count: number, program: string, args: readonly string[]) => {
    const process = await MeasuredProcess.start(program, args);
    contenders.push({ name, isOurs: name === 'ts-mw', workers: count, process });
  };
  try {
    for (const count of workers) {
      const audit = `${folder}/audit-${count}`;
      const flags = ['--master', '--slaves', String(count), '--audit-file', audit];
      await start('ts-mw', count, 'collections', flags);
      for (const pool of POOLS) {
        const package_ = pool.toLowerCase();
        if (versionOf(package_) === undefined) continue;
        await start(named(pool), count, '../peers/collections', [package_, String(count)]);
      }
    }
    return contenders;
  } catch (error) {
    await stopContenders(contenders);
    throw error;
  }
}

export async function stopContenders(contenders: readonly Contender[]): Promise<void> {
  for (const { process } of contenders) await process.stop();
}

/** A line for each pool that is not installed. */
export function missingPools(): string[] {
  return POOLS.filter((pool) => versionOf(pool.toLowerCase()) === undefined).map(
    (pool) => `no ${pool}: ${INSTALL}`,
  );
}
