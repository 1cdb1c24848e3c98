/** Keeps a process alive whose standard output or standard error takes nothing: a closed pipe, a full disk. */

/** Told once a stream, with the system's code. */
export type OnLostOutput = (text: string) => void;

/**
 * For the rest of the process a write to a standard stream that fails is no longer an uncaught exception. What
 * is written is lost until the stream takes something again; listeners of the program's own are called as well.
 */
export class LostOutput {
  readonly #told = new Set<string>();
  readonly #waiting: string[] = [];
  #onLost: OnLostOutput | undefined;

  constructor() {
    this.#watch(process.stdout, 'standard output');
    this.#watch(process.stderr, 'standard error');
  }

  /** From now on `onLost` is told; what was lost before it is told at once. */
  tell(onLost: OnLostOutput): void {
    this.#onLost = onLost;
    for (const text of this.#waiting.splice(0)) onLost(text);
  }

  #watch(stream: NodeJS.WriteStream, name: string): void {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#told.has(name)) return;
      this.#told.add(name);
      const text = `${name} takes nothing (${error.code ?? error.message}): what is printed is lost, and all else goes on`;
      if (this.#onLost === undefined) this.#waiting.push(text);
      else this.#onLost(text);
    });
  }
}
