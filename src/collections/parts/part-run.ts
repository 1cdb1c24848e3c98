/**
 * Runs the parts of one call: submits them as its cutter says, hands their packets over, and cuts again those whose
 * slave was lost or whose message would be too large. It ends with the last part, with the first error that the call
 * does not take, with its signal, scope or master, or when the call has its answer; then no task of it is left.
 */

import type { OperationName } from '../../algorithms/operations.js';
import { operationNamed } from '../../algorithms/registry.js';
import type { Submitter } from '../../algorithms/submitter.js';
import type { AlgorithmDefinition, Future, ResolvedPolicy } from '../../algorithms/types.js';
import { StoppedError } from '../../errors.js';
import { elementErrorOf, failedPartOf, isOfElements, isOfWholePart, unsentErrorOf } from './element-error.js';
import { EndWatch } from './end-watch.js';
import { heed } from './heed.js';
import type { Cutter, Part } from './part-cutter.js';
import { halve, type OpenPart, recut, without } from './recut.js';
import { policyOfParts, type ResolvedTask } from './task.js';

/** The interval of looking whether more parts should be submitted, while none ends. */
const LOOK_MS = 110;

/** A part of which a packet came. */
export interface ComputedPart extends Part {
  readonly taskId: string;
  readonly submittedAt: string | undefined;
}

export interface PartRunParams {
  readonly submitter: Submitter;
  readonly task: ResolvedTask;
  /** The name of the task that turns each element into the value to fold. */
  readonly keyName?: string | undefined;
  readonly operation: OperationName;
  readonly cutter: Cutter;
  readonly place: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** The index of the first element of the call in its source. */
  readonly base: number;
  /** The arguments of the operation, after the task. */
  readonly argumentsOf: (part: Part) => readonly unknown[];
  /** Hears of each part that was cut, before it is submitted. */
  readonly onCut?: ((part: Part) => void) | undefined;
  /** Takes the packet of a part, the first of which is its milliseconds. */
  readonly take: (part: ComputedPart, packet: readonly unknown[]) => void;
  /** Takes the error of elements; if it throws, that ends the call. */
  readonly takeError: (error: Error, part: Part) => void;
}

export class PartRun {
  readonly #params: PartRunParams;
  readonly #operation: AlgorithmDefinition;
  readonly #open = new Map<OpenPart, Future<unknown>>();
  /** Parts cut again, the next one last. */
  readonly #again: OpenPart[] = [];
  readonly #policies = new Map<number, ResolvedPolicy>();
  #settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void } | undefined;
  #narrowed = Number.POSITIVE_INFINITY;
  #isOver = false;
  #look: NodeJS.Timeout | undefined;

  constructor(params: PartRunParams) {
    this.#params = params;
    this.#operation = operationNamed(params.operation);
  }

