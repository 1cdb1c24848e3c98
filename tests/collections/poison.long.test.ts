/** Slave processes that really die in the midst of a collection: by an element, and by a kill from outside. */
import { existsSync, writeFileSync } from 'node:fs';
import {
  type BroadcastEntry,
  broadcastTask,
  type EmbeddedMaster,
  makeChannel,
  master,
  pmap,
  pmapSettled,
  portable,
  preduce,
  UnrunnableError,
  zip,
} from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { programPath, until, within, withPrograms } from '../support/programs.js';
import { rejection } from './farm.js';

const test = suite('collections over slaves that die');
const LIMIT_MS = 60_000;
const LENGTH = 200;
const POISON = 137;

const dieAt = portable((n: number, poison: number) => {
  if (n === poison) process.kill(process.pid, 'SIGKILL');
  return n * n;
});
const slowly = portable(async (x: number, y: number) => {
  await new Promise((resolve) => setTimeout(resolve, 2));
  return x + y;
});

interface Loaded {
  loadedBy?: number;
}

/** Says in a folder that it runs, and waits there until all may end. */
const load = portable(async (folder: string) => {
  const { existsSync, writeFileSync } = await import('node:fs');
  writeFileSync(`${folder}/runs-${process.pid}`, '');
  while (!existsSync(`${folder}/end`)) await new Promise((resolve) => setTimeout(resolve, 5));
  (globalThis as Loaded).loadedBy = process.pid;
  return process.pid;
});
const isLoaded = portable(() => (globalThis as Loaded).loadedBy === process.pid);

const numbers = Array.from({ length: LENGTH }, (_, n) => n);
const pairs = zip(
  numbers,
  numbers.map(() => POISON),
);

test('a broadcast tells of a slave that is killed in the midst of it, and the one in its place runs it first', () =>
  withSlaves(async (mw, pids, folder) => {
    await until('both slaves are there', () => pids().length === 2);
    const broadcast = broadcastTask(load, folder);
    const channel = makeChannel<boolean>();
    for (let i = 0; i < LENGTH; i++) channel.submitTask(isLoaded);
    const [victim, other] = pids() as [number, number];
    await until('it runs on both slaves', () =>
      [victim, other].every((pid) => existsSync(`${folder}/runs-${pid}`)),
    );
    process.kill(victim, 'SIGKILL');
    await until('one is lost', () => !pids().includes(victim));
    writeFileSync(`${folder}/end`, '');
    const [lost, well] = (await broadcast.all()) as [BroadcastEntry<number>, BroadcastEntry<number>];
    assert.ok(lost.status === 'unrunnable' && lost.error.reason === 'slave-lost');
    if (lost.status === 'unrunnable') {
      assert.match(lost.error.message, /SIGKILL.*each slave runs a broadcast itself/);
      assert.equal(
        lost.error.history.map(({ pid }) => pid),
        [victim],
      );
    }
    assert.equal(well.status === 'ok' && well.packet, other);
    for await (const answer of channel) assert.is(answer, true, 'no task came before it');
    const entries: BroadcastEntry<number>[] = [];
    for await (const entry of broadcast) {
      entries.push(entry);
      if (entries.length === 3) broadcast.stop();
    }
    const late = entries.at(-1);
    assert.ok(late?.status === 'ok' && ![victim, other].includes(late.packet), 'that of the late comer');
    assert.is(mw.pendingTasks, 0);
  }));

function withSlaves(
  body: (mw: EmbeddedMaster, pids: () => number[], folder: string) => Promise<void>,
): Promise<void> {
  return withPrograms(async ({ folder }) => {
    const living = new Map<string, number>();
    const mw = await master({
      program: programPath('worker.js'),
      auditFile: `${folder}/audit`,
      slaves: 2,
      onAudit: (event) => {
        if (event.type === 'slave-connecting') living.set(event.sid, event.pid);
        if (event.type === 'slave-lost') living.delete(event.sid);
      },
    });
    try {
      const ended = mw.run(() => body(mw, () => [...living.values()], folder));
      await within(LIMIT_MS, ended, () => 'the end of the collection');
    } finally {
      await mw.stop();
    }
  });
}

test('the error of pmap names the element that kills slaves, and pmapSettled computes all others', () =>
  withSlaves(async () => {
    const error = await rejection(pmap(dieAt, pairs, { parts: 8, policy: { maxAttempts: 3 } }));
    assert.instance(error, UnrunnableError);
    const { index, reason, history } = error as UnrunnableError;
    assert.equal([index, reason], [POISON, 'max-attempts']);
    assert.match(history.at(-1)?.evidence ?? '', /SIGKILL/);
    const fates = await pmapSettled(dieAt, pairs, { parts: 8, policy: { maxAttempts: 3 } });
    for (const [n, fate] of fates.entries()) {
      if (n === POISON) assert.is(fate.status, 'unrunnable');
      else assert.equal(fate, { status: 'ok', packet: n * n });
    }
    assert.is(fates.length, LENGTH);
  }));

test('resubmit-test: a slave killed from outside costs no answer of pmap and preduce', () =>
  withSlaves(async (_mw, pids) => {
    let kills = 0;
    const kill = (): void => {
      if (kills++ > 0) return;
      const [pid] = pids();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    };
    const sums = await pmap(slowly, zip(numbers, numbers), { parts: 20, onProgress: kill });
    assert.equal(
      sums,
      numbers.map((n) => 2 * n),
    );
    assert.ok(kills > 0);
    kills = 0;
    const sum = await preduce(slowly, numbers, { parts: 20, onProgress: kill });
    assert.is(sum, (LENGTH * (LENGTH - 1)) / 2);
    assert.ok(kills > 0);
  }));

test.run();
