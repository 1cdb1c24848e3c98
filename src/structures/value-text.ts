/** Texts of values that a program has given, returned or thrown, of which some throw when they are asked for one. */

/** As `String(value)`, with the class of an error. */
export function valueText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'a value that has no text';
  }
}

/** The message of an error. */
export function thrownText(thrown: unknown): string {
  return valueText(thrown instanceof Error ? thrown.message : thrown);
}

/** A text in quotes: what a wrong value is. */
export function givenText(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : valueText(value);
}
