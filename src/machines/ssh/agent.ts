/**
 * The agent: starts slaves on a machine that ssh has reached, for the master at the other end of the connection.
 *
 * Its text is sent there and run, so it imports only Node's own modules. Orders come by standard input, as frames (four
 * bytes of length, then a body), reports go to standard output, as lines that begin with a mark. It keeps nothing: when
 * standard input ends, or the connection is dead, it kills its slaves, removes its folder and ends. A slave reads a pipe
 * of the agent, and so does not outlive it either if it is killed.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism, homedir, hostname, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { AgentOrder, AgentReport, AgentSettings } from './agent-messages.js';

const PARENT_PIPE = 3;
/** Of what all slaves print, in characters; the rest is dropped, and counted. */
const PER_SECOND = 256 * 1024;
const MOST_WAITING = 256 * 1024;
const SECOND_MS = 1000;
const GONE_WITHIN_MS = 2000;
/** Parts of the time after which a silent connection is dead: when it is asked, and how often. */
const ASKED_AFTER = 0.5;
const LOOKS = 8;

/** `first` is what came after the agent's own text. */
export function runAgent(mark: string, first: Uint8Array): void {
  new Agent(mark).run(first);
}

class Agent {
  readonly #mark: string;
  readonly #slaves = new Map<number, ChildProcess>();
  #settings: AgentSettings | undefined;
  #folder: string | undefined;
  #program: string | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  /** Since its last sign. A time in which this process stood still counts no longer than one look. */
  #silentMs = 0;
  #lookedAt = performance.now();
  #passed = 0;
  #dropped = 0;
  #ending = false;

  constructor(mark: string) {
    this.#mark = mark;
  }

  get #filesFolder(): string {
    return join(this.#folder ?? '', 'files');
  }

  run(first: Uint8Array): void {
    process.stdin.on('data', (chunk: Buffer) => this.#take(chunk));
    process.stdin.on('end', () => this.#end());
    process.stdin.on('error', () => this.#end());
    // The connection is gone, and nobody reads
    process.stdout.on('error', () => this.#end());
    process.stderr.on('error', () => {});
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#end());
    process.on('uncaughtException', (error) => this.#fail(String(error.stack ?? error), error));
    this.#take(Buffer.from(first));
    process.stdin.resume();
  }

  #take(chunk: Buffer): void {
    this.#noteSign();
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    while (!this.#ending && this.#buffer.length >= 4) {
      const end = 4 + this.#buffer.readUInt32BE(0);
      if (this.#buffer.length < end) return;
      const body = this.#buffer.subarray(4, end);
      this.#buffer = this.#buffer.subarray(end);
      this.#takeBody(body);
    }
  }

  #takeBody(body: Buffer): void {
    try {
      if (this.#settings === undefined) this.#settle(JSON.parse(body.toString()));
      else if (this.#program === undefined) this.#receive(body);
      else this.#obey(this.#settings, this.#program, JSON.parse(body.toString()));
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error), error);
    }
  }

  #settle(settings: AgentSettings): void {
    this.#settings = settings;
    Object.assign(process.env, settings.env);
    const { cwd, files, program, probePort, lostAfterMs } = settings;
    if (cwd !== undefined && !isFolder(atHome(cwd))) throw new Error(`there is no folder ${cwd}`);
    this.#folder = mkdtempSync(join(tmpdir(), 'ts-mw-'));
    mkdirSync(this.#filesFolder);
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.#filesFolder, name), text, { mode: 0o600 });
    }
    if (probePort !== undefined) {
      setInterval(() => this.#look(probePort, lostAfterMs), lostAfterMs / LOOKS).unref();
    }
    setInterval(() => this.#tellDropped(), SECOND_MS).unref();
    if (program === undefined) return;
    if (!isFile(atHome(program))) throw new Error(`there is no program ${program}`);
    this.#begin(atHome(program));
  }

  #receive(packed: Buffer): void {
    const program = join(this.#folder ?? '', 'program.cjs');
    writeFileSync(program, gunzipSync(packed), { mode: 0o600 });
    this.#begin(program);
  }

  #begin(program: string): void {
    this.#program = program;
    this.#report({
      type: 'ready',
      hostname: hostname(),
      platform: process.platform,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      filesFolder: this.#filesFolder,
    });
  }

  #obey(settings: AgentSettings, program: string, order: AgentOrder): void {
    switch (order.type) {
      case 'start':
        this.#start(settings, program, order.slave, order.args);
        return;
      case 'stop': {
        const child = this.#slaves.get(order.slave);
        if (order.how === 'terminate') child?.kill('SIGTERM');
        else if (child !== undefined) kill(child);
        return;
      }
      case 'clock':
        this.#report({ type: 'clock', now: Date.now() });
        return;
      default:
        // A beat has been heard by its coming
        return;
    }
  }

  #start(settings: AgentSettings, program: string, slave: number, args: readonly string[]): void {
    const { cwd, defaults, secrets, parentVariable } = settings;
    const own = join(this.#folder ?? '', `slave-${slave}`);
    let child: ChildProcess;
    try {
      if (cwd === undefined) mkdirSync(own);
      child = spawn(process.execPath, [program, ...args], {
        cwd: cwd === undefined ? own : atHome(cwd),
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        env: {
          ...defaults,
          ...process.env,
          ...secrets,
          [parentVariable]: `${PARENT_PIPE}:${process.pid}`,
        },
      });
    } catch (error) {
      this.#report({ type: 'ended', slave, code: null, signal: null, error: String(error) });
      return;
    }
    const { pid } = child;
    const ended = (report: Omit<AgentReport & { type: 'ended' }, 'type' | 'slave'>): void => {
      if (!this.#slaves.delete(slave)) return;
      child.stdio[PARENT_PIPE]?.destroy();
      void rm(own, { recursive: true, force: true }).catch(() => undefined);
      this.#report({ type: 'ended', slave, ...report });
    };
    this.#slaves.set(slave, child);
    child.once('error', (error) => {
      if (pid === undefined) ended({ code: null, signal: null, error: error.message });
    });
    child.once('exit', (code, signal) => {
      // Processes that the slave has started stay in its group
      if (pid !== undefined) killGroup(pid);
      ended({ code, signal });
    });
    child.stdio[PARENT_PIPE]?.on('error', () => {});
    this.#pass(slave, child, 'stdout');
    this.#pass(slave, child, 'stderr');
    if (pid !== undefined) this.#report({ type: 'started', slave, pid });
  }

  #pass(slave: number, child: ChildProcess, to: 'stdout' | 'stderr'): void {
    child[to]?.setEncoding('utf8').on('data', (text: string) => {
      const room = process.stdout.writableLength > MOST_WAITING ? 0 : PER_SECOND - this.#passed;
      const passing = text.slice(0, Math.max(0, room));
      this.#passed += passing.length;
      this.#dropped += text.length - passing.length;
      if (passing !== '') this.#report({ type: 'output', to, text: passing, slave });
    });
    child[to]?.on('error', () => {});
  }

  /** Called each second. */
  #tellDropped(): void {
    this.#passed = 0;
    if (this.#dropped === 0) return;
    const text = `[${this.#dropped} characters were dropped: slaves here print more than 256 KB per second, or than the connection takes]\n`;
    this.#dropped = 0;
    this.#report({ type: 'output', to: 'stderr', text });
  }

  #noteSign(): void {
    this.#silentMs = 0;
    this.#lookedAt = performance.now();
  }

