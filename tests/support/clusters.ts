/** Masters of the test's own process, and slaves beside them or in processes of their own. */
import { type EmbeddedMaster, type EmbeddedMasterOptions, master, slave } from 'ts-mw';
import type { BrokerOfTest } from './each-broker.js';

/** Runs `body` with a master and that many slaves, all in this process. */
export async function withCluster(
  { flags }: Pick<BrokerOfTest, 'flags'>,
  slaves: number,
  body: (mw: EmbeddedMaster) => Promise<void>,
  options: EmbeddedMasterOptions = {},
): Promise<void> {
  const mw = await master({ clientTimeout: 5, ...flags, ...options });
  try {
    await Promise.all(Array.from({ length: slaves }, () => slave(mw)));
    await mw.run(() => body(mw));
  } finally {
    await mw.stop();
  }
}

/** How a slave process finds the master. */
export function joining(mw: EmbeddedMaster, { args }: Pick<BrokerOfTest, 'args'>): readonly string[] {
  return args.length > 0 ? ['--slave', ...args] : ['--slave', '--master-port', String(mw.masterPort)];
}
