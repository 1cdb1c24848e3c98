/** One process of a cluster: its output, its trail, its signals and its end. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PATIENCE } from '../support/patience.js';
import { PATIENCE_MS, pass, type Trail } from './trail.js';

export class Member {
  readonly child: ChildProcess;
  readonly trail: Trail;
  output = '';
  errors = '';
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  /** `unread`: what it prints stays in its pipes. */
  constructor(child: ChildProcess, trail: Trail, { unread = false } = {}) {
    this.child = child;
    this.trail = trail;
    this.ended = once(child, unread ? 'exit' : 'close').then(([code, signal]) => ({ code, signal }));
    if (unread) return;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString()).slice(-20_000);
    });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    // Unlike process.kill it does not throw when the process has just ended and nobody has heard of it yet.
    if (this.running) this.child.kill(signal);
  }

  /** Frozen for `ms`. */
  async freeze(ms: number): Promise<void> {
    this.signal('SIGSTOP');
    await pass(ms);
    this.signal('SIGCONT');
  }

  /** The exit code, within a limit, which is longer on a slow machine. */
  async exit(withinMs = PATIENCE_MS): Promise<number | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const tail = this.trail.read().slice(-25);
        const lines = tail.map(({ event, timeMs }) => `${timeMs % 1e6} ${JSON.stringify(event)}`);
        reject(
          new Error(
            `timeout: ${this.child.spawnargs.slice(1, 4).join(' ')} still runs; ${lines.join('\n')}\n${this.errors}`,
          ),
        );
      }, withinMs * PATIENCE);
    });
    try {
      return (await Promise.race([this.ended, late])).code;
    } finally {
      clearTimeout(timer);
    }
  }
}
