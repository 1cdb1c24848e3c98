/** A copy of a text that was cut from another one, which it would keep in memory as a whole. */
export function ownText(text: string): string {
  return Buffer.from(text).toString();
}
