/** The slaves on another machine, as the way there knows them: by numbers that it gives them. */

import type { HowToStop, SlaveOrder, SlaveReport } from './slave-messages.js';
import type { ProcessEnd, SlaveProcess } from './slave-process.js';

/** An open way to the machine. */
interface OpenWay {
  readonly link: { send(order: SlaveOrder): void };
  /** Of each slave. */
  readonly args: readonly string[];
}

interface Running {
  readonly slave: RemoteSlave;
  readonly onEnd: (end: ProcessEnd) => void;
}

class RemoteSlave implements SlaveProcess {
  pid: number | undefined;
  onPid: ((pid: number) => void) | undefined;
  readonly terminate: () => void;
  readonly kill: () => void;

  constructor(stop: (how: HowToStop) => void) {
    this.terminate = () => stop('terminate');
    this.kill = () => stop('kill');
  }
}

export class RemoteSlaves {
  readonly #running = new Map<number, Running>();
  readonly #onOutput: (to: 'stdout' | 'stderr', text: string) => void;
  #serial = 0;

  constructor(onOutput: (to: 'stdout' | 'stderr', text: string) => void) {
    this.#onOutput = onOutput;
  }

  /** With an error instead of a way, the slave ends with it, after this call. */
  start(way: OpenWay | Error, onEnd: (end: ProcessEnd) => void): SlaveProcess {
    const number = ++this.#serial;
    if (way instanceof Error) {
      process.nextTick(onEnd, { code: null, signal: null, error: way });
      return new RemoteSlave(() => {});
    }
    const { link, args } = way;
    const slave = new RemoteSlave((how) => link.send({ type: 'stop', slave: number, how }));
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
        this.#ended(report);
        return;
      case 'output':
        this.#onOutput(report.to, report.text);
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

  #started(number: number, pid: number): void {
    const slave = this.#running.get(number)?.slave;
    if (slave === undefined) return;
    slave.pid = pid;
    slave.onPid?.(pid);
  }

  #ended({ slave, code, signal, error }: SlaveReport & { readonly type: 'ended' }): void {
    const running = this.#running.get(slave);
    this.#running.delete(slave);
    running?.onEnd({
      code,
      signal: signal as NodeJS.Signals | null,
      error: error === undefined ? undefined : new Error(error),
    });
  }
}
