/**
 * The browsers that look at pages: each gets its page as a server-sent event, four times per second at most, if it has
 * changed, and a sign of life each second. A viewer that does not read gets nothing more until it has, and is dropped
 * after ten seconds.
 */

import type { ServerResponse } from 'node:http';

interface ViewersParams {
  /** The page of a query as JSON text. Called once for all viewers of the same query. */
  readonly render: (query: string) => string;
  /** How old the figures are, in milliseconds. */
  readonly age: () => number;
  readonly now: () => number;
  readonly most: number;
  /** The time from one `tick` to the next. */
  readonly tickMs: number;
  readonly dropAfterMs: number;
  /** Called when the set of queries that are looked at has changed. */
  readonly onChanged: () => void;
}

interface Viewer {
  readonly response: ServerResponse;
  readonly query: string;
  sent: string;
  beatAt: number;
  /** Ticks since it was sent something that it has not read; undefined if it has read all. */
  stuckTicks: number | undefined;
}

const BEAT_EVERY_MS = 1_000;

export class Viewers {
  readonly #params: ViewersParams;
  readonly #viewers = new Set<Viewer>();

  constructor(params: ViewersParams) {
    this.#params = params;
  }

  get size(): number {
    return this.#viewers.size;
  }

  get isFull(): boolean {
    return this.#viewers.size >= this.#params.most;
  }

  /** The queries of all viewers, each once. */
  queries(): Set<string> {
    return new Set(Array.from(this.#viewers, ({ query }) => query));
  }

  add(response: ServerResponse, query: string): void {
    const viewer: Viewer = { response, query, sent: '', beatAt: 0, stuckTicks: undefined };
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    response.on('close', () => {
      if (this.#viewers.delete(viewer)) this.#params.onChanged();
    });
    response.on('drain', () => {
      viewer.stuckTicks = undefined;
    });
    // Its connection broke: `close` follows
    response.on('error', () => {});
    this.#viewers.add(viewer);
    this.#params.onChanged();
    this.#tell(viewer, new Map());
  }

  tick(): void {
    const rendered = new Map<string, string>();
    for (const viewer of this.#viewers) this.#tell(viewer, rendered);
  }

  /** Tells all that there is nothing more to come. */
  end(): void {
    this.tick();
    for (const { response } of this.#viewers) response.end('event: end\ndata: {}\n\n');
  }

  #tell(viewer: Viewer, rendered: Map<string, string>): void {
    const { render, age, now, tickMs, dropAfterMs } = this.#params;
    if (viewer.stuckTicks !== undefined) {
      // Not by the clock: while this thread stands still, it sends nothing to those that read
      if (++viewer.stuckTicks * tickMs >= dropAfterMs) viewer.response.destroy();
      return;
    }
    let text = rendered.get(viewer.query);
    if (text === undefined) {
      text = render(viewer.query);
      rendered.set(viewer.query, text);
    }
    let message = '';
    if (text !== viewer.sent) message = `event: page\ndata: ${text}\n\n`;
    if (now() - viewer.beatAt >= BEAT_EVERY_MS) {
      viewer.beatAt = now();
      message += `event: beat\ndata: ${JSON.stringify({ ageMs: Math.round(age()) })}\n\n`;
    }
    if (message === '') return;
    viewer.sent = text;
    if (!viewer.response.write(message)) viewer.stuckTicks = 0;
  }
}
