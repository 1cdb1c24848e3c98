/**
 * Reads what slaves print, and shows it in the master's terminal, each line behind the name of its slave. A local slave that
 * has not joined has the name that the audit trail gives its place: `LOCAL 0`.
 */

import type { ChildProcess } from 'node:child_process';
import { Console } from 'node:console';
import { hostname } from 'node:os';
import { isatty } from 'node:tty';
import type { AuditTrail } from '../../audit/audit-trail.js';
import {
  ForwardedOutput,
  type ForwardedOutputParams,
  type OutputSource,
  type OutputStream,
} from '../../machines/forwarded-output.js';
import type { SlaveOutput } from '../../machines/parent-pipe.js';
import { type RecentLines, RecentOutput } from '../../machines/recent-output.js';
import type { OnRemoteOutput } from '../../machines/remote-slaves.js';
import { giveUpAfter } from '../../structures/give-up-after.js';
import type { Configuration } from '../flags/configuration.js';
import { RemoteOutput } from './remote-output.js';

export type WriteOutput = ForwardedOutputParams['write'];

/** Whether the master's streams are terminals. */
type Terminals = Readonly<Record<OutputStream, boolean>>;

interface OutputReaderParams {
  readonly configuration: Pick<Configuration, 'forwardOutput'> & Partial<Pick<Configuration, 'dashboard'>>;
  readonly audit: Pick<AuditTrail, 'onEvent'>;
  readonly writeOutput?: WriteOutput | undefined;
}

interface Reading {
  /** Of its place, from 1. */
  number: number;
  sid: string | undefined;
  readonly source: OutputSource;
  readonly child: ChildProcess;
  readonly closed: Promise<void>;
}

/** Bytes that a stream of the master may owe to its reader before lines are left out. */
const MOST_WAITING_BYTES = 1024 * 1024;
const TELL_EVERY_MS = 5_000;
/** A process that a slave has left behind may hold its streams forever. */
const CLOSE_AFTER_MS = 5_000;
const CLOSE_AT_END_MS = 1_000;

/** The streams that are read. With `auto`, a stream that goes to a file or a pipe goes there as it is. */
export function forwardedStreams(
  wanted: Configuration['forwardOutput'],
  terminals: Terminals,
): readonly OutputStream[] {
  const all: readonly OutputStream[] = ['stdout', 'stderr'];
  switch (wanted) {
    case 'auto':
      return terminals.stderr ? all.filter((stream) => terminals[stream]) : [];
    case 'on':
      return all;
    case 'off':
      return [];
    default:
      return wanted satisfies never;
  }
}

export class OutputReader {
  /** How Node opens the two streams of a slave. */
  readonly stdout: 'pipe' | 'inherit';
  readonly stderr: 'pipe' | 'inherit';
  readonly ends: SlaveOutput;
  readonly #output: ForwardedOutput;
  readonly #recent: RecentOutput | undefined;
  readonly #remote: RemoteOutput;
  readonly #readings = new Map<number, Reading>();
  readonly #audit: OutputReaderParams['audit'];
  /** Undefined before the first slave. */
  #stopHearing: (() => void) | undefined;

  private constructor(params: OutputReaderParams, streams: readonly OutputStream[], terminals: Terminals) {
    this.stdout = streams.includes('stdout') ? 'pipe' : 'inherit';
    this.stderr = streams.includes('stderr') ? 'pipe' : 'inherit';
    this.ends = { read: streams, isShownAtTerminal: streams.includes('stderr') && terminals.stderr };
    const write = params.writeOutput ?? writeToOwnStreams();
    // Output may have secrets, as arguments do
    const isKept = params.configuration.dashboard?.showValues === true;
    this.#recent = isKept ? new RecentOutput(() => Date.now()) : undefined;
    this.#output = new ForwardedOutput({ write, now: () => performance.now(), recent: this.#recent });
    this.#remote = new RemoteOutput(this.#output);
    this.#audit = params.audit;
  }

  #hear(): () => void {
    const host = hostname();
    const stop = this.#audit.onEvent((event) => {
      if (event.type !== 'slave-connecting') return;
      const reading = event.host === host ? this.#readings.get(event.pid) : undefined;
      if (reading !== undefined) reading.sid = event.sid;
      else this.#remote.joined(event.sid, event.host, event.pid);
    });
    const timer = setInterval(() => this.#output.tellLeftOut(), TELL_EVERY_MS).unref();
    return () => {
      clearInterval(timer);
      stop();
    };
  }

  /** Undefined if slaves have the streams of the master. */
  static open(params: OutputReaderParams): OutputReader | undefined {
    const terminals = { stdout: isatty(1), stderr: isatty(2) };
    const streams = forwardedStreams(params.configuration.forwardOutput, terminals);
    return streams.length === 0 ? undefined : new OutputReader(params, streams, terminals);
  }

  /** Reads the streams of a new process to their end, which may come after that of the process. */
  read(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined) return;
    this.#stopHearing ??= this.#hear();
    const source = this.#output.source(() => reading.sid ?? `LOCAL ${reading.number - 1}`);
    const closed = new Promise<void>((resolve) => {
      child.once('close', () => {
        source.end();
        // Another process may have the number by now
        if (this.#readings.get(pid) === reading) this.#readings.delete(pid);
        resolve();
      });
    });
    const reading: Reading = { number: 1, sid: undefined, source, child, closed };
    this.#readings.set(pid, reading);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.on('data', (chunk: Buffer) => source.take(stream, chunk));
      // A dying slave may reset it
      child[stream]?.on('error', () => {});
    }
    child.once('exit', () => {
      void closed.then(giveUpAfter(CLOSE_AFTER_MS, () => closeStreams(child)));
    });
  }

  /** Takes the output of another machine, in pieces. */
  writerOf(machine: string): OnRemoteOutput {
    this.#stopHearing ??= this.#hear();
    return (stream, text, from) => {
      if (this[stream] === 'pipe') this.#remote.take(machine, stream, text, from);
      else process[stream].write(text);
    };
  }

  /** The lines that a slave printed last; undefined if it has printed none, or none are kept. */
  recentOf(name: string): RecentLines | undefined {
    return this.#recent?.find(name);
  }

  /** The process is in the place of this number, from 1. */
  place(pid: number, number: number): void {
    const reading = this.#readings.get(pid);
    if (reading !== undefined) reading.number = number;
  }

  /** Call it when all processes have ended; resolves when what they printed is shown. */
  async end(): Promise<void> {
    const readings = [...this.#readings.values()];
    const stopWaiting = giveUpAfter(CLOSE_AT_END_MS, () => {
      for (const { child } of readings) closeStreams(child);
    });
    await Promise.all(readings.map(({ closed }) => closed));
    stopWaiting();
    this.#remote.end();
    this.#stopHearing?.();
  }
}

function closeStreams({ stdout, stderr }: ChildProcess): void {
  stdout?.destroy();
  stderr?.destroy();
}

/** A console survives a stream that takes nothing, in programs that do not listen to its errors too. */
function writeToOwnStreams(): WriteOutput {
  const { stdout, stderr } = process;
  const console = new Console({ stdout, stderr });
  return (stream, text) => {
    const to = process[stream];
    if (to.destroyed || to.writableLength > MOST_WAITING_BYTES) return false;
    const lines = text.slice(0, -1);
    if (stream === 'stdout') console.log(lines);
    else console.error(lines);
    return true;
  };
}
