/** The end of slaves whose master is killed: in a task, between tasks, computing; local ones too. */
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type BrokerOfTest, overEachBroker, overEachBrokerAtLength } from '../support/each-broker.js';
import type { ProgramExit, Programs, RunningProgram } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('master gone');

const CLIENT_TIMEOUT = 4;
/** Starting to judge, the two seconds for main to answer, and a busy machine. */
const WITHIN_MS = 30_000;
const TIMEOUT_ARGS = ['--client-timeout', String(CLIENT_TIMEOUT)];

interface Life {
  readonly master: RunningProgram;
  readonly slave: RunningProgram;
}

async function begin(life: string, { args }: BrokerOfTest, { start, folder }: Programs): Promise<Life> {
  const file = join(folder, `${life}.rsc`);
  const member = ['--member-id', life];
  const master = start('lives.js', [
    '--master',
    '--resource-file',
    file,
    ...member,
    ...TIMEOUT_ARGS,
    ...args,
    '--',
    life,
  ]);
  await master.waitForLine(/MASTER READY/);
  const slave = start('lives.js', ['--slave', '--resource-file', file, ...TIMEOUT_ARGS]);
  return { master, slave };
}

async function killMaster({ master, slave }: Life): Promise<ProgramExit> {
  master.kill('SIGKILL');
  await master.exit;
  return slave.ended(WITHIN_MS);
}

overEachBrokerAtLength(
  test,
  'slaves of a killed master end by themselves, whatever they do',
  async (broker, programs) => {
    await Promise.all([
      begin('idle', broker, programs).then(async (life) => {
        await life.master.waitForLine(/idle begins/);
        assert.equal(await killMaster(life), { code: 255, signal: null }, life.slave.report());
        await life.slave.waitForLine(/MASTER -> CEOF (503|connection refused) for \d\.\d s$/);
        await life.slave.waitForLine(/FINI MASTER-DISCONNECT "idle"$/);
      }),
      begin('pausing', broker, programs).then(async (life) => {
        await life.slave.waitForLine(/^pausing TASK-1$/);
        assert.equal(await killMaster(life), { code: 255, signal: null }, life.slave.report());
        await life.slave.waitForLine(/FINI MASTER-DISCONNECT "pausing"$/);
      }),
      begin('spinning', broker, programs).then(async (life) => {
        await life.slave.waitForLine(/^spinning TASK-1$/);
        assert.equal(await killMaster(life), { code: null, signal: 'SIGKILL' }, life.slave.report());
        await life.slave.waitForLine(
          /SENTINEL Killing main: the master is gone \((503|connection refused).* main did not answer for 2 s$/,
        );
      }),
    ]);
  },
);

overEachBroker(test, 'local slaves do not outlive it either', async (broker, { start }) => {
  const lives = ['idle', 'pausing', 'spinning'] as const;
  const masters = lives.map((life) =>
    start('lives.js', [
      '--master',
      '--slaves',
      '1',
      '--member-id',
      life,
      ...TIMEOUT_ARGS,
      ...broker.args,
      '--',
      life,
    ]),
  );
  await Promise.all([
    masters[0]?.waitForLine(/idle begins/),
    masters[1]?.waitForLine(/^pausing TASK-1$/),
    masters[2]?.waitForLine(/^spinning TASK-1$/),
  ]);
  for (const master of masters) master.kill('SIGKILL');
  for (const master of masters) {
    assert.is((await master.exit).signal, 'SIGKILL');
    // Its output is theirs: it ends with the last of them.
    await master.ended(WITHIN_MS);
  }
});

test.run();
