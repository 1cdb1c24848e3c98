/** Classes of the tests of actors. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineActor, taskContext } from 'ts-mw';

class Base {
  protected readonly log: string[] = [];

  lines(): readonly string[] {
    return this.log;
  }

  where(): { sid: string | undefined; pid: number } {
    return { sid: taskContext().sid, pid: process.pid };
  }
}

/** Words that the instances of this process were told, for slaves that share it with the test. */
export const disposed: string[] = [];

export class Book extends Base {
  readonly title: string;

  constructor(title: string, ...first: readonly string[]) {
    super();
    if (title === '') throw new RangeError('a book has a title');
    this.title = title;
    this.log.push(...first);
  }

  get length(): number {
    return this.log.length;
  }

  write(line: string): number {
    return this.log.push(line);
  }

  /** Slower than those after it, unless they wait for it. */
  async writeLate(line: string, ms: number): Promise<number> {
    await sleep(ms, undefined, { signal: taskContext().signal });
    return this.#add(line);
  }

  #add(line: string): number {
    return this.log.push(line);
  }

  fail(): never {
    throw new TypeError('it cannot');
  }

  die(): void {
    process.kill(process.pid, 'SIGKILL');
  }

  name(): string {
    return this.title;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    disposed.push(`${this.title}: ${this.log.join()}`);
    if (this.title === 'undisposable') throw new RangeError('it stays');
  }
}

export const BookActor = defineActor('book', Book);
export const LastingBook = defineActor('lasting', Book, { restart: true });
export const HurriedBook = defineActor('hurried', Book, { policy: { timeoutSeconds: 0.05 } });
