/** Masters of the test's own process, and slaves beside them or in processes of their own. */
import { type EmbeddedMaster, type EmbeddedMasterOptions, master, slave } from 'ts-mw';
import * as assert from 'uvu/assert';
import type { BrokerOfTest } from './each-broker.js';
import { within } from './programs.js';

/** Of one test; nothing in it is to take a moment. */
const LIMIT_MS = 60_000;
/** Of slaves in the master's own process, which a busy machine must not take away from the tests that follow. */
const CLIENT_TIMEOUT_S = 120;

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

/**
 * A master and its slaves for tests that need not see their start or end, which take longer than most tests do. The first of
 * these tests starts them, each leaves nothing behind in them, and `stop` is for the end of the file.
 */
export class SharedCluster {
  readonly #slaves: number;
  readonly #options: EmbeddedMasterOptions;
  #started: Promise<EmbeddedMaster> | undefined;

  constructor(slaves: number, options: EmbeddedMasterOptions = {}) {
    this.#slaves = slaves;
    this.#options = options;
  }

  /** A test that runs `body` with the master. */
  with(body: (mw: EmbeddedMaster) => Promise<void>): () => Promise<void> {
    return async () => {
      this.#started ??= this.#start();
      const mw = await this.#started;
      await within(
        LIMIT_MS,
        mw.run(() => body(mw)),
        () => `the test did not end; ${mw.pendingTasks} tasks are pending`,
      );
      assert.equal([mw.pendingTasks, mw.targetNumber], [0, 0]);
      assert.equal([...mw.getResults(), ...mw.getUnrunnableTasks()], []);
    };
  }

  /** May be called twice, and if no test has started it. */
  async stop(): Promise<void> {
    await (await this.#started)?.stop();
  }

  async #start(): Promise<EmbeddedMaster> {
    const mw = await master({ clientTimeout: CLIENT_TIMEOUT_S, ...this.#options });
    await Promise.all(Array.from({ length: this.#slaves }, () => slave(mw)));
    return mw;
  }
}

/** How a slave process finds the master. */
export function joining(mw: EmbeddedMaster, { args }: Pick<BrokerOfTest, 'args'>): readonly string[] {
  return args.length > 0 ? ['--slave', ...args] : ['--slave', '--master-port', String(mw.masterPort)];
}
