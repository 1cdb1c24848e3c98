/** Reads the fields of a message that came from elsewhere: each is there, of its type and within its bounds. */

import { FormatError } from '../../errors.js';

const LONGEST_TEXT = 64 * 1024;

export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly type: string;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new FormatError('a message that is not an object');
    }
    this.#values = value as Record<string, unknown>;
    this.type = this.text('type', 32);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== null;
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  text(name: string, longest = LONGEST_TEXT): string {
    const value = this.value(name);
    if (typeof value === 'string' && value.length <= longest) return value;
    throw this.#wrong(name, `a text of at most ${longest} characters`);
  }

  whole(name: string, from: number, to: number): number {
    const value = this.value(name);
    if (Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to)
      return value as number;
    throw this.#wrong(name, `a whole number from ${from} to ${to}`);
  }

  /** Any finite number. */
  number(name: string): number {
    const value = this.value(name);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.#wrong(name, 'a number');
  }

  flag(name: string): boolean {
    const value = this.value(name);
    if (typeof value === 'boolean') return value;
    throw this.#wrong(name, 'true or false');
  }

  choice<const T extends string>(name: string, choices: readonly T[]): T {
    const choice = choices.find((one) => one === this.value(name));
    if (choice !== undefined) return choice;
    throw this.#wrong(name, choices.join(' or '));
  }

  texts(name: string, most: number): string[] {
    const value = this.value(name);
    if (Array.isArray(value) && value.length <= most && value.every((one) => typeof one === 'string')) {
      return value as string[];
    }
    throw this.#wrong(name, `at most ${most} texts`);
  }

  /** Names and texts. */
  record(name: string, most: number): Record<string, string> {
    const value = this.value(name);
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : undefined;
    if (
      entries !== undefined &&
      entries.length <= most &&
      entries.every(([, one]) => typeof one === 'string')
    )
      return value as Record<string, string>;
    throw this.#wrong(name, `an object of at most ${most} texts`);
  }

  #wrong(name: string, expected: string): FormatError {
    return new FormatError(`a message ${JSON.stringify(this.type)} whose ${name} is not ${expected}`);
  }
}
