/** A thousand leases, one after the other, leave no folder, file descriptor or megabyte, and no process but the spares. In a process of its own: threads. */
import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/programs.js';
import { leaseOf, withDialler, withServer } from './lend.js';

const test = suite('many leases');
const NEVER = new AbortController().signal;
const LEASES = 1000;
/** Of these each starts a slave, and each other way to end is taken. */
const EVERY = 4;
/** And as many spare processes, which wait for the next lease. */
const SLOTS = 2;
const MOST_GROWTH = 4 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const openFiles = (): number => readdirSync('/proc/self/fd').length;

function heapNow(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('a thousand leases leave nothing', async () => {
  await withServer({ token: 't', slots: SLOTS }, ({ server, work }) =>
    withDialler(async (dialler) => {
      const lease = async (index: number): Promise<void> => {
        const { host, granted } = leaseOf(dialler, server.port, {
          token: 't',
          script: 'setInterval(() => {}, 999)',
        });
        await host.open(NEVER);
        if (index % EVERY === 0) {
          await until('slots', () => granted.length > 0);
          let ended = 0;
          const slave = host.startSlave(() => ended++);
          // Some end before they have begun
          if (index % (2 * EVERY) === 0) await until('a slave', () => slave.pid !== undefined);
          if (index % (3 * EVERY) === 0) slave.kill();
        }
        await host.close();
      };
      for (let index = 0; index < 100; index++) await lease(index);
      const atRest = (): boolean =>
        server.freeSlots === SLOTS && work().length === 0 && childrenOfThis().length === SLOTS;
      await until('the first leases are over', atRest);
      const [files, heap] = [openFiles(), heapNow()];
      for (let index = 0; index < LEASES; index++) await lease(index);
      await until('the leases are over', atRest);
      await until('their files are closed', () => openFiles() <= files);
      const grown = heapNow();
      assert.ok(grown - heap < MOST_GROWTH, `${heap} -> ${grown} bytes`);
    }),
  );
  assert.equal(childrenOfThis(), []);
});

/** By their parent. */
function childrenOfThis(): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === process.pid);
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

test.run();
