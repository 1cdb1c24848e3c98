/** The store of a checkpoint in real folders: what comes back, and who may have it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import { CheckpointError } from '../../../src/errors.js';
import type { CheckpointStore } from '../../../src/master/checkpoint/checkpoint-store.js';
import { Occurrences } from '../../../src/master/checkpoint/occurrences.js';
import { openCheckpoint } from '../../../src/master/checkpoint/open-checkpoint.js';
import { type AlgorithmEntry, Task } from '../../../src/master/model/task.js';
import { encodeValue } from '../../../src/wire/values/codec.js';
import { createEntry } from '../parts.js';

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'ts-mw-checkpoint-'));
  try {
    await body(join(parent, 'made.here'));
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

async function withStore(
  folder: string,
  entries: readonly AlgorithmEntry[],
  body: (store: CheckpointStore) => Promise<void>,
): Promise<void> {
  const store = await openCheckpoint(
    folder,
    entries.map(({ definition }) => definition),
  );
  try {
    await body(store);
  } finally {
    await store.close();
  }
}

function taskOf(entry: AlgorithmEntry, argument: unknown, occurrences = new Occurrences()): Task {
  const { text, raws, byteLength } = encodeValue([argument]);
  const task = new Task(0, entry, text, raws, byteLength, DEFAULT_POLICY, undefined);
  task.storeUnder(occurrences.count(task));
  return task;
}

/** Writes results whose bytes are their argument's name, and waits until all are committed. */
async function writeAll(
  store: CheckpointStore,
  results: readonly (readonly [Task, string])[],
): Promise<void> {
  const committed = new Promise<void>((resolve, reject) => {
    let left = results.length;
    store.listen({
      onCommitted: (count) => {
        left -= count;
        if (left === 0) resolve();
      },
      onFailed: reject,
    });
  });
  for (const [task, text] of results) store.write(task, { text, raws: [] });
  store.commit();
  await committed;
}

const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).subarray(4).toString();

async function refused(folder: string, pattern: RegExp): Promise<void> {
  try {
    await (await openCheckpoint(folder, [])).close();
  } catch (error) {
    assert.instance(error, CheckpointError);
    assert.match((error as Error).message, pattern);
    assert.not.match((error as Error).message, '\n');
    return;
  }
  assert.unreachable('the folder was had');
}

const store = suite('checkpoint store');
const work = createEntry('work');

store('can be had once what stood in its way is gone', () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, 'log.1'), { recursive: true });
    await refused(folder, /made\.here cannot be taken over \(EISDIR/);
    rmSync(join(folder, 'log.1'), { recursive: true });
    await withStore(folder, [work], async (store) => {
      await writeAll(store, [[taskOf(work, 1, new Occurrences()), 'result']]);
    });
  }),
);

store('gives back what was committed, at its place, to the next master', () =>
  inFolder(async (folder) => {
    const occurrences = new Occurrences();
    const results = [1, 'x', 'x', new Uint8Array([1, 2]), 'é'.repeat(900), new Uint8Array(5_000)].map(
      (argument, index) => [taskOf(work, argument, occurrences), `result ${index}`] as const,
    );
    await withStore(folder, [work], async (store) => {
      for (const [task] of results) assert.is(store.find(task), undefined);
      await writeAll(store, results);
      assert.is(store.find(results[0]?.[0] as Task), undefined, 'of this run itself there is nothing');
    });
    await withStore(folder, [work], async (store) => {
      assert.is(store.inherited, 6);
      assert.is(store.countOf(work.definition), 6);
      for (const [index, [task, text]] of results.entries()) {
        assert.is(store.find(task), index);
        assert.is(textOf(store.read(task)), text);
      }
      const other = new Uint8Array(5_000);
      other[4_999] = 1;
      assert.is(store.find(taskOf(work, other)), undefined);
    });
  }),
);

store('commits what was written when it is closed', () =>
  inFolder(async (folder) => {
    const task = taskOf(work, 1);
    await withStore(folder, [work], async (store) =>
      store.write(task, { text: 'late', raws: [new Uint8Array([33])] }),
    );
    await withStore(folder, [work], async (store) => assert.is(textOf(store.read(task)), 'late!'));
  }),
);

store('has what was committed when its process was killed, but for a batch that was cut off', () =>
  inFolder(async (folder) => {
    const copies = [`${folder}.killed`, `${folder}.cut`];
    await withStore(folder, [work], async (store) => {
      await writeAll(store, [[taskOf(work, 1), 'one']]);
      await writeAll(store, [
        [taskOf(work, 2), 'two'],
        [taskOf(work, 3), 'three'],
      ]);
      // The log has them; lmdb takes its time.
      for (const copy of copies) cpSync(folder, copy, { recursive: true });
    });
    const log = join(copies[1] ?? '', 'log.0');
    truncateSync(log, statSync(log).size - 1);
    for (const [copy, texts] of [
      [copies[0] ?? '', ['one', 'two', 'three']],
      [copies[1] ?? '', ['one', undefined, undefined]],
    ] as const) {
      await withStore(copy, [work], async (store) => {
        assert.equal(
          [1, 2, 3].map((n) => textOf(store.read(taskOf(work, n)))),
          texts,
        );
        assert.is(store.inherited, texts.filter(Boolean).length);
        await writeAll(store, [[taskOf(work, 4), 'four']]);
      });
      await withStore(copy, [work], async (store) => {
        assert.is(textOf(store.read(taskOf(work, 4))), 'four');
        assert.is(store.find(taskOf(work, 4)), texts.filter(Boolean).length);
      });
    }
  }),
);

