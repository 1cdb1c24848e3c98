/** Waits for what comes about sooner or later: looked at again on all news. */

export class Watchers {
  readonly #looks = new Set<() => void>();

  /** Something is new. */
  tell(): void {
    for (const look of [...this.#looks]) look();
  }

  /** Resolves when `condition` holds, and after `withinMs` in any case. */
  until(condition: () => boolean, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#looks.delete(look);
        resolve();
      };
      const look = (): void => {
        if (condition()) finish();
      };
      const timer = setTimeout(finish, withinMs);
      this.#looks.add(look);
      look();
    });
  }
}
