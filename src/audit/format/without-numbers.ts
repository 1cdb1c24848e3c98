/** The text without its numbers: texts that differ only in numbers are of one kind. */
export function withoutNumbers(text: string): string {
  return text.replace(/\d+(?:\.\d+)?/g, '0');
}
