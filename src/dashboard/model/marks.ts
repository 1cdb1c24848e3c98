/** Things to see on the lanes of slaves: the last 2,000. */

export interface Mark {
  readonly atMs: number;
  readonly sid: string;
  readonly kind: 'lost' | 'failed' | 'retried' | 'slow' | 'suspected';
  readonly text: string;
  /** The task that it is about, if it is about one. */
  readonly taskId?: string | undefined;
}

const MOST_MARKS = 2_000;
const MOST_CHARACTERS = 200;

export class Marks {
  #marks: Mark[] = [];

  add(sid: string, kind: Mark['kind'], text: string, atMs: number, taskId?: string): void {
    this.#marks.push({ sid, kind, text: text.slice(0, MOST_CHARACTERS), atMs, taskId });
    if (this.#marks.length >= 2 * MOST_MARKS) this.#marks = this.#marks.slice(-MOST_MARKS);
  }

  /** Oldest first. */
  list(): readonly Mark[] {
    return this.#marks;
  }
}
