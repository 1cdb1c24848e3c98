/** Recognises the end of the stack, which a value or a source reaches that is nested too deep. */

/** Of the engine, or of the parser of sources, which catches it. */
export function isStackOverflow(error: unknown): boolean {
  if (error instanceof RangeError) return error.message.includes('call stack');
  return error instanceof SyntaxError && error.message.startsWith('Not enough stack space');
}
