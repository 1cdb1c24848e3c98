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

/** Of a wrong value: more says nothing, and hides what else an error has to say. */
const MOST_SHOWN = 200;

/** A text in quotes: what a wrong value is, or its first 200 characters and how many it has. */
export function givenText(value: unknown): string {
  const isText = typeof value === 'string';
  const text = isText ? value : valueText(value);
  const shown = text.length > MOST_SHOWN ? text.slice(0, MOST_SHOWN) : text;
  const more = shown === text ? '' : `… (${text.length} characters)`;
  return `${isText ? JSON.stringify(shown) : shown}${more}`;
}
