/** Numbers of things in sentences. */

/** `1 slave`, `2 slaves`: `one`, with its number, for 1; `many` for any other number, which has an s if it is not told. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
