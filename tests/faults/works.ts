/** The work of slaves in the fault tests, deaths included; each begin and end is noted in the process's own file. */

import { existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { defineAlgorithm, taskContext } from 'ts-mw';

/** Where each process has a file of its own for what it computes, and tests give their cues. */
export const logFolder = process.env.FAULTS_LOG ?? '';
let log: number | undefined;

/** With a number no two of them are the same submission. */
const nap = defineAlgorithm('nap', async (ms: number, _number?: number) => {
  note('begin');
  await new Promise((resolve) => setTimeout(resolve, ms));
  note('end');
  return ms;
});

/** Goes on until the test gives a cue. */
const tarry = defineAlgorithm('tarry', async (cue: string) => {
  note('begin');
  while (!existsSync(join(logFolder, `${cue}.cue`))) await new Promise((resolve) => setTimeout(resolve, 25));
  note('end');
  return cue;
});

const spin = defineAlgorithm('spin', (ms: number) => {
  note('begin');
  spinFor(ms);
  note('end');
  return ms;
});

/** Takes longer on some slaves than on others. */
const pace = defineAlgorithm('pace', (slowMs: number, fastMs: number) => {
  note('begin');
  block(process.env.FAULTS_PACE === 'slow' ? slowMs : fastMs);
  note('end');
  return 0;
});

const swallow = defineAlgorithm('swallow', (data: Uint8Array) => {
  note('begin');
  note('end');
  return data.length;
});

const produce = defineAlgorithm('produce', (bytes: number) => {
  note('begin');
  const data = new Uint8Array(bytes).fill(7);
  note('end');
  return data;
});

/** Returns what shows that all of the data came. */
const weigh = defineAlgorithm('weigh', async (data: Uint8Array, ms: number) => {
  note('begin');
  await new Promise((resolve) => setTimeout(resolve, ms));
  note('end');
  if (data.at(-1) !== 9) throw new Error('the data is not what was sent');
  return data.length;
});

/** Both ways at once. */
const echo = defineAlgorithm('echo', (data: Uint8Array) => {
  note('begin');
  note('end');
  return data;
});

/** The same, and leaves the processor to others. */
const ferry = defineAlgorithm('ferry', async (data: Uint8Array) => {
  note('begin');
  await new Promise((resolve) => setTimeout(resolve, 15));
  note('end');
  return data;
});

const small = defineAlgorithm('small', () => {
  note('begin');
  note('end');
  return 1;
});

/** Leaves no line: for runs in which a line costs more than the task. */
const tiny = defineAlgorithm('tiny', (n: number) => n);

const DEATHS = {
  abort: () => process.abort(),
  'exit 0': () => process.exit(0),
  'exit 3': () => process.exit(3),
  reject: () => void Promise.reject(new Error('nobody catches this')),
  throw: () => void setTimeout(() => raise(new Error('nobody catches this either')), 10),
  memory: fillMemory,
  // Its sentinel is stopped too: from outside it is as dead as a machine without power.
  stop: () => process.kill(process.pid, 'SIGSTOP'),
  loop: () => {
    for (;;);
  },
  nothing: () => {},
};

export type Death = keyof typeof DEATHS;

/** Never has a result. */
const die = defineAlgorithm('die', async (how: Death) => {
  note('begin');
  DEATHS[how]();
  return new Promise<number>(() => {}); // until it dies
});

/** Prints so much to both of its outputs, which nobody may read. */
const chatter = defineAlgorithm('chatter', (bytes: number) => {
  note('begin');
  process.stdout.write('o'.repeat(bytes));
  process.stderr.write('e'.repeat(bytes));
  note('end');
  return bytes;
});

export const works = {
  nap,
  tarry,
  spin,
  pace,
  swallow,
  weigh,
  produce,
  echo,
  ferry,
  small,
  tiny,
  die,
  chatter,
} as const;
export type Work = keyof typeof works;

function note(word: 'begin' | 'end'): void {
  const { taskId, sid, attempt } = taskContext();
  if (logFolder !== '' && taskId !== undefined) {
    log ??= openSync(join(logFolder, `${process.pid}.log`), 'a');
    writeSync(log, `${word} ${taskId} ${sid} ${attempt} ${process.pid} ${Date.now()}\n`);
  }
}

export function spinFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Main does nothing at all, and leaves the processor to others. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function fillMemory(): void {
  const held: unknown[] = [];
  // Large ones: many small ones keep the collector busy for seconds first
  for (;;) held.push(new Array(200_000).fill(0.5));
}

function raise(error: Error): never {
  throw error;
}
