/** Keeps the resource file up to date, atomically and one write after another; a failed write stops nothing. */

import type { AuditSink } from '../audit/audit-trail.js';
import { type ResourceFile, writeResourceFile } from '../wire/resource-file.js';

export interface ResourceWriterOptions {
  readonly path: string;
  readonly intervalMs: number;
  readonly audit: AuditSink;
  /** The file as it should be now. */
  readonly describe: (status: ResourceFile['computation-status']) => ResourceFile;
}

export class ResourceWriter {
  readonly #options: ResourceWriterOptions;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(options: ResourceWriterOptions) {
    this.#options = options;
    // setInterval takes at most 2^31 - 1 ms; longer would fire at once.
    const intervalMs = Math.min(options.intervalMs, 2 ** 31 - 1);
    this.#timer = setInterval(() => void this.update(), intervalMs);
    this.#timer.unref();
  }

  update(): Promise<void> {
    return this.#ended ? this.#writing : this.#write('in-progress');
  }

  /** The last write; `in-progress` if the computation did not come to its end. */
  async end(status: ResourceFile['computation-status']): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    await this.#write(status);
  }

  #write(status: ResourceFile['computation-status']): Promise<void> {
    const { path, audit, describe } = this.#options;
    this.#writing = this.#writing.then(async () => {
      try {
        await writeResourceFile(path, describe(status));
        audit.emit({ type: 'resource-file-written', path });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        audit.emit({ type: 'resource-file-unwritten', path, reason });
      }
    });
    return this.#writing;
  }
}
