/** Cuts texts at the same place although their numbers differ in length, so that they still compare as equal without them. */

const NUMBERS = /\d+(?:\.\d+)?/g;

/**
 * The beginning of the text: `most` characters, of which each number is one, but never more than `longest`. Only where that
 * bound cuts can texts that differ in nothing but numbers end differently.
 */
export function cutAlike(text: string, most: number, longest = 2 * most): string {
  if (text.length <= most) return text;
  const bounded = text.slice(0, longest);
  let left = most;
  let at = 0;
  for (const { 0: number, index } of bounded.matchAll(NUMBERS)) {
    if (index - at >= left) break;
    left -= index - at + 1;
    at = index + number.length;
  }
  return bounded.slice(0, at + left);
}
