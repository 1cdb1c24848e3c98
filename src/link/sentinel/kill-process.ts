/** The last action of a sentinel: `process.exit` in a thread would end only the thread. */

import { appendFileSync, writeSync } from 'node:fs';

const STDERR = 2;

export interface LastWords {
  readonly auditFile?: string | undefined;
  readonly killLine: string;
  /**
   * The text on standard error instead of the line, which appears there unless a file has it; '' for nothing.
   */
  readonly killNotice?: string | undefined;
}

/** Writes the audit line without main's help, then ends the process with SIGKILL (exit status 137). */
export function killProcess({ auditFile, killLine, killNotice }: LastWords, evidence: string): void {
  const shown = killNotice ?? (auditFile === undefined ? killLine : '');
  if (auditFile !== undefined) attempt(() => appendFileSync(auditFile, `${fill(killLine, evidence)}\n`));
  if (shown !== '') attempt(() => writeSync(STDERR, `${fill(shown, evidence)}\n`));
  process.kill(process.pid, 'SIGKILL');
}

/** A full disk or a closed pipe must not keep the process alive. */
function attempt(write: () => void): void {
  try {
    write();
  } catch {
    // no receiver is left
  }
}

function fill(template: string, evidence: string): string {
  const now = new Date();
  const localTime = formatLocalTime(now);
  return (
    template
      .replaceAll('{localTime}', localTime)
      .replaceAll('{clock}', localTime.slice(localTime.indexOf(' ') + 1))
      .replaceAll('{isoTime}', now.toISOString())
      // It may stand inside a JSON string.
      .replaceAll('{evidence}', () => JSON.stringify(evidence).slice(1, -1))
  );
}

/** As in CL-MW: month, day, year. */
function formatLocalTime(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${two(date.getMonth() + 1)}/${two(date.getDate())}/${date.getFullYear()}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
