/**
 * The tasks that something special happened to, such as an error, a lost slave or a cancellation, with the lines about
 * each. The last 2,000 such tasks are kept, and 20 lines of each.
 */

interface StoryLine {
  readonly atMs: number;
  readonly text: string;
}

export interface TaskStory {
  readonly taskId: string;
  algorithm: string;
  /** Its last special event, in a word. */
  state: string;
  lastMs: number;
  readonly lines: StoryLine[];
}

const MOST_TASKS = 2_000;
const MOST_LINES = 20;

export class TaskStories {
  readonly #stories = new Map<string, TaskStory>();

  note(taskId: string, algorithm: string | undefined, state: string, line: StoryLine): void {
    let story = this.#stories.get(taskId);
    if (story === undefined) story = { taskId, algorithm: '', state, lastMs: line.atMs, lines: [] };
    else this.#stories.delete(taskId);
    this.#stories.set(taskId, story);
    if (algorithm !== undefined) story.algorithm = algorithm;
    story.state = state;
    story.lastMs = line.atMs;
    story.lines.push(line);
    // The first line says how it began
    if (story.lines.length > MOST_LINES) story.lines.splice(1, 1);
    const [oldest] = this.#stories.keys();
    if (this.#stories.size > MOST_TASKS && oldest !== undefined) this.#stories.delete(oldest);
  }

  /** Ids begin again with the next master. */
  clear(): void {
    this.#stories.clear();
  }

  find(taskId: string): TaskStory | undefined {
    return this.#stories.get(taskId);
  }

  /** The newest first. */
  list(): TaskStory[] {
    return [...this.#stories.values()].reverse();
  }
}
