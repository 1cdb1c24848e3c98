/** One ssh process: frames go in, reports of the agent, ports and lines of standard error come out. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { AgentOrder, AgentReport } from './agent-messages.js';
import { explainFailure } from './explain-failure.js';
import { ReportReader } from './report-reader.js';
import {
  allocatedPort,
  isForwardRefused,
  type SshCommandParams,
  sshArguments,
  type Target,
} from './ssh-command.js';

export interface SshLinkParams extends Omit<SshCommandParams, 'mark'> {
  /** The ssh executable. */
  readonly ssh: string;
  readonly onReport: (report: AgentReport) => void;
  /** The port of the machine that leads to the target of that index. */
  readonly onPort: (index: number, port: number) => void;
  /** sshd lets nobody have ports. */
  readonly onPortRefused: () => void;
  /** A line of standard error: of ssh, of the machine's shell, or of the agent's Node. */
  readonly onErrorLine: (line: string) => void;
  /** Called once, after everything else, with the reason. */
  readonly onEnd: (reason: string) => void;
}

const MOST_ERROR_LINES = 20;
const LONGEST_LINE = 4096;

export class SshLink {
  readonly #params: SshLinkParams;
  readonly #child: ChildProcess;
  readonly #reader: ReportReader;
  readonly #errors: string[] = [];
  #rest = '';
  #hasBegun = false;
  #ended = false;

  constructor(params: SshLinkParams) {
    const mark = `ts-mw-${randomBytes(12).toString('hex')}`;
    this.#params = params;
    this.#reader = new ReportReader(mark);
    // Detached, so that Ctrl-C reaches the master alone, which then ends its slaves in order
    this.#child = spawn(params.ssh, sshArguments({ ...params, mark }), {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = this.#child;
    // Its end says more
    stdin?.on('error', () => {});
    stdout?.setEncoding('utf8').on('data', (text: string) => {
      for (const report of this.#reader.take(text)) {
        this.#hasBegun = true;
        if (!this.#ended) params.onReport(report);
      }
    });
    stderr?.setEncoding('utf8').on('data', (text: string) => this.#takeErrors(text));
    this.#child.once('error', (error: NodeJS.ErrnoException) => this.#finish(unstartable(params.ssh, error)));
    this.#child.once('close', (code) => {
      if (this.#rest !== '') this.#takeErrors('\n');
      this.#finish(
        explainFailure({
          destination: params.destination,
          node: params.node ?? 'node',
          code,
          errors: this.#errors,
          hasBegun: this.#hasBegun,
          printed: this.#reader.noise,
        }),
      );
    });
  }

  /** The last part of what was printed beside reports. */
  get noise(): string {
    return this.#errors.at(-1) ?? this.#reader.noise.trim().split('\n').at(-1) ?? '';
  }

  sendBytes(body: Uint8Array): void {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    this.#child.stdin?.write(head);
    this.#child.stdin?.write(body);
  }

  send(order: AgentOrder): void {
    this.sendBytes(Buffer.from(JSON.stringify(order)));
  }

  /** The agent ends its slaves, removes what it has, and ends the connection. */
  end(): void {
    this.#child.stdin?.end();
  }

  /** For one that does not end. */
  kill(): void {
    if (this.#child.pid !== undefined) this.#child.kill('SIGKILL');
    // Something that inherited them may hold them open
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #takeErrors(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) if (line.trim() !== '') this.#takeError(line.slice(0, LONGEST_LINE));
  }

  #takeError(line: string): void {
    const { targets, onPort, onPortRefused, onErrorLine } = this.#params;
    if (this.#ended) return;
    for (const [index, target] of targets.entries()) {
      const port = allocatedPort(line, target);
      if (port === undefined) continue;
      onPort(index, port);
      return;
    }
    this.#errors.push(line);
    if (this.#errors.length > MOST_ERROR_LINES) this.#errors.shift();
    if (isForwardRefused(line)) onPortRefused();
    else if (!isOfTargets(line, targets)) onErrorLine(line);
  }

  #finish(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#params.onEnd(reason);
  }
}

/** ssh reports each connection of the machine that ends at a closed port here. */
function isOfTargets(line: string, targets: readonly Target[]): boolean {
  return targets.some(({ host, port }) => line.startsWith(`connect_to ${host} port ${port}: failed`));
}

function unstartable(ssh: string, error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT'
    ? `there is no ${ssh} on this machine; install it, such as by apt-get install openssh-client`
    : `${ssh} cannot be started here: ${error.message}`;
}
