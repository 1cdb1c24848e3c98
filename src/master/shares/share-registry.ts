/** The shared values that tasks without a fate need, by their keys: for so long the master keeps the bytes. */

import type { SharedContent, SharedValue } from '../../algorithms/shared.js';
import { UsageError } from '../../errors.js';

interface Needed {
  readonly content: SharedContent;
  /** Tasks without a fate that need it. */
  tasks: number;
}

export class ShareRegistry {
  readonly #needed = new Map<string, Needed>();
  readonly #onUnneeded: (key: string) => void;

  /** `onUnneeded` hears of each that no task needs any more. */
  constructor(onUnneeded: (key: string) => void = () => {}) {
    this.#onUnneeded = onUnneeded;
  }

  /** Whether any task needs one. */
  get isUsed(): boolean {
    return this.#needed.size > 0;
  }

  /** A task that needs these was submitted. Throws UsageError for one that was released and that no other task needs. */
  need(shares: readonly SharedValue[]): void {
    const contents = shares.map((shared) => this.#contentOf(shared));
    for (const content of contents) {
      const needed = this.#needed.get(content.key);
      if (needed === undefined) {
        content.hold?.();
        this.#needed.set(content.key, { content, tasks: 1 });
      } else needed.tasks++;
    }
  }

  /** Throws that error, if `need` would. */
  check(shares: readonly SharedValue[]): void {
    for (const shared of shares) this.#contentOf(shared);
  }

  #contentOf(shared: SharedValue): SharedContent {
    const content = this.find(shared.key) ?? shared.content;
    if (content !== undefined) return content;
    throw new UsageError(
      'the task has a shared value that was released; share it again and submit a new task',
    );
  }

  /** A task that needed these has its fate. */
  settled(shares: readonly SharedValue[]): void {
    for (const { key } of shares) {
      const needed = this.#needed.get(key);
      if (needed === undefined || --needed.tasks > 0) continue;
      this.#needed.delete(key);
      this.#onUnneeded(key);
      needed.content.free?.();
    }
  }

  /** Undefined if no task needs it. */
  find(key: string): SharedContent | undefined {
    return this.#needed.get(key)?.content;
  }
}
