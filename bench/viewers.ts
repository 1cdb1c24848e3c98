/** Looks at a master as people and Prometheus do: events of its dashboard's page, and its metrics each second. */

import { get, type IncomingMessage } from 'node:http';
import type { MeasuredProcess } from './measured-process.js';

const SCRAPE_EVERY_MS = 1_000;

export class Viewers {
  readonly #page: string;
  readonly #metrics: string;
  readonly #headers: { readonly Authorization: string };
  #viewed: IncomingMessage | undefined;
  #timer: NodeJS.Timeout | undefined;
  #bytes = 0;

  private constructor(dashboard: URL, metrics: string) {
    this.#page = new URL('/api/events?page=slaves', dashboard).href;
    this.#metrics = metrics;
    this.#headers = { Authorization: `Bearer ${dashboard.hash.slice(1)}` };
  }

  /** Of a master with `--dashboard` and `--metrics`, whose notices say where they are. */
  static async of(master: MeasuredProcess): Promise<Viewers> {
    const [, dashboard = ''] = await master.waitFor(/dashboard at (http:\S+)/);
    const [, metrics = ''] = await master.waitFor(/metrics at (http:\S+)/);
    return new Viewers(new URL(dashboard), metrics);
  }

  /** Looks until `leave`. */
  async look(): Promise<void> {
    this.#viewed = await this.#get(this.#page);
    this.#timer = setInterval(() => {
      this.#get(this.#metrics).catch((error: Error) => this.#viewed?.destroy(error));
    }, SCRAPE_EVERY_MS);
  }

  /** Throws if nothing was seen, or the view ended before. */
  leave(): void {
    clearInterval(this.#timer);
    const isThere = this.#viewed?.readableEnded === false && !this.#viewed.destroyed;
    this.#viewed?.destroy();
    if (!isThere || this.#bytes === 0) throw new Error('the dashboard was not seen while it was measured');
    this.#bytes = 0;
  }

  #get(url: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      get(url, { headers: this.#headers, agent: false }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
        response.on('data', (part: Buffer) => {
          this.#bytes += part.length;
        });
        response.on('error', () => {});
        resolve(response);
      }).on('error', reject);
    });
  }
}
