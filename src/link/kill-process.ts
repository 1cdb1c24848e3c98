/** The last thing a sentinel does: `process.exit` in a thread would end the thread only. */

import { appendFileSync, writeSync } from 'node:fs';

const STDERR = 2;

/** Writes the audit line without main's help, then ends the process with SIGKILL (exit status 137). */
export function killProcess(
  { auditFile, killLine }: { readonly auditFile?: string | undefined; readonly killLine: string },
  evidence: string,
): void {
  const now = new Date();
  const line = killLine
    .replaceAll('{localTime}', formatLocalTime(now))
    .replaceAll('{isoTime}', now.toISOString())
    // It may stand inside a JSON string.
    .replaceAll('{evidence}', () => JSON.stringify(evidence).slice(1, -1));
  try {
    if (auditFile === undefined) writeSync(STDERR, `${line}\n`);
    else appendFileSync(auditFile, `${line}\n`);
  } catch {
    // A full disk or a closed pipe must not keep the process alive.
  }
  process.kill(process.pid, 'SIGKILL');
}

/** As in CL-MW: month, day, year. */
function formatLocalTime(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${two(date.getMonth() + 1)}/${two(date.getDate())}/${date.getFullYear()}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
