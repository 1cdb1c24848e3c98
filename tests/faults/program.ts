/**
 * The program that the fault tests run as real processes. Its master follows a plan from the command
 * line and prints each fate as a line of JSON; its slaves note each begin and end of a task in a log
 * that they share.
 */

import { openSync, readFileSync, writeSync } from 'node:fs';
import {
  defineAlgorithm,
  defineMaster,
  defineSlave,
  type Fate,
  initialize,
  type MasterHandle,
  taskContext,
  UnrunnableError,
} from '../../src/index.js';

/** What the master does, in order; in the end it takes all fates that are left. */
export type Step =
  | { readonly submit: Work; readonly args: readonly unknown[]; readonly count?: number | undefined }
  /** Keeps so many of one work pending until the test says that it is enough. */
  | { readonly flow: Work; readonly args: readonly unknown[]; readonly pending: number; readonly cue: string }
  /** Goes on when so many tasks have begun, says the slaves' log. */
  | { readonly awaitBegun: number }
  /** Goes on when the test says so, in the same log. */
  | { readonly awaitCue: string }
  | { readonly take: number }
  /** Keeps main busy, with or without the processor. */
  | { readonly spinMs: number }
  | { readonly blockMs: number };

export interface Plan {
  readonly steps: readonly Step[];
  /** Fates are counted only: of a million lines nobody learns more. */
  readonly quiet?: boolean | undefined;
}

/** A fate as it is printed. */
export interface PrintedFate {
  readonly taskId: string;
  readonly algorithm: string;
  readonly status: Fate['status'];
  readonly attempts: number;
  readonly packet?: unknown;
  readonly reason?: string | undefined;
  readonly history?: readonly { sid: string; attempt: number; evidence: string }[] | undefined;
}

/** The last line of a master that prints its fates. */
export interface Submitted {
  readonly submitted: number;
}

/** What a quiet master prints in the end. */
export interface Count {
  readonly fates: number;
  readonly ok: number;
  readonly sum: number;
}

const logFile = process.env.FAULTS_LOG ?? '';
const log = logFile === '' ? undefined : openSync(logFile, 'a');

