/**
 * The processes that the part `collections` measures in turns: a master with its slaves, pools of threads, and bare
 * processes, which are the bound of what slaves can reach.
 */

import { MeasuredProcess } from './measured-process.js';
import { INSTALL, named, versionOf } from './peers/packages.js';

export interface Contender {
  readonly name: string;
  readonly kind: 'ours' | 'pool' | 'bare';
  readonly workers: number;
  readonly process: MeasuredProcess;
}

const POOLS = ['Piscina', 'workerpool'];

interface ContenderParams {
  /** Of each kind one with one slave or thread, one with two, ... */
  readonly workers: readonly number[];
  /** Gets the audit files. */
  readonly folder: string;
  readonly withBare: boolean;
}

export async function startContenders({ workers, folder, withBare }: ContenderParams): Promise<Contender[]> {
  const contenders: Contender[] = [];
  const start = async (
    { name, kind, workers }: Omit<Contender, 'process'>,
    program: string,
    args: readonly string[],
  ) => {
    const process = await MeasuredProcess.start(program, args);
    contenders.push({ name, kind, workers, process });
  };
  try {
    for (const count of workers) {
      const audit = `${folder}/audit-${count}`;
      const flags = ['--master', '--slaves', String(count), '--audit-file', audit];
      await start({ name: 'ts-mw', kind: 'ours', workers: count }, 'collections', flags);
      for (const pool of POOLS) {
        const package_ = pool.toLowerCase();
        if (versionOf(package_) === undefined) continue;
        const contender = { name: named(pool), kind: 'pool', workers: count } as const;
        await start(contender, '../peers/collections', [package_, String(count)]);
      }
      if (!withBare) continue;
      const bare = { name: 'bare processes', kind: 'bare', workers: count } as const;
      await start(bare, 'bare-processes', [String(count)]);
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
