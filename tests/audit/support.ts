/** The common parts of the tests of audit files: a folder for each, an event, and the lines of a file. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '../../src/audit/events.js';

export async function withFolder(body: (folder: string) => unknown): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

export const sent = (count: number): AuditEvent => ({ type: 'tasks-sent', sid: 'SLAVE-0', count });
