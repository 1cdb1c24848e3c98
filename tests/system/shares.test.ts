/** Values that travel once to each slave, however many tasks have them, on both brokers and in a checkpoint. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AuditEvent,
  type AuditEventOf,
  defineAlgorithm,
  type EmbeddedMaster,
  type Flags,
  master,
  pmap,
  share,
  shareFile,
  slave,
  slaveLocal,
  zip,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { FaultyWay } from '../faults/faulty-way.js';
import { type BrokerOfTest, overEachBroker, overEachBrokerAtLength } from '../support/each-broker.js';
import { until, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('shared values');
const TASKS = 1_000;

const tables = slaveLocal(() => new Set<Float64Array>());
/** The cell, and how many tables this slave has seen. */
const cellOf = defineAlgorithm('shares-cell', (table: Float64Array, row: number) => {
  tables.value.add(table);
  return [table[row], tables.value.size] as const;
});
const textOf = defineAlgorithm('shares-text', (path: string) => [path, readFileSync(path, 'utf8')] as const);

class Heard {
  readonly events: AuditEvent[] = [];
  readonly onAudit = (event: AuditEvent): void => void this.events.push(event);

  all<T extends AuditEvent['type']>(type: T): AuditEventOf<T>[] {
    return this.events.filter((event) => event.type === type) as AuditEventOf<T>[];
  }
}

/** Two slaves whose data goes through a way that counts it. */
async function countedSlaves(
  mw: EmbeddedMaster,
  broker: BrokerOfTest,
  heard: Heard,
  flags: Flags = {},
): Promise<{ way: FaultyWay } & AsyncDisposable> {
  const port = broker.url === undefined ? heard.all('data-port-ready')[0]?.port : new URL(broker.url).port;
  const way = await FaultyWay.open(Number(port));
  const options: Flags & { dataPort?: number | undefined } =
    broker.url === undefined
      ? { ...flags, dataPort: way.port }
      : { ...flags, natsUrl: `nats://127.0.0.1:${way.port}` };
  const slaves = [await slave(mw, options), await slave(mw, options)];
  if (broker.url === undefined) {
    await until('the ports are taken', () => heard.all('data-port-taken').length === slaves.length);
  }
  const stop = async (): Promise<void> => {
    await Promise.all(slaves.map((one) => one.stop()));
    await way[Symbol.asyncDispose]();
  };
  return { way, [Symbol.asyncDispose]: stop };
}

/** How many times its bytes travelled; each slave has one table. */
async function timesTravelled(
  broker: BrokerOfTest,
  cells: number,
  heard: Heard,
  flags: Flags,
): Promise<number> {
  await using mw = await master({ ...broker.flags, ...flags, onAudit: heard.onAudit });
  await using slaves = await countedSlaves(mw, broker, heard);
  const table = Float64Array.from({ length: cells }, (_, cell) => cell);
  using shared = share(table);
  const before = slaves.way.bytes;
  const packets = await mw.run(() =>
    Promise.all(Array.from({ length: TASKS }, (_, row) => cellOf.future(shared, row))),
  );
  assert.equal(
    packets.map(([cell]) => cell),
    Array.from({ length: TASKS }, (_, row) => row),
  );
  assert.equal(new Set(packets.map(([, seen]) => seen)), new Set([1]), 'each slave has one table');
  return (slaves.way.bytes - before) / table.byteLength;
}

async function travelsOnce(broker: BrokerOfTest, cells: number): Promise<void> {
  const heard = new Heard();
  const travelled = await timesTravelled(broker, cells, heard, { noShareCopies: true });
  assert.ok(travelled > 0.99 && travelled < 2.1, `it travelled ${travelled.toFixed(2)} times`);
  assert.ok(heard.all('share-sent').length <= 2);
}

overEachBroker(test, 'a value of 4 MB that a thousand tasks need travels once to each slave', (broker) =>
  travelsOnce(broker, 500_000),
);

overEachBrokerAtLength(test, 'so does one of 50 MB', (broker) => travelsOnce(broker, 6_250_000));

if (process.platform === 'linux') {
  overEachBroker(test, 'slaves of the same machine read it there', async (broker) => {
    const heard = new Heard();
    const travelled = await timesTravelled(broker, 500_000, heard, {});
    assert.ok(travelled < 0.5, `it travelled ${travelled.toFixed(2)} times`);
    assert.ok(heard.all('share-copied').length <= 2);
    assert.is(heard.all('share-sent').length, 0);
  });
}

