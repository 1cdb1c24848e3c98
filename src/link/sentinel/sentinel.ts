/** Main's side of the sentinel: starts the thread, passes requests to it and events from it. */

import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { JoinError } from '../../errors.js';
import { type SpareThread, takeThread } from '../../threads/spare-thread.js';
import { ConnectError, type ConnectFailure } from '../connection/connect-error.js';
import type { BrokerAddress, SentinelEvent, SentinelHandle, SentinelRequest } from '../ports.js';
import type { SharedState } from '../shared/shared-state.js';
import type { FromSentinelThread, SentinelThreadData, ToSentinelThread } from './sentinel-messages.js';

/** The time for a thread to end by itself. */
const STOP_WITHIN_MS = 2_000;

const CONNECT_TIMEOUT_MS = 5_000;

const DEFAULT_KILL_LINE = '{localTime} [A] SENTINEL Killing main: {evidence}';

export interface SentinelOptions {
  readonly role: 'master' | 'slave';
  readonly address: BrokerAddress;
  readonly memberId: string;
  /** A master's. */
  readonly run?: string | undefined;
  /** Those of a slave are replaced by its `watch`. */
  readonly clientTimeoutMs: number;
  readonly broker: 'embedded' | 'external';
  readonly shared: SharedState;
  readonly connectTimeoutMs?: number | undefined;
  /** For a local slave: reads the end of file when its master is gone. */
  readonly parentPipeFd?: number | undefined;
  /**
   * For a slave, false by default: whether the process may be killed when its master is gone and main does
   * not answer `ending` within two seconds, or when a run does not stop within two seconds of its time limit.
   * Right for a process of its own, wrong for a guest in another process.
   */
  readonly mayKill?: boolean | undefined;
  /** Used if it is still there. */
  readonly spare?: SpareThread | undefined;
  /** The file for the line about a kill; standard error by default. */
  readonly auditFile?: string | undefined;
  /** That line: `{localTime}`, `{isoTime}` and `{evidence}` are filled in. */
  readonly killLine?: string | undefined;
  /** The text on standard error instead of it, with `{clock}` and `{evidence}`; '' for nothing. */
  readonly killNotice?: string | undefined;
}

/** Resolves when the sentinel is connected and listens; rejects with a `ConnectError` like `connectData`. */
export async function startSentinel(options: SentinelOptions): Promise<SentinelHandle> {
  const data: SentinelThreadData = {
    role: options.role,
    address: options.address,
    memberId: options.memberId,
    run: options.run ?? '',
    clientTimeoutMs: options.clientTimeoutMs,
    broker: options.broker,
    connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    buffers: options.shared.buffers,
    parentPipeFd: options.parentPipeFd,
    mayKill: options.mayKill ?? false,
    auditFile: options.auditFile,
    killLine: options.killLine ?? DEFAULT_KILL_LINE,
    killNotice: options.killNotice,
  };
  const worker = await takeThread('sentinel', options.spare);
  const sentinel = new Sentinel(worker);
  worker.postMessage({ type: 'begin', data } satisfies ToSentinelThread);
  await sentinel.started;
  return sentinel;
}

class Sentinel implements SentinelHandle {
  readonly started: Promise<void>;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #listeners: ((event: SentinelEvent) => void)[] = [];
  /** Events that came before there was a listener. */
  #unheard: SentinelEvent[] = [];
  /** Requests since a batch of events came that is not answered yet. */
  #replies: SentinelRequest[] | undefined;
  #stopping = false;
  #alive = true;

  constructor(worker: Worker) {
    this.#worker = worker;
    let onExit = (): void => {};
    this.#exited = new Promise((resolve) => {
      onExit = resolve;
    });
    this.started = new Promise((resolve, reject) => {
      worker.once('exit', (code) => {
        this.#alive = false;
        onExit();
        const error = new Error(`the sentinel's thread ended with code ${code}`);
        reject(error);
        if (!this.#stopping) this.#crashed(error);
      });
      worker.on('message', (message: FromSentinelThread) => {
        switch (message.type) {
          case 'ready':
            // The program and its data connection keep a process alive, not the sentinel.
            worker.unref();
            resolve();
            return;
          case 'failed':
            reject(toStartError(message));
            return;
          case 'events':
            this.#takeEvents(message.events);
            return;
          default:
            message satisfies never;
        }
      });
      worker.once('error', (error) => {
        reject(error);
        if (!this.#stopping) this.#crashed(error);
      });
    });
  }

  request(request: SentinelRequest): void {
    if (request.op === 'stop') void this.stop();
    else if (this.#replies !== undefined) this.#replies.push(request);
    else this.#post({ type: 'request', request });
  }

  openProfiles(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    const message: ToSentinelThread = { type: 'profiles', port: port1 };
    if (this.#alive) this.#worker.postMessage(message, [port1]);
    else port1.close();
    return port2;
  }

  onEvent(listener: (event: SentinelEvent) => void): void {
    this.#listeners.push(listener);
    const unheard = this.#unheard;
    this.#unheard = [];
    for (const event of unheard) this.#deliver(event);
  }

  async stop(): Promise<void> {
    if (!this.#alive) return;
    this.#worker.ref();
    if (!this.#stopping) {
      this.#stopping = true;
      this.#reply();
      this.#post({ type: 'request', request: { op: 'stop' } });
    }
    const timer = setTimeout(() => void this.#worker.terminate(), STOP_WITHIN_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #post(message: ToSentinelThread): void {
    if (this.#alive) this.#worker.postMessage(message);
  }

  /** Once: an error is followed by the thread's exit. */
  #crashed(error: Error): void {
    this.#stopping = true;
    this.#deliver({ type: 'crashed', error });
  }

  /** Each message to the thread wakes it: so the requests of listeners and their microtasks go with the answer. */
  #takeEvents(events: readonly SentinelEvent[]): void {
    this.#replies ??= [];
    for (const event of events) this.#deliver(event);
    queueMicrotask(() => this.#reply());
  }

  #reply(): void {
    const requests = this.#replies;
    this.#replies = undefined;
    if (requests !== undefined) this.#post({ type: 'taken', requests });
  }

  #deliver(event: SentinelEvent): void {
    if (this.#listeners.length === 0) this.#unheard.push(event);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // An error of ours; the next event must still arrive.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

function toStartError({ reason, message }: FromSentinelThread & { readonly type: 'failed' }): JoinError {
  return reason === undefined ? new JoinError(message) : new ConnectError(reason as ConnectFailure, message);
}
