/** Owns the one line that is written past the trail: the last of a process whose main thread is blocked. */
import { closeSync, writeSync } from 'node:fs';
import type { AuditTrailParams } from './audit-trail.js';
import { type Destination, openAuditFile, openStandardError } from './destination.js';
import type { AuditEvent } from './events.js';
import { formatJson } from './json-format.js';
import { formatText } from './text-format.js';

/**
 * Writes one event to the destination of the trail with these params, before it returns; for a thread that
 * is about to kill the process. What main still held of its trail is lost. A destination that takes nothing
 * is no error: the process must end anyway.
 */
export function writeLastLine({ file, format, clock = Date.now }: AuditTrailParams, event: AuditEvent): void {
  let destination: Destination | undefined;
  try {
    destination = file === undefined ? openStandardError() : openAuditFile(file);
    writeSync(destination.fd, `${(format === 'json' ? formatJson : formatText)(event, clock())}\n`);
  } catch {
    // nobody is left to be told
  } finally {
    if (file !== undefined && destination !== undefined) closeSync(destination.fd);
  }
}
