/** Main's side of the dashboard: starts its thread, posts deltas, and answers its questions. */

import { randomBytes } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import type { AuditEvent } from '../audit/events.js';
import { FlagError } from '../errors.js';
import { openThread } from '../threads/open-thread.js';
import { dashboardAssets } from './assets.js';
import { DeltaGatherer } from './delta-gatherer.js';
import type { ListenerTls } from './listener/listener.js';
import type {
  AnswerTable,
  ControlAction,
  DashboardSettings,
  Delta,
  Figures,
  FromDashboard,
  Looks,
  OutputSeen,
  Question,
  Refusal,
  SlaveSeen,
  TaskQuery,
  TasksFound,
  ThreadSeen,
  ThrownSeen,
  ToDashboard,
  WhyFound,
} from './messages.js';

/** The master, as the dashboard asks it. Methods throw an error whose message is the answer. */
export interface DashboardSubject {
  figures(): Figures;
  /** `most` is the limit of their number. */
  slaves(most: number): readonly SlaveSeen[];
  /** The errors since the last call, of at most `most` kinds. */
  thrown(most: number): readonly ThrownSeen[];
  threadCount(): number;
  /** The oldest. */
  threads(most: number): readonly ThreadSeen[];
  /** Where profiles are asked for, without main; it goes to the dashboard's thread. */
  openProfiles(): MessagePort;
  why(id: string): WhyFound;
  tasks(query: TaskQuery): TasksFound;
  output(sid: string): OutputSeen;
  /** The change that was made, in words. */
  control(action: ControlAction): string;
}

export interface DashboardParams {
  readonly host: string;
  readonly port: number;
  readonly tls: ListenerTls | undefined;
  readonly control: boolean;
  readonly showValues: boolean;
  readonly metrics: (format: 'prometheus' | 'openmetrics') => string;
  readonly onRefused: (refusals: readonly Refusal[]) => void;
  /** Somebody at that address has asked for a profile of a process. */
  readonly onProfile: (process: string, seconds: number, address: string) => void;
  /** The thread ended by itself. */
  readonly onCrashed: (reason: string) => void;
}

export interface Dashboard {
  readonly port: number;
  readonly token: string;
  /** Hears the master's audit events. */
  take(event: AuditEvent, timeMs: number): void;
  /** The master has started. */
  begin(subject: DashboardSubject): void;
  /** Shows the end to viewers; resolves when the thread has gone. */
  end(): Promise<void>;
}

const POST_EVERY_MS = 250;
const POST_EVERY_WHEN_LOOKED_AT_MS = 100;
/** Slaves of a delta, and how often they are in one. */
const MOST_SLAVES = 1_000;
const SLAVES_EVERY = 5;
const MOST_THREADS = 500;
/** Kinds of errors in a delta. */
const MOST_THROWN = 200;
const FEW_SLAVES = 64;
const END_WITHIN_MS = 2_000;

/** Throws FlagError naming `--dashboard` if it cannot listen. The thread keeps no process alive. */
export async function startDashboard(params: DashboardParams): Promise<Dashboard> {
  const token = randomBytes(16).toString('hex');
  const { host, port, tls, control, showValues } = params;
  const settings: DashboardSettings = {
    host,
    port,
    tls,
    token,
    control,
    showValues,
    assets: dashboardAssets(),
  };
  const worker = await openThread('dashboard', { workerData: settings });
  const post = (message: ToDashboard, transfer: readonly (ArrayBuffer | MessagePort)[] = []): void =>
    worker.postMessage(message, transfer);
  let ending = false;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const started = await new Promise<number>((resolve, reject) => {
    const refuse = (reason: string): void => reject(new FlagError('--dashboard', reason));
    worker.once('error', (error) => refuse(error.message));
    worker.once('message', (message: FromDashboard) => {
      if (message.type === 'listening') resolve(message.port);
      else refuse(message.type === 'cannot-listen' ? message.reason : 'its thread did not start');
    });
  });
  worker.unref();
  const poster = new Poster(post);
  const stopPosting = (): void => {
    ending = true;
    poster.stop();
  };
  worker.removeAllListeners('error');
  worker.on('error', (error) => {
    if (!ending) params.onCrashed(error.message);
    stopPosting();
  });
  worker.on('message', (message: FromDashboard) => {
    switch (message.type) {
      case 'looking':
        return poster.look(message.viewers > 0, message.looks);
      case 'refused':
        return params.onRefused(message.refusals);
      case 'profile-ordered':
        return params.onProfile(message.process, message.seconds, message.address);
      case 'question':
        return post(answerTo(message.id, message.question, poster.subject, params));
      case 'listening':
      case 'cannot-listen':
        return undefined;
      default:
        return message satisfies never;
    }
  });
  return {
    port: started,
    token,
    take: (event, timeMs) => poster.gatherer.take(event, timeMs),
    begin(subject) {
      poster.begin(subject);
      const port = subject.openProfiles();
      post({ type: 'profiles', port }, [port]);
    },
    async end() {
      if (!ending) {
        poster.post();
        stopPosting();
        post({ type: 'end' });
      }
      worker.ref();
      const limit = setTimeout(() => void worker.terminate(), END_WITHIN_MS);
      await exited;
      clearTimeout(limit);
    },
  };
}

