/** Collects the shared values of the tasks of a message, each named once. */

import type { SharedValue } from '../../algorithms/shared.js';
import type { ShareName, SharesOfTasks } from '../../wire/messages/share-messages.js';

export class ShareNames {
  readonly #names: ShareName[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #needs: [number, ...number[]][] = [];

  /** The task at this position needs these. */
  add(position: number, shares: readonly SharedValue[]): void {
    const need: [number, ...number[]] = [position];
    for (const { key, bytes } of shares) {
      let index = this.#indexes.get(key);
      if (index === undefined) {
        index = this.#names.push([key, bytes]) - 1;
        this.#indexes.set(key, index);
      }
      if (!need.includes(index, 1)) need.push(index);
    }
    this.#needs.push(need);
  }

  get ofTasks(): SharesOfTasks {
    return [this.#names, this.#needs];
  }
}