const nap = defineAlgorithm('nap', async (ms: number) => {
  note('begin');
  await new Promise((resolve) => setTimeout(resolve, ms));
  note('end');
  return ms;
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

/** Both ways at once. */
const echo = defineAlgorithm('echo', (data: Uint8Array) => {
  note('begin');
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

type Death = 'abort' | 'exit' | 'reject' | 'memory';

const die = defineAlgorithm('die', async (how: Death) => {
  note('begin');
  if (how === 'abort') process.abort();
  if (how === 'exit') process.exit(0);
  if (how === 'reject') void Promise.reject(new Error('nobody catches this'));
  if (how === 'memory') fillMemory();
  return new Promise<number>(() => {}); // until it dies
});

const works = { nap, spin, pace, swallow, produce, echo, small, tiny, die } as const;
export type Work = keyof typeof works;

defineMaster(async (master) => {
  const { steps, quiet } = JSON.parse(master.argv[0] ?? '') as Plan;
  const fates = master.results();
  let submitted = 0;
  const tell = quiet ? counter() : printer();
  for (const step of steps) {
    if ('submit' in step) submitted += submit(step);
    else if ('flow' in step) submitted += await flow(step, fates, tell.fate);
    else if ('awaitBegun' in step) await begun(step.awaitBegun);
    else if ('awaitCue' in step) await cued(step.awaitCue);
    else if ('take' in step) await take(fates, step.take, tell.fate);
    else if ('spinMs' in step) spinFor(step.spinMs);
    else block(step.blockMs);
  }
  await take(fates, Number.POSITIVE_INFINITY, tell.fate);
  tell.end(submitted);
  return 0;
});

/** `FAULTS_LEAVE_AFTER`: the slave says goodbye by itself after so many tasks. */
defineSlave(async (slave) => {
  const most = Number(process.env.FAULTS_LEAVE_AFTER ?? Number.POSITIVE_INFINITY);
  if (most === Number.POSITIVE_INFINITY) return slave.slaveLoopSimple();
  for (;;) {
    const report = await slave.slaveLoopIterate();
    if (report.explicitShutdown) return 0;
    if (report.masterDisconnect) return 255;
    if (report.totalResultsCompleted >= most) return 7;
  }
});

function submit({ submit, args, count = 1 }: Extract<Step, { submit: Work }>): number {
  const values = args.map((arg) => fromPlan(arg));
  const funcall = works[submit].funcall as (...args: readonly unknown[]) => unknown;
  for (let i = 0; i < count; i++) funcall(...values);
  return count;
}

async function flow(
  { flow, args, pending, cue }: Extract<Step, { flow: Work }>,
  fates: ReturnType<MasterHandle['results']>,
  tell: (fate: Fate) => void,
): Promise<number> {
  let submitted = submit({ submit: flow, args, count: pending });
  while (!isCued(cue)) {
    await take(fates, 50, tell);
    submitted += submit({ submit: flow, args, count: 50 });
  }
  return submitted;
}

/** `{"bytes": n}` in a plan is so much data. */
function fromPlan(arg: unknown): unknown {
  if (typeof arg !== 'object' || arg === null || !('bytes' in arg)) return arg;
  return new Uint8Array(Number(arg.bytes)).fill(9);
}

async function begun(count: number): Promise<void> {
  while (logged((line) => line.startsWith('begin ')) < count) await pause();
}

async function cued(cue: string): Promise<void> {
  while (!isCued(cue)) await pause();
}

function isCued(cue: string): boolean {
  return logged((line) => line === `cue ${cue}`) > 0;
}

function logged(is: (line: string) => boolean): number {
  return readFileSync(logFile, 'utf8').split('\n').filter(is).length;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 25));
}

async function take(
  fates: ReturnType<MasterHandle['results']>,
  most: number,
  tell: (fate: Fate) => void,
): Promise<void> {
  for (let taken = 0; taken < most; taken++) {
    const { done, value } = await fates.next();
    if (done) return;
    tell(value);
  }
}

function printer(): { fate: (fate: Fate) => void; end: (submitted: number) => void } {
  const print = (line: PrintedFate | Submitted): void => {
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  return { fate: (fate) => print(printed(fate)), end: (submitted) => print({ submitted }) };
}

function counter(): { fate: (fate: Fate) => void; end: (submitted: number) => void } {
  const seen = new Set<string>();
  let ok = 0;
  let sum = 0;
  return {
    fate(fate) {
      seen.add(fate.taskId);
      if (fate.status !== 'ok') return;
      ok++;
      sum += Number(fate.packet);
    },
    end() {
      const count: Count = { fates: seen.size, ok, sum };
      process.stdout.write(`${JSON.stringify(count)}\n`);
    },
  };
}

function printed(fate: Fate): PrintedFate {
  const { taskId, algorithm, status, attempts } = fate;
  if (status === 'ok') {
    const packet = fate.packet instanceof Uint8Array ? fate.packet.length : fate.packet;
    return { taskId, algorithm, status, attempts, packet };
  }
  const history = fate.error instanceof UnrunnableError ? fate.error.history : undefined;
  const reason = status === 'unrunnable' ? fate.reason : fate.error.message;
  return { taskId, algorithm, status, attempts, reason, history };
}

function note(word: 'begin' | 'end'): void {
  const { taskId, sid, attempt } = taskContext();
  if (log !== undefined && taskId !== undefined) {
    writeSync(log, `${word} ${taskId} ${sid} ${attempt} ${process.pid} ${Date.now()}\n`);
  }
}

function spinFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Main does nothing at all, and leaves the processor to others. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function fillMemory(): void {
  const held: unknown[] = [];
  for (;;) held.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
}

await initialize();