/** Posts what was gathered, more often while somebody looks. */
class Poster {
  readonly gatherer = new DeltaGatherer();
  subject: DashboardSubject | undefined;
  readonly #send: (message: ToDashboard, transfer: readonly ArrayBuffer[]) => void;
  #timer: NodeJS.Timeout | undefined;
  #everyMs = POST_EVERY_MS;
  #looks: Looks = { atSlaves: false, atThreads: false };
  #posts = 0;

  constructor(send: (message: ToDashboard, transfer: readonly ArrayBuffer[]) => void) {
    this.#send = send;
    this.#start();
  }

  begin(subject: DashboardSubject): void {
    this.subject = subject;
  }

  look(somebody: boolean, looks: Looks): void {
    this.#looks = looks;
    const everyMs = somebody ? POST_EVERY_WHEN_LOOKED_AT_MS : POST_EVERY_MS;
    if (everyMs === this.#everyMs) return;
    this.#everyMs = everyMs;
    this.stop();
    this.#start();
  }

  post(): void {
    const { subject } = this;
    const { user, system } = process.cpuUsage();
    const delta: Delta = {
      type: 'delta',
      atMs: Date.now(),
      ...this.gatherer.drain(),
      figures: subject?.figures(),
      process: { memoryBytes: process.memoryUsage.rss(), processorMs: (user + system) / 1_000 },
      slaves: this.#slaves(),
      thrown: subject?.thrown(MOST_THROWN) ?? [],
      threadCount: subject?.threadCount() ?? 0,
      threads: (this.#looks.atThreads && subject?.threads(MOST_THREADS)) || [],
    };
    this.#send(delta, [delta.work.buffer as ArrayBuffer]);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A few slaves each time, so that the stream knows what they ran; many, if somebody looks at them. */
  #slaves(): readonly SlaveSeen[] {
    if (this.subject === undefined) return [];
    const isTurnOfMany = this.#looks.atSlaves && this.#posts++ % SLAVES_EVERY === 0;
    return this.subject.slaves(isTurnOfMany ? MOST_SLAVES : FEW_SLAVES);
  }

  #start(): void {
    this.#timer = setInterval(() => this.post(), this.#everyMs).unref();
  }
}

function answerTo(
  id: number,
  question: Question,
  subject: DashboardSubject | undefined,
  { metrics, control }: DashboardParams,
): ToDashboard {
  try {
    return { type: 'answer', id, value: answerWith(question, subject, metrics, control) };
  } catch (error) {
    return { type: 'refusal', id, reason: error instanceof Error ? error.message : String(error) };
  }
}

function answerWith(
  question: Question,
  subject: DashboardSubject | undefined,
  metrics: DashboardParams['metrics'],
  mayControl: boolean,
): AnswerTable[Question['kind']] {
  if (question.kind === 'metrics') return metrics(question.format);
  if (subject === undefined) throw new Error('the master has not started yet');
  switch (question.kind) {
    case 'why':
      return subject.why(question.id);
    case 'tasks':
      return subject.tasks(question.query);
    case 'output':
      return subject.output(question.sid);
    case 'control':
      if (!mayControl) throw new Error('the master was started without --dashboard-control');
      return subject.control(question.action);
    default:
      return question satisfies never;
  }
}
