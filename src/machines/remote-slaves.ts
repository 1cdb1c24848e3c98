/** The slaves on another machine, as the way there knows them: by numbers that it gives them. */

import type { HowToStop, SlaveOrder, SlaveReport } from './slave-messages.js';
import type { ProcessEnd, SlaveProcess } from './slave-process.js';

/** An open way to the machine. */
interface OpenWay {
  readonly link: { send(order: SlaveOrder): void };
  /** Of each slave. */
  readonly args: readonly string[];
  /** Of the machine, as its slaves say it. */
  readonly hostname: string;
}

/** A slave process of which output comes. */
export interface SlaveOrigin {
  readonly hostname: string;
  /** Undefined before it is known to have started. */
  readonly pid: number | undefined;
}

/** Takes output in pieces; without a slave, it is of the machine. */
export type OnRemoteOutput = (to: 'stdout' | 'stderr', text: string, from?: SlaveOrigin) => void;

/** Slaves that have ended, whose last words may still be under way. */
const MOST_ENDED = 64;

interface Running {
  readonly slave: RemoteSlave;
  readonly onEnd: (end: ProcessEnd) => void;
}

class RemoteSlave implements SlaveProcess, SlaveOrigin {
  pid: number | undefined;
  onPid: ((pid: number) => void) | undefined;
  readonly terminate: () => void;
  readonly kill: () => void;

  constructor(
    readonly hostname: string,
    stop: (how: HowToStop) => void,
  ) {
    this.terminate = () => stop('terminate');
    this.kill = () => stop('kill');
  }
}

export class RemoteSlaves {
  readonly #running = new Map<number, Running>();
  readonly #ended = new Map<number, RemoteSlave>();
  readonly #onOutput: OnRemoteOutput;
  #serial = 0;

  constructor(onOutput: OnRemoteOutput) {
    this.#onOutput = onOutput;
  }

  /** With an error instead of a way, the slave ends with it, after this call. */
  start(way: OpenWay | Error, onEnd: (end: ProcessEnd) => void): SlaveProcess {
    const number = ++this.#serial;
    if (way instanceof Error) {
      process.nextTick(onEnd, { code: null, signal: null, error: way });
      return new RemoteSlave('', () => {});
    }
    const { link, args, hostname } = way;
    const slave = new RemoteSlave(hostname, (how) => link.send({ type: 'stop', slave: number, how }));
    this.#running.set(number, { slave, onEnd });
    link.send({ type: 'start', slave: number, args });
    return slave;
  }

  take(report: SlaveReport): void {
    switch (report.type) {
      case 'started':
        this.#started(report.slave, report.pid);
        return;
      case 'ended':
        this.#hasEnded(report);
        return;
      case 'output':
        this.#onOutput(report.to, report.text, this.#find(report.slave));
        return;
      default:
        report satisfies never;
    }
  }

  /** The way is lost, and all slaves with it. */
  lost(error: Error): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const { onEnd } of running) onEnd({ code: null, signal: null, error });
  }

  #find(number: number | undefined): RemoteSlave | undefined {
    if (number === undefined) return undefined;
    return this.#running.get(number)?.slave ?? this.#ended.get(number);
  }

  #started(number: number, pid: number): void {
    const slave = this.#running.get(number)?.slave;
    if (slave === undefined) return;
    slave.pid = pid;
    slave.onPid?.(pid);
  }

  #remember(number: number, slave: RemoteSlave): void {
    this.#ended.set(number, slave);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MOST_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  #hasEnded({ slave, code, signal, error }: SlaveReport & { readonly type: 'ended' }): void {
    const running = this.#running.get(slave);
    this.#running.delete(slave);
    if (running !== undefined) this.#remember(slave, running.slave);
    running?.onEnd({
      code,
      signal: signal as NodeJS.Signals | null,
      error: error === undefined ? undefined : new Error(error),
    });
  }
}
