/** The place of a walk inside a value, and its form in errors: `[0].handlers.click`. */

/** An array's index, a property's key, a place in a Map or Set, or the captures of a function. */
export type Step = number | string | MapEntryStep | SetMemberStep | typeof CAPTURES_STEP;

/** From a function to its captures. */
export const CAPTURES_STEP = { format: (): string => '[captures]' } as const;

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The path in the form of the expression that reads the place; empty for the value itself. */
export function formatPath(steps: readonly Step[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else if (typeof step === 'object') path += step.format();
    else if (IDENTIFIER.test(step)) path += path === '' ? step : `.${step}`;
    else path += `[${JSON.stringify(step)}]`;
  }
  return path;
}

/** A walk moves one of these through a Map, since one per entry would cost more than the entry. */
export class MapEntryStep {
  #index = 0;
  #key: unknown;
  #isValue = false;

  enterKey(index: number, key: unknown): void {
    this.#index = index;
    this.#key = key;
    this.#isValue = false;
  }

  enterValue(): void {
    this.#isValue = true;
  }

  /** By its key, where that can be written. */
  format(): string {
    if (!this.#isValue) return `.keys()[${this.#index}]`;
    if (typeof this.#key === 'string') return `.get(${JSON.stringify(this.#key)})`;
    if (typeof this.#key === 'number') return `.get(${this.#key})`;
    return `.values()[${this.#index}]`;
  }
}

export class SetMemberStep {
  index = 0;

  format(): string {
    return `.values()[${this.index}]`;
  }
}
