/** A slave's core and runner without a network, and the master's side of its session. */

import { DEFAULT_POLICY } from '../../../src/algorithms/policy.js';
import type { AlgorithmDefinition } from '../../../src/algorithms/types.js';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import type { GivenTask } from '../../../src/slave/core/given-task.js';
import { SlaveCore } from '../../../src/slave/core/slave-core.js';
import { SlaveRunner } from '../../../src/slave/run/slave-handle.js';
import { taskContext } from '../../../src/slave/run/task-context.js';
import { decodeBody, encodeBody } from '../../../src/wire/messages/body.js';
import { parseResults, type ResultEntry } from '../../../src/wire/messages/entries.js';
import { CREDIT_BYTES, type Hello } from '../../../src/wire/messages/messages.js';
import { Session } from '../../../src/wire/session/session.js';
import { taskEntryText, tasksText } from '../../wire/messages/entry-texts.js';

const RUN = '00112233445566ff';
const NONCE = '0'.repeat(32);

/** A slave whose tasks end when the test says so. */
export class Bench {
  readonly core: SlaveCore;
  readonly runner: SlaveRunner;
  readonly began: number[] = [];
  readonly aborted: number[] = [];
  /** The words of `taskContext` about each task when it ends. */
  readonly contexts: string[] = [];
  readonly hellos: Hello[] = [];
  /** Numbers of results, by message. */
  readonly sent: number[][] = [];
  /** The same with all that they say. */
  readonly results: ResultEntry[] = [];
  /** Runs with a time limit. */
  readonly started: GivenTask[] = [];
  readonly ended: GivenTask[] = [];
  /** Places of tasks that the master takes back before they begin. */
  readonly takenBack = new Set<number>();
  /** How often it has tried to send. */
  flushes = 0;
  readonly #names: readonly string[];
  readonly #ends = new Map<number, () => void>();
  readonly #frames: Buffer[] = [];
  readonly #master: Session;

  constructor(concurrency: number, more: Readonly<Record<string, (number: number) => unknown>> = {}) {
    this.#names = ['wait', 'quick', ...Object.keys(more), 'undefined here'];
    const nonce = NONCE;
    const definition = (name: string, fn: (number: number) => unknown): AlgorithmDefinition => ({
      name,
      fn: fn as unknown as AlgorithmDefinition['fn'],
      policy: DEFAULT_POLICY,
      fingerprint: name,
      place: 'here',
      checkpoint: true,
    });
    this.core = new SlaveCore({
      memberId: 'm',
      run: undefined,
      host: 'h',
      pid: 1,
      algorithms: [
        definition('wait', (number) => this.#wait(number)),
        definition('quick', (number) => this.began.push(number)),
        ...Object.entries(more).map(([name, fn]) => definition(name, fn)),
      ],
      concurrency,
      audit: silentAudit,
      ports: {
        send: (frame) => this.#frames.push(frame) > 0,
        sendHello: (hello) => this.hellos.push(hello),
        nonce: () => nonce,
        listen: () => {},
        watch: () => 1,
        offer: () => true,
        claim: (index) => !this.takenBack.has(index),
        release: () => {},
        positions: () => void this.flushes++,
        news: () => this.runner?.wake(),
        startClock: (task) => this.started.push(task),
        kill: () => {},
        stopClock: (task) => this.ended.push(task) === 0,
        renumbered: () => {},
        abort: (task) => this.runner.abort(task, 'AbortError'),
      },
    });
    this.runner = new SlaveRunner({ core: this.core, argv: [], clock: () => performance.now() });
    this.core.join();
    this.core.joinable(nonce, 0);
    this.core.takeHandshake(
      {
        type: 'welcome',
        run: RUN,
        nonce,
        sid: 7,
        resultGroup: 'auto',
        algorithms: this.#names,
        broker: 'external',
        limit: CREDIT_BYTES,
        clientTimeoutMs: 3_000,
        maxMessageBytes: CREDIT_BYTES,
      },
      0,
    );
    this.#master = new Session({
      epoch: { run: RUN, nonce, sid: 7 },
      sendLimit: CREDIT_BYTES,
      receiveLimit: CREDIT_BYTES,
      maxMessageBytes: CREDIT_BYTES,
    });
  }

  async #wait(number: number): Promise<number> {
    this.began.push(number);
    taskContext().signal.addEventListener('abort', () => this.aborted.push(number));
    await new Promise<void>((resolve) => this.#ends.set(number, resolve));
    this.contexts.push(`${taskContext().taskId} is ${number}`);
    return number;
  }

  /** One message of tasks, of which each may have a time limit. */
  give(
    numbers: readonly number[],
    algorithm = 'wait',
    ordered = false,
    { grouping = 0, timeoutMs = 0 }: { grouping?: number; timeoutMs?: number } = {},
  ): void {
    const index = this.#names.indexOf(algorithm);
    const entries = numbers.map((number) => taskEntryText(number, 1, index, `[${number}]`));
    const limits = timeoutMs > 0 ? numbers.map((_, place) => [place, timeoutMs] as const) : undefined;
    this.#master.post(encodeBody(tasksText(grouping, entries, limits, ordered), []));
    this.#master.flush((frame) => {
      this.core.takeFrame(frame, 0);
      return true;
    }, 0);
  }

  /** Takes an event that its sentinel heard. */
  hear(event: { type: 'shutdown' | 'stale' } | { type: 'lost'; evidence: string }): void {
    this.core.takeSentinelEvent({ ...event, nonce: NONCE }, 0);
  }

  /** Lets tasks end in one turn, and what follows from it happen. */
  async end(...numbers: readonly number[]): Promise<void> {
    for (const number of numbers) this.#ends.get(number)?.();
    await this.turn();
  }

  /** On a slow machine the slave lets the event loop turn before each task that it begins. */
  async turn(): Promise<void> {
    for (let turns = 0; turns < 30; turns++) await new Promise((resolve) => setImmediate(resolve));
    this.collect();
  }

  /** Takes the results that have left so far. */
  collect(): void {
    for (const frame of this.#frames.splice(0)) {
      for (const body of this.#master.receive(Buffer.from(frame), 0)) {
        const { results } = parseResults(decodeBody(body).value);
        this.sent.push(results.map(([number]) => number));
        this.results.push(...results);
      }
    }
  }
}