test('a value may be released, evicted, too large, and sent again and again by who does not share it', async () => {
  const heard = new Heard();
  await using mw = await master({ onAudit: heard.onAudit });
  const own = new Heard();
  await mw.run(async () => {
    const first = share(Float64Array.of(1, 2, 3));
    const pending = cellOf.future(first, 1);
    first.release();
    assert.throws(() => cellOf.future(first, 1), /\[0\] is a shared value that was released/);
    await using _slave = await slave(mw, { shareCache: '1m', onAudit: own.onAudit });
    assert.is((await pending)[0], 2, 'a task that has it runs');

    const one = share(new Float64Array(90_000).fill(1));
    const two = share(new Float64Array(91_000).fill(2));
    for (const [shared, cell] of [
      [one, 1],
      [two, 2],
      [one, 1],
    ] as const) {
      assert.is((await cellOf.future(shared, 7))[0], cell);
    }
    assert.equal([own.all('share-received').length, own.all('share-dropped').length], [4, 3]);
    const huge = share(new Float64Array(140_000));
    const error = await cellOf.future(huge, 7).catch((error: unknown) => error);
    assert.match(String(error), /1120072 bytes.*1048576.*--share-cache/);
    assert.is((await cellOf.future(one, 7))[0], 1, 'others go on');

    const rows = await pmap(
      cellOf,
      zip(
        Array.from({ length: 100 }, () => one),
        Array.from({ length: 100 }, (_, row) => row),
      ),
    );
    assert.is(rows.length, 100);
    assert.equal(new Set(rows.map(([cell]) => cell)), new Set([1]));
    assert.is(own.all('share-received').length, 4, 'elements of parts are shared values too');

    const large = new Float64Array(140_000);
    for (let time = 0; time < 4; time++) await cellOf.future(large, time);
    assert.equal(
      heard.all('warning').map(({ text }) => text.replace(/;.*/, '')),
      ['tasks of shares-cell have had the same 1120000 bytes among their arguments three times'],
    );
  });
});

test('the fate of a task has a released value as its handle, and the task cannot be submitted again', async () => {
  await using mw = await master({});
  await mw.run(async () => {
    const shared = share(Float64Array.of(4));
    cellOf.withTaskPolicy({ sid: 'SLAVE-99' })(shared, 0);
    const { value: fate } = await mw.results().next();
    assert.ok(fate?.status === 'unrunnable');
    shared.release();
    const [handle] = fate.args as unknown as [{ readonly released: boolean }];
    assert.ok(handle.released);
    assert.throws(() => mw.resubmit(fate), /released/);
  });
});

test('a shared file is a copy with its name, which goes with the slave', async () => {
  await withPrograms(async ({ folder }) => {
    const path = join(folder, 'words.txt');
    writeFileSync(path, 'ä word');
    await using mw = await master({});
    const worker = await slave(mw);
    using shared = await shareFile(path);
    const [copy, text] = await mw.run(() => textOf.future(shared));
    assert.is(text, 'ä word');
    assert.is.not(copy, path);
    assert.ok(copy.endsWith('/words.txt') && existsSync(copy));
    assert.equal(await mw.run(() => textOf.future(shared)), [copy, text]);
    writeFileSync(path, 'other words');
    await worker.stop();
    assert.not(existsSync(copy));
    await using _slave = await slave(mw);
    const error = await mw.run(() => textOf.future(shared)).catch((error: unknown) => error);
    assert.match(String(error), /words\.txt has changed since it was shared/);
  });
});

test.long('a checkpoint knows a task by the content of its shared value', async () => {
  await withPrograms(async ({ folder }) => {
    const checkpoint = join(folder, 'checkpoint');
    const run = async (first: number): Promise<number> => {
      const heard = new Heard();
      await using mw = await master({ checkpoint, onAudit: heard.onAudit });
      await using _slave = await slave(mw);
      using shared = share(Float64Array.of(first, 2));
      const [cell] = await mw.run(() => cellOf.future(shared, 0));
      assert.is(cell, first);
      return heard.all('tasks-sent').length;
    };
    assert.equal([await run(1), await run(1), await run(3)], [1, 0, 1]);
  });
});

test.run();
