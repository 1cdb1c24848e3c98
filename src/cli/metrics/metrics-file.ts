/** Writes metrics to a file again and again, for the textfile collector of a node exporter. */

import { rename, writeFile } from 'node:fs/promises';

const WRITE_EVERY_MS = 15_000;

export interface MetricsFileParams {
  readonly path: string;
  readonly read: () => string;
  /** Called once for each new reason why it cannot be written; it is tried again. */
  readonly onFailed: (reason: string) => void;
}

/**
 * Writes it now, every 15 seconds, and a last time when the returned function is called. A reader sees each text whole:
 * it goes to another file first, which is then renamed.
 */
export function writeMetricsFile({ path, read, onFailed }: MetricsFileParams): () => Promise<void> {
  // A collector reads all that ends in .prom
  const draft = `${path}.${process.pid}.tmp`;
  let complaint = '';
  let isWriting = false;
  let writing = Promise.resolve();
  const write = async (): Promise<void> => {
    isWriting = true;
    try {
      await writeFile(draft, read());
      await rename(draft, path);
      complaint = '';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== complaint) onFailed(reason);
      complaint = reason;
    }
    isWriting = false;
  };
  const writeNext = (): void => {
    if (!isWriting) writing = write();
  };
  writeNext();
  const timer = setInterval(writeNext, WRITE_EVERY_MS).unref();
  return async () => {
    clearInterval(timer);
    await writing;
    await write();
  };
}