  /** Resolves when all parts are computed, or after `stop`. Rejects with the error that ended it. */
  async run(): Promise<void> {
    const { signal, submitter } = this.#params;
    const { scopeSignal } = submitter;
    const throwIfAborted = (): void => {
      signal?.throwIfAborted();
      scopeSignal?.throwIfAborted();
      submitter.signal.throwIfAborted();
    };
    throwIfAborted();
    const onAbort = (): void => this.#guard(throwIfAborted);
    const end = EndWatch.of(submitter.signal);
    end.add(onAbort);
    const leave = signal && heed(signal, onAbort);
    scopeSignal?.addEventListener('abort', onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = { resolve, reject };
        this.fill();
      });
    } finally {
      end.remove(onAbort);
      leave?.();
      scopeSignal?.removeEventListener('abort', onAbort);
    }
  }

  /** The rest is not needed. */
  stop(): void {
    if (this.#close()) this.#settle?.resolve();
  }

  /** Elements from `end` on are not needed any more. */
  narrow(end: number): void {
    this.#narrowed = Math.min(this.#narrowed, end);
    for (const [part, future] of this.#open) {
      if (part.start < end) continue;
      future.cancel();
      this.#open.delete(part);
    }
  }

  /** More elements have come, or there is room for more. */
  fill(): void {
    this.#guard(() => this.#fill());
  }

  get #isExhausted(): boolean {
    const { cutter } = this.#params;
    return cutter.isEmpty || this.#narrowed < Number.POSITIVE_INFINITY;
  }

  #fill(): void {
    while (!this.#isOver) {
      const part = this.#again.pop() ?? this.#nextPart();
      // The program's source may end the call while an element is drawn
      if (part === undefined || this.#isOver) break;
      if (part.start < this.#narrowed) this.#submit(part);
    }
    if (this.#isOver) return;
    if (!this.#isExhausted) this.#lookLater();
    else if (this.#open.size === 0) this.stop();
  }

  #nextPart(): OpenPart | undefined {
    const { cutter, submitter } = this.#params;
    if (this.#isExhausted) return undefined;
    const part = cutter.next(submitter.workers, performance.now());
    if (part === undefined) return undefined;
    this.#params.onCut?.(part);
    return { ...part, isPiece: false, losses: 0, runs: 0 };
  }

  /** Slaves may have come, and elements may take longer than thought. */
  #lookLater(): void {
    this.#look ??= setTimeout(() => {
      this.#look = undefined;
      this.fill();
    }, LOOK_MS);
  }

  #submit(part: OpenPart): void {
    const { submitter, task, argumentsOf, place } = this.#params;
    const args = [task.reference, ...argumentsOf(part)];
    let future: Future<unknown>;
    try {
      future = submitter.future(this.#operation, args, this.#policyOf(part), place);
    } catch (error) {
      if (!isOfElements(error, args)) throw error;
      if (part.end - part.start > 1) this.#halve(part, error);
      else this.#takeUnsent(part, unsentErrorOf(error, args, this.#params.base + part.start));
      return;
    }
    this.#open.set(part, future);
    future.then(
      (packet) => this.#settled(part, () => this.#takePacket(part, future, packet as readonly unknown[])),
      (error: unknown) => this.#settled(part, () => this.#takeError(part, error)),
    );
    // The elements have code of the program's too, such as getters
    if (this.#isOver) this.#cancelOpen();
  }

  #takeUnsent(part: OpenPart, error: Error): void {
    this.#tellCutter(part);
    this.#params.takeError(error, part);
  }

  /** Of several elements, one may be poison: they are lost once only together. */
  #policyOf({ start, end, runs, losses }: OpenPart): ResolvedPolicy {
    const { task } = this.#params;
    const isSingle = end - start === 1;
    const maxAttempts = isSingle ? Math.max(1, task.policy.maxAttempts - runs) : 1;
    // The others beside a poison element may have one run left only
    const isSuspect = isSingle && losses > 0;
    const key = 2 * maxAttempts + Number(isSuspect);
    let policy = this.#policies.get(key);
    if (policy === undefined) {
      policy = policyOfParts(task, maxAttempts, isSuspect);
      this.#policies.set(key, policy);
    }
    return policy;
  }

  #takePacket(part: OpenPart, { taskId }: Future<unknown>, packet: readonly unknown[]): void {
    const { take, place } = this.#params;
    this.#tellCutter(part, packet[0] as number);
    const { start, end } = part;
    take({ start, end, taskId, submittedAt: place }, packet);
    this.#fill();
  }

  #takeError(part: OpenPart, error: unknown): void {
    const { task, keyName, takeError, base, place } = this.#params;
    // The master has ended: that is nothing of an element
    if (error instanceof StoppedError) throw error;
    if (part.end - part.start > 1 && isOfWholePart(error)) {
      this.#halve(part, error);
    } else {
      this.#tellCutter(part);
      const pieces = recut(part, error, task.policy);
      if (pieces !== undefined) this.#askAgain(pieces);
      else {
        const failed = failedPartOf(error, part);
        takeError(elementErrorOf(error, part, { algorithm: task.name, keyName, base, place }), failed);
        this.#askAgain(without(part, failed));
      }
    }
    this.#fill();
  }

  /** It is too large for a message, or one of its values cannot travel. */
  #halve(part: OpenPart, error: Error): void {
    this.#tellCutter(part);
    if (error.name === 'MessageSizeError') this.#params.cutter.limit(Math.ceil((part.end - part.start) / 2));
    this.#askAgain(halve(part));
  }

  #askAgain(pieces: readonly OpenPart[]): void {
    for (const piece of pieces.toReversed()) this.#again.push(piece);
  }

  /** A piece of a part is not one that the cutter counts. */
  #tellCutter(part: OpenPart, ms?: number): void {
    if (!part.isPiece) this.#params.cutter.done(part, ms);
  }

  /** Nobody waits for a part that was cancelled. */
  #settled(part: OpenPart, step: () => void): void {
    if (this.#open.delete(part)) this.#guard(step);
  }

  /** An error that `step` throws ends the call. */
  #guard(step: () => void): void {
    if (this.#isOver) return;
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }

  /** An error ends the call. */
  fail(error: unknown): void {
    if (this.#close()) this.#settle?.reject(error);
  }

  /** Cancels the rest; false if it was over. */
  #close(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#look);
    this.#cancelOpen();
    return true;
  }

  #cancelOpen(): void {
    for (const future of this.#open.values()) future.cancel();
    this.#open.clear();
  }
}