  /** A master that computes without a pause sends no beats; whether the connection stands is asked then. */
  #look(probePort: number, lostAfterMs: number): void {
    const now = performance.now();
    this.#silentMs += Math.min(lostAfterMs / LOOKS, now - this.#lookedAt);
    this.#lookedAt = now;
    if (this.#silentMs >= lostAfterMs) {
      // Expired timers run before the connection is read: after a stall of our own, what was said waits there
      setImmediate(() =>
        setImmediate(() => {
          if (this.#silentMs >= lostAfterMs) this.#end();
        }),
      );
    } else if (this.#silentMs > lostAfterMs * ASKED_AFTER) this.#probe(probePort, lostAfterMs);
  }

  #probe(port: number, limitMs: number): void {
    const socket = connect(port, '127.0.0.1');
    let isSign = false;
    const answered = (): void => {
      if (isSign) this.#noteSign();
      socket.destroy();
    };
    // sshd takes it in any case. The other side answers, or has nothing to say and closes
    socket.once('connect', () => {
      isSign = true;
    });
    socket.once('data', answered);
    socket.once('close', answered);
    socket.on('error', () => {});
    socket.setTimeout(limitMs, () => {
      isSign = false;
      socket.destroy();
    });
    socket.unref();
  }

  #fail(what: string, error: unknown): void {
    this.#report({ type: 'failed', what, code: (error as NodeJS.ErrnoException | undefined)?.code });
    this.#end();
  }

  #report(report: AgentReport): void {
    // Something else may have printed a part of a line before
    process.stdout.write(`\n${this.#mark} ${JSON.stringify(report)}\n`);
  }

  /** Kills what runs, and ends when it has gone; a second call changes nothing. */
  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    const children = [...this.#slaves.values()];
    let left = children.length;
    const leave = (): void => {
      if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
      process.exit(0);
    };
    if (left === 0) {
      leave();
      return;
    }
    setTimeout(leave, GONE_WITHIN_MS);
    for (const child of children) {
      child.once('exit', () => {
        if (--left === 0) leave();
      });
      kill(child);
    }
  }
}

function kill(child: ChildProcess): void {
  const { pid, exitCode, signalCode } = child;
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  if (!killGroup(pid)) child.kill('SIGKILL');
}

/** False if there is no such group. `process-group.ts` is not there: this text goes alone. */
function killGroup(pid: number): boolean {
  try {
    process.kill(-pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

function atHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