store('takes no result for one of which the disk gives other bytes', () =>
  inFolder(async (folder) => {
    await withStore(folder, [work], (store) =>
      writeAll(store, [
        [taskOf(work, 1), 'the first result'],
        [taskOf(work, 2), 'the other result'],
      ]),
    );
    const file = join(folder, 'data.mdb');
    const bytes = readFileSync(file);
    for (let at = bytes.indexOf('first'); at >= 0; at = bytes.indexOf('first', at)) bytes.write('worst', at);
    writeFileSync(file, bytes);
    await withStore(folder, [work], async (store) => {
      assert.is(store.find(taskOf(work, 1)), undefined);
      assert.is(store.find(taskOf(work, 2)), 1);
      assert.is(textOf(store.read(taskOf(work, 2))), 'the other result');
      await writeAll(store, [[taskOf(work, 1), 'the first result, again']]);
    });
    await withStore(folder, [work], async (store) => assert.is(store.find(taskOf(work, 1)), 2));
  }),
);

store('knows which places are of which program, across commits', () =>
  inFolder(async (folder) => {
    const other = createEntry('other');
    const exempt = { ...work.definition, name: 'exempt', checkpoint: false };
    for (const n of [0, 2, 4]) {
      await withStore(folder, [work, other], async (store) => {
        await writeAll(store, [
          [taskOf(work, n), 'w'],
          [taskOf(other, n), 'o'],
          [taskOf(work, n + 1), 'w'],
        ]);
      });
    }
    await withStore(folder, [other, { ...work, definition: exempt, lastKind: undefined }], async (store) => {
      assert.is(store.inherited, 3);
      const places: number[] = [];
      for (let next = store.following(0); next !== undefined; next = store.following(next + 1)) {
        places.push(next);
      }
      assert.equal(places, [1, 4, 7]);
      assert.is(store.find(taskOf(other, 4)), 7);
      assert.is(store.find(taskOf(other, 5)), undefined, 'that is of another algorithm');
    });
    const newer = { ...work, definition: { ...work.definition, fingerprint: 'newer' }, lastKind: undefined };
    await withStore(folder, [newer], async (store) => {
      assert.is(store.inherited, 0);
      assert.is(store.following(0), undefined);
      assert.is(store.find(taskOf(newer, 0)), undefined);
    });
  }),
);

store('is given to one master of a process, and to the next when that has closed it', () =>
  inFolder(async (folder) => {
    await withStore(folder, [], async () => refused(folder, /another master of this process holds/));
    await withStore(folder, [], async () => {});
  }),
);

store('refuses a folder whose holder lives, and takes that of one that does not', () =>
  inFolder(async (folder) => {
    await withStore(folder, [], async () => {});
    const setHolder = async (holder: object): Promise<void> => {
      const root = open({ path: folder, noSubdir: false });
      await root.openDB({ name: 'about', encoding: 'json' }).put('holder', holder);
      await root.close();
    };
    const here = { host: hostname(), token: 'other' };
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    try {
      await setHolder({ ...here, pid: child.pid });
      await refused(folder, new RegExp(`another live master \\(process ${child.pid} on`));
      await setHolder({ ...here, pid: child.pid, started: 'at another time' });
      await withStore(folder, [], async () => {});
      await setHolder({ ...here, pid: child.pid });
    } finally {
      child.stdin.end();
      await once(child, 'exit');
    }
    await withStore(folder, [], async () => {});
  }),
);

store('refuses what is no store, or has another layout', () =>
  inFolder(async (folder) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'data.mdb'),
      'these are notes of somebody, and they have nothing to do with us',
    );
    await refused(folder, /is not a store of this version/);
    rmSync(folder, { recursive: true });

    const root = open({ path: folder, noSubdir: false });
    await root.put('somebody', 'else');
    await root.close();
    await refused(folder, /another layout than this version's \(not of ts-mw\)/);
    rmSync(folder, { recursive: true });

    await withStore(folder, [], async () => {});
    const later = open({ path: folder, noSubdir: false });
    await later.openDB({ name: 'about', encoding: 'json' }).put('layout', 'ts-mw checkpoint 99');
    await later.close();
    await refused(folder, /another layout than this version's \(ts-mw checkpoint 99\)/);
    rmSync(folder, { recursive: true });

    writeFileSync(folder, 'a file');
    await refused(folder, /cannot be created as a folder/);
  }),
);

store.run();
