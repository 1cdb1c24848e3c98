/** The main thread's end of the thread with the connections to servers; one thread for all of a master. */

import type { Worker } from 'node:worker_threads';
import { type SpareThread, takeThread } from '../../threads/spare-thread.js';
import type { LinkCommand, LinkEvent } from './link-messages.js';

export interface Link {
  send(command: LinkCommand): void;
}

export class Dialler {
  readonly #links = new Map<number, (event: LinkEvent) => void>();
  readonly #spare: SpareThread | undefined;
  #thread: Promise<Worker> | undefined;
  #serial = 0;

  /** Begins to load the thread, unless there is a spare one. */
  constructor(spare?: SpareThread | undefined) {
    this.#spare = spare;
    void this.#start().catch(() => undefined);
  }

  /** `onEvent` gets the events of the link that the first command, `open`, makes; `over` is the last. */
  async open(onEvent: (event: LinkEvent) => void): Promise<Link> {
    const link = ++this.#serial;
    this.#links.set(link, onEvent);
    const thread = await this.#start();
    return { send: (command) => thread.postMessage({ link, command }) };
  }

  /** Ends the thread and all its connections; may be called twice. */
  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await (await thread?.catch(() => undefined))?.terminate();
  }

  #start(): Promise<Worker> {
    this.#thread ??= takeThread('dial', this.#spare).then((thread) => {
      thread.on('message', ({ link, event }: { readonly link: number; readonly event: LinkEvent }) => {
        const onEvent = this.#links.get(link);
        if (event.type === 'over') this.#links.delete(link);
        onEvent?.(event);
      });
      thread.on('error', (error) => this.#fail(`the thread of servers failed: ${error.message}`));
      return thread;
    });
    return this.#thread;
  }

  #fail(reason: string): void {
    this.#thread = undefined;
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const onEvent of links) onEvent({ type: 'over', reason, lasting: false });
  }
}
