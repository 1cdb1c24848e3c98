/**
 * Keeps a process alive if its standard output or standard error takes no data: a closed pipe, a full disk.
 */

/** Called once per stream, with the system's code. */
export type OnLostOutput = (text: string) => void;

/**
 * For the rest of the process, a failed write to a standard stream is no longer an uncaught exception. Text
 * is lost until the stream takes data again; the program's own listeners are called as well.
 */
export class LostOutput {
  readonly #told = new Set<string>();
  readonly #waiting: string[] = [];
  #onLost: OnLostOutput | undefined;

  constructor() {
    this.#watch(process.stdout, 'standard output');
    this.#watch(process.stderr, 'standard error');
  }

  /** Calls `onLost` from now on, and at once for earlier losses. */
  tell(onLost: OnLostOutput): void {
    this.#onLost = onLost;
    for (const text of this.#waiting.splice(0)) onLost(text);
  }

  #watch(stream: NodeJS.WriteStream, name: string): void {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#told.has(name)) return;
      this.#told.add(name);
      const text = `${name} takes nothing (${error.code ?? error.message}): printed text is lost, and everything else goes on`;
      if (this.#onLost === undefined) this.#waiting.push(text);
      else this.#onLost(text);
    });
  }
}
