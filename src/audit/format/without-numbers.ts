/** What a text is about, whatever numbers are in it: texts that differ in numbers only are of one kind. */
export function withoutNumbers(text: string): string {
  return text.replace(/\d+(?:\.\d+)?/g, '0');
}
