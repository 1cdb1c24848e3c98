/**
 * One master and two slaves for all tests of collections that run in one process, which are those of many files. Each
 * test must leave nothing pending.
 */
import { type EmbeddedMaster, master, slave } from 'ts-mw';
import { suite } from 'uvu';
import { until, within } from '../support/programs.js';

const LIMIT_MS = 20_000;
/** Of slaves in the master's own process, which a busy machine must not take away from the tests that follow. */
const CLIENT_TIMEOUT_S = 120;

/** Registers a test that runs as a master algorithm. */
export interface SuiteOnFarm {
  (name: string, body: (mw: EmbeddedMaster) => unknown): void;
  /** Registers a test that runs outside of any master algorithm. */
  readonly outside: (name: string, body: (mw: EmbeddedMaster) => Promise<void>) => void;
  run(): void;
}

/** Of the suites that will run. */
let users = 0;
let farm: Promise<EmbeddedMaster> | undefined;

export function suiteOnFarm(name: string): SuiteOnFarm {
  const it = suite(name);
  users++;
  it.before(async () => {
    farm ??= open();
    await farm;
  });
  it.after(async () => {
    users--;
    if (users === 0) await (await farm)?.stop();
  });
  const outside = (title: string, body: (mw: EmbeddedMaster) => Promise<void>): void =>
    it(title, async () => {
      const mw = await (farm as Promise<EmbeddedMaster>);
      await within(LIMIT_MS, body(mw), () => `the end of ${title}`);
      await until('no task is left', () => mw.numRunnableTasks === 0);
    });
  const onFarm = (title: string, body: (mw: EmbeddedMaster) => unknown): void =>
    outside(title, async (mw) => void (await mw.run(() => body(mw))));
  return Object.assign(onFarm, { outside, run: () => it.run() });
}

/** The reason for which the promise rejects; an error that says so if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => new Error(`it did not reject: ${String(value)}`),
    (error: unknown) => error,
  );
}

async function open(): Promise<EmbeddedMaster> {
  // Tasks that a test holds open do not wait behind each other
  const mw = await master({ clientTimeout: CLIENT_TIMEOUT_S, slaveTaskGroup: 1 });
  await Promise.all([slave(mw), slave(mw)]);
  return mw;
}
