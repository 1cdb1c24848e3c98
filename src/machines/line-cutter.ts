/** Makes whole lines of the bytes that a process prints. A line is at most 64 KB long; its rest is counted and dropped. */

const NEWLINE = 0x0a;
export const MOST_LINE_BYTES = 64 * 1024;

export class LineCutter {
  readonly #onLine: (text: string) => void;
  /** The line that has not ended, in the pieces that came. */
  #pieces: Buffer[] = [];
  #kept = 0;
  #cut = 0;

  /** Gets each line without its end. A line that was too long says at its end how many bytes it lacks. */
  constructor(onLine: (text: string) => void) {
    this.#onLine = onLine;
  }

  take(chunk: Buffer): void {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, to));
      this.#endLine();
      from = to + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  /** Nothing more comes: a last line without an end counts as one. */
  end(): void {
    if (this.#kept > 0) this.#endLine();
  }

  #keep(piece: Buffer): void {
    const fits = piece.subarray(0, MOST_LINE_BYTES - this.#kept);
    this.#cut += piece.length - fits.length;
    if (fits.length === 0) return;
    // Thousands of pieces of some bytes each would take more room than the bytes
    if (fits.length < 64 && this.#pieces.length > 0) {
      this.#pieces.push(Buffer.concat([this.#pieces.pop() as Buffer, fits]));
    } else this.#pieces.push(fits);
    this.#kept += fits.length;
  }

  #endLine(): void {
    const text = Buffer.concat(this.#pieces).toString('utf8');
    const cut = this.#cut;
    this.#pieces = [];
    this.#kept = 0;
    this.#cut = 0;
    this.#onLine(cut === 0 ? text : `${text}… (${cut} bytes more)`);
  }
}
