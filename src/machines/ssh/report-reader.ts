/**
 * Reads what a machine prints: reports of the agent are lines that begin with a mark, everything else is the noise of
 * profiles, of which the last part is kept. Pure.
 */

import type { AgentReport } from './agent-messages.js';

const MOST_NOISE = 2048;
/** A report is smaller: an agent forwards at most 64 KB at a time. */
const LONGEST_LINE = 1024 * 1024;

export class ReportReader {
  readonly #mark: string;
  #rest = '';
  #noise = '';
  /** The rest of a line that was too long is noise too. */
  #isSkipping = false;

  constructor(mark: string) {
    this.#mark = `${mark} `;
  }

  get noise(): string {
    return this.#noise;
  }

  take(text: string): AgentReport[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    const reports: AgentReport[] = [];
    for (const line of lines) {
      const report = this.#isSkipping ? undefined : this.#read(line);
      if (report === undefined) this.#keepNoise(`${line}\n`);
      else reports.push(report);
      this.#isSkipping = false;
    }
    if (this.#rest.length > LONGEST_LINE) {
      this.#keepNoise(this.#rest);
      this.#rest = '';
      this.#isSkipping = true;
    }
    return reports;
  }

  #read(line: string): AgentReport | undefined {
    if (!line.startsWith(this.#mark)) return undefined;
    try {
      return JSON.parse(line.slice(this.#mark.length)) as AgentReport;
    } catch {
      return undefined;
    }
  }

  #keepNoise(text: string): void {
    if (text.trim() === '') return;
    this.#noise = (this.#noise + text).slice(-MOST_NOISE);
  }
}
