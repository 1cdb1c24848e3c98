/**
 * A slave algorithm that fetches a database before it works, and removes it in the end, also when it fails.
 *
 *     node dist/examples/slave-database.js --master --slaves 2 --loop iterate --fail-after 10
 *
 * `--loop` chooses among CL-MW's three slave loops; `--fail-after` lets a slave fail after that number of tasks.
 * Local slaves are then started again, and fetch the database again; the master notices nothing.
 */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineAlgorithm, defineMaster, defineSlave, initialize, type SlaveHandle, slaveLocal } from 'ts-mw';
import { oneOf, readOptions, wholeNumber } from './read-options.js';

const RECORDS = 10_000;
const RECORD_BYTES = 2;

/** Master and slaves are started with the same arguments, and each takes what is for it. */
const OPTIONS = {
  'look-ups': wholeNumber(100, 'How many tasks the master makes'),
  loop: oneOf(['simple', 'all', 'iterate'], 'How slaves run tasks'),
  'fail-after': wholeNumber(0, 'Tasks after which a slave fails, unless --loop is simple; 0 for never', 0),
};

const database = slaveLocal<FileHandle>();

const lookUp = defineAlgorithm('lookUp', async (record: number) => {
  if (database.value === undefined) throw new Error('the slave algorithm has opened no database');
  const { buffer, bytesRead } = await database.value.read(
    Buffer.alloc(RECORD_BYTES),
    0,
    RECORD_BYTES,
    record * RECORD_BYTES,
  );
  if (bytesRead < RECORD_BYTES) throw new RangeError(`the database has no record ${record}`);
  return buffer.readUInt16LE();
});

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Looks records up in a database that each slave fetches', OPTIONS);
  if (options === undefined) return 0;
  const records = Array.from({ length: options['look-ups'] }, (_, i) => (i * 37) % RECORDS);
  let sum = 0;
  let failed = 0;
  records.map(lookUp.withTaskPolicy({}));
  for await (const fate of master.results(lookUp)) {
    if (fate.status === 'ok') sum += fate.packet;
    else {
      failed++;
      console.error(`record ${fate.args[0]}:`, fate.error.message);
    }
  }
  console.log(`${records.length - failed} records add up to ${sum}`);
  return failed === 0 ? 0 : 1;
});

defineSlave(async (slave) => {
  const options = readOptions(slave.argv, 'Looks records up', OPTIONS);
  if (options === undefined) return 0;
  const folder = await mkdtemp(join(tmpdir(), 'slave-database-'));
  try {
    database.value = await fetchDatabase(folder);
    return await work(slave, options);
  } finally {
    await database.value?.close();
    await rm(folder, { recursive: true, force: true });
  }
});

await initialize();

/** Stands for a download: the number of steps from each number to 1 by Collatz's rule. */
async function fetchDatabase(folder: string): Promise<FileHandle> {
  const file = await open(join(folder, 'collatz.bin'), 'w+');
  const records = Buffer.alloc(RECORDS * RECORD_BYTES);
  for (let number = 1; number < RECORDS; number++) {
    let steps = 0;
    for (let n = number; n > 1; n = n % 2 === 0 ? n / 2 : 3 * n + 1) steps++;
    records.writeUInt16LE(steps, number * RECORD_BYTES);
  }
  await file.writeFile(records);
  return file;
}

/** Runs tasks until the master says shutdown, or is gone: the exit codes are those of slaveLoopSimple. */
async function work(slave: SlaveHandle, options: { loop: string; 'fail-after': number }): Promise<number> {
  const { loop, 'fail-after': failAfter } = options;
  // All that a slave does which defines no algorithm
  if (loop === 'simple') return slave.slaveLoopSimple();
  for (;;) {
    // All tasks that wait here, or one of them; in between a slave may do what it likes.
    const report = await (loop === 'all' ? slave.slaveLoop() : slave.slaveLoopIterate());
    if (report.explicitShutdown) return 0;
    if (report.masterDisconnect) return 255;
    const completed = report.totalResultsCompleted;
    if (failAfter > 0 && completed >= failAfter)
      throw new Error(`the database wore out after ${completed} tasks`);
  }
}
