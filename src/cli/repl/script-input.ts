/** Lines for a REPL that come from a pipe or a file, one after another. */

import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';

/**
 * The lines of `from`, the next one once `settled` resolves: Node's REPL holds back keys while it awaits
 * input, but not lines.
 */
export function scriptInput(from: Readable, settled: () => Promise<void>): Readable {
  const input = new PassThrough();
  const feed = async (): Promise<void> => {
    for await (const line of createInterface({ input: from })) {
      input.write(`${line}\n`);
      // The line has been read, and its evaluation begun, when this turn is over
      await new Promise((resolve) => setImmediate(resolve));
      await settled();
    }
    input.end();
  };
  feed().catch((error: unknown) => input.destroy(error instanceof Error ? error : new Error(String(error))));
  return input;
}
