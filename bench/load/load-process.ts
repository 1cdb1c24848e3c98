/** One process of a load: what it tells over its channel, and its end. */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Watchers } from './watchers.js';

/** Enough to see why a process failed. */
const ERRORS_KEPT = 10_000;

export class LoadProcess<Message extends { readonly type: string }> {
  readonly child: ChildProcess;
  /** Settles with how it ended; never rejects. */
  readonly ended: Promise<string>;
  errors = '';
  readonly #name: string;
  readonly #heard: Message[] = [];
  readonly #watchers = new Watchers();
  #end: string | undefined;

  /** Starts a file of this folder. */
  constructor(name: string, args: readonly string[], nodeFlags: readonly string[] = []) {
    this.#name = name;
    const file = fileURLToPath(new URL(`${name}.js`, import.meta.url));
    this.child = fork(file, args, {
      execArgv: [...nodeFlags],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString()).slice(-ERRORS_KEPT);
    });
    this.child.on('message', (message: Message) => {
      this.#heard.push(message);
      this.#watchers.tell();
    });
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#end = how;
        resolve(how);
        this.#watchers.tell();
      };
      this.child.once('error', (error) => end(error.message));
      this.child.once('close', (code, signal) => end(signal ?? `code ${code}`));
    });
  }

  get isRunning(): boolean {
    return this.#end === undefined;
  }

  /** The first message of a type, said already or yet to come; throws when the process ends without it. */
  async until<T extends Message['type']>(
    type: T,
    withinMs: number,
  ): Promise<Extract<Message, { readonly type: T }>> {
    const find = () => this.#heard.find((message) => message.type === type);
    const found = await this.#watchers
      .until(() => find() !== undefined || !this.isRunning, withinMs)
      .then(find);
    if (found !== undefined) return found as Extract<Message, { readonly type: T }>;
    const how =
      this.#end === undefined ? `said no ${type} within ${withinMs / 1000} s` : `ended: ${this.#end}`;
    throw new Error(`${this.#name} ${how}\n${this.errors}`);
  }

  /** How it ended; throws when it does not. */
  async exit(withinMs: number): Promise<string> {
    await this.#watchers.until(() => !this.isRunning, withinMs);
    if (this.#end === undefined) throw new Error(`${this.#name} still runs after ${withinMs / 1000} s`);
    return this.#end;
  }

  send(message: string): void {
    if (this.child.connected) this.child.send(message);
  }

  /** May be called twice, and after the end. */
  async kill(): Promise<void> {
    if (this.isRunning) this.child.kill('SIGKILL');
    await this.ended;
  }
}
