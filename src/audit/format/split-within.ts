/** Splits a list into parts that are short enough for one line each. */

/** In order; an item that is longer than `most` by itself has a part of its own. */
export function splitWithin<T>(items: Iterable<T>, lengthOf: (item: T) => number, most: number): T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let room = most;
  for (const item of items) {
    const length = lengthOf(item);
    if (length > room && part.length > 0) {
      parts.push(part);
      part = [];
      room = most;
    }
    part.push(item);
    room -= length;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** The same for texts that are joined by commas. */
export function joinWithin(texts: Iterable<string>, most: number): string[] {
  return splitWithin(texts, ({ length }) => length + 1, most + 1).map((part) => part.join(','));
}
