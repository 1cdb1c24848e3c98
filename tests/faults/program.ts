/**
 * The program that the fault tests run as real processes. Its master follows a plan from the command
 * line and prints each fate as a line of JSON; its slaves note each begin and end of a task.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  defineMaster,
  defineSlave,
  type FailedAttempt,
  type Fate,
  initialize,
  type MasterHandle,
  type Shared,
  share,
  type TaskPolicy,
  UnrunnableError,
} from 'ts-mw';
import { block, logFolder, spinFor, type Work, works } from './works.js';

export interface Submission {
  readonly submit: Work;
  readonly args: readonly unknown[];
  readonly count?: number | undefined;
  readonly policy?: TaskPolicy | undefined;
}

/** Keeps so many pending, of each work in turn, until the test says that it is enough. */
export interface Flow {
  readonly flow: readonly Submission[];
  readonly pending: number;
  readonly cue: string;
  /** One of these, in turn, after this number of the others. */
  readonly rarely?: { readonly works: readonly Submission[]; readonly after: number } | undefined;
}

/** The deeds of the master, in order; in the end it takes all fates that are left. */
export type Step =
  | Submission
  | Flow
  /** Goes on when this number of tasks has begun, says the slaves' log. */
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
  readonly sid: string | undefined;
  readonly packet?: unknown;
  readonly reason?: string | undefined;
  readonly history?: readonly FailedAttempt[] | undefined;
}

/** The last line of a master that prints its fates. */
export interface Submitted {
  readonly submitted: number;
}

/** The figures that a quiet master prints in the end. */
export interface Count {
  readonly fates: number;
  readonly ok: number;
  readonly sum: number;
}

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

/** `FAULTS_LEAVE_AFTER`: the slave says goodbye by itself after this number of tasks. */
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

function submit({ submit, args, count = 1, policy }: Submission): number {
  const values = args.map((arg) => fromPlan(arg));
  const stub = works[submit];
  const funcall = (policy === undefined ? stub.funcall : stub.withTaskPolicy(policy)) as (
    ...args: readonly unknown[]
  ) => unknown;
  for (let i = 0; i < count; i++) funcall(...values.map((value) => (value === NUMBER ? i : value)));
  return count;
}

async function flow(
  { flow, pending, cue, rarely }: Flow,
  fates: ReturnType<MasterHandle['results']>,
  tell: (fate: Fate) => void,
): Promise<number> {
  let submitted = 0;
  const more = (): void => {
    const isRare = rarely !== undefined && submitted % rarely.after === rarely.after - 1;
    const [works, turn] = isRare ? [rarely.works, Math.floor(submitted / rarely.after)] : [flow, submitted];
    submitted += submit(works[turn % works.length] as Submission);
  };
  while (submitted < pending) more();
  while (!isCued(cue)) {
    await take(fates, 1, tell);
    more();
  }
  return submitted;
}

const shared = new Map<number, Shared<Uint8Array>>();

/** In its place each task of a submission has its own number. */
const NUMBER = Symbol('number');

/** `{"bytes": n}` in a plan is so much data, `{"shared": n}` as much that slaves get once, `{"number": true}` the task's number. */
function fromPlan(arg: unknown): unknown {
  if (typeof arg === 'object' && arg !== null && 'number' in arg) return NUMBER;
  if (typeof arg === 'object' && arg !== null && 'shared' in arg) return sharedBytes(Number(arg.shared));
  if (typeof arg !== 'object' || arg === null || !('bytes' in arg)) return arg;
  return new Uint8Array(Number(arg.bytes)).fill(9);
}

async function begun(count: number): Promise<void> {
  while (numBegun() < count) await pause();
}

function sharedBytes(bytes: number): Shared<Uint8Array> {
  let known = shared.get(bytes);
  if (known === undefined) {
    known = share(new Uint8Array(bytes).fill(9));
    shared.set(bytes, known);
  }
  return known;
}

async function cued(cue: string): Promise<void> {
  while (!isCued(cue)) await pause();
}

function isCued(cue: string): boolean {
  return existsSync(join(logFolder, `${cue}.cue`));
}

function numBegun(): number {
  const files = readdirSync(logFolder).filter((name) => name.endsWith('.log'));
  const lines = files.flatMap((name) => readFileSync(join(logFolder, name), 'utf8').split('\n'));
  return lines.filter((line) => line.startsWith('begin ')).length;
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
  const { taskId, algorithm, status, attempts, sid } = fate;
  if (status === 'ok') {
    const packet = fate.packet instanceof Uint8Array ? fate.packet.length : fate.packet;
    return { taskId, algorithm, status, attempts, sid, packet };
  }
  const history = fate.error instanceof UnrunnableError ? fate.error.history : undefined;
  const reason = status === 'unrunnable' ? fate.reason : fate.error.message;
  return { taskId, algorithm, status, attempts, sid, reason, history };
}

await initialize();
