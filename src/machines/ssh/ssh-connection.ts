/** One connection to a machine, from its beginning: its ports, its reports, and what may go wrong on the way. */

import type { AgentReport } from './agent-messages.js';
import { explainFault } from './explain-failure.js';
import type { Target } from './ssh-command.js';
import { SshLink, type SshLinkParams } from './ssh-link.js';

/** The ports of a master to which its slaves connect. */
export type SshWay = 'broker' | 'data';

/** Ports of the machine that lead here. */
export interface Ports {
  readonly ways: Readonly<Partial<Record<SshWay, number>>>;
  /** It ends, or answers, while the connection stands; undefined if sshd gives none. */
  readonly probe: number | undefined;
}

interface SshConnectionParams
  extends Pick<SshLinkParams, 'ssh' | 'destination' | 'node' | 'prologue' | 'onErrorLine'> {
  readonly ways: Readonly<Partial<Record<SshWay, Target>>>;
  /** Of slaves, once they are started. */
  readonly onReport: (report: AgentReport) => void;
  /** Called once, at the end, with the reason. */
  readonly onEnd: (reason: string) => void;
}

/** Nothing listens there. A connection to it ends, and tells by that that the way stands. */
const CLOSED: Target = { host: '127.0.0.1', port: 1 };

export class SshConnection {
  readonly link: SshLink;
  /** All of them have been given. */
  readonly ports: Promise<Ports>;
  /** Rejects with the reason why the machine cannot be used; a reason that comes later is that of `onEnd`. */
  readonly failed: Promise<never>;
  /** Resolves after `onEnd`. */
  readonly ended: Promise<void>;
  readonly #awaited = new Map<AgentReport['type'], (report: AgentReport) => void>();
  #fail: (reason: string) => void = () => {};
  /** Why the agent ends, if it says so. */
  #fault: string | undefined;

  /** `errorOf` makes an error of a reason. */
  constructor(params: SshConnectionParams, errorOf: (reason: string) => Error) {
    const names = Object.keys(params.ways) as SshWay[];
    const targets = names.length === 0 ? [CLOSED] : names.map((name) => params.ways[name] ?? CLOSED);
    const found: number[] = [];
    let tellPorts: (ports: Ports) => void = () => {};
    let tellEnd: () => void = () => {};
    this.ports = new Promise((resolve) => {
      tellPorts = resolve;
    });
    this.ended = new Promise((resolve) => {
      tellEnd = resolve;
    });
    this.failed = new Promise((_resolve, reject) => {
      this.#fail = (reason) => reject(errorOf(reason));
    });
    // It is raced while the machine is being opened, and nobody looks later
    this.failed.catch(() => {});
    this.link = new SshLink({
      ...params,
      targets,
      onReport: (report) => this.#take(report, params),
      onPort: (index, port) => {
        found[index] = port;
        if (targets.some((_, each) => found[each] === undefined)) return;
        const ways = Object.fromEntries(names.map((name, each) => [name, found[each]]));
        tellPorts({ ways, probe: found[0] });
      },
      onPortRefused: () => {
        if (names.length === 0) tellPorts({ ways: {}, probe: undefined });
        else this.#fail(PORTLESS);
      },
      onEnd: (end) => {
        const reason = this.#fault ?? end;
        this.#fail(reason);
        params.onEnd(reason);
        tellEnd();
      },
    });
  }

  /** The machine is not wanted any longer, or takes too long. */
  fail(reason: string): void {
    this.#fail(reason);
  }

  /** The next report of that type; never settles if the connection ends before. */
  report<T extends AgentReport['type']>(type: T): Promise<AgentReport & { readonly type: T }> {
    return new Promise((resolve) => {
      this.#awaited.set(type, (report) => resolve(report as AgentReport & { readonly type: T }));
    });
  }

  #take(report: AgentReport, { onReport }: SshConnectionParams): void {
    const { type } = report;
    const waiting = this.#awaited.get(type);
    this.#awaited.delete(type);
    if (waiting !== undefined) {
      waiting(report);
    } else if (type === 'failed') {
      this.#fault = explainFault(report.what, report.code);
      this.#fail(this.#fault);
    } else {
      onReport(report);
    }
  }
}

const PORTLESS =
  'its sshd gives no ports, by which slaves reach the master; its sshd_config must have AllowTcpForwarding yes, or ' +
  'remote, and no PermitListen that forbids it';
