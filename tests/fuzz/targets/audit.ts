/**
 * The bytes of an audit trail, in either form or in none: however they come in pieces they are read alike, no
 * line stops the reader, and report and verification answer in words.
 */
import type { AuditEvent } from '../../../src/audit/events.js';
import { formatJson, parseJson } from '../../../src/audit/format/json-format.js';
import { formatText, type TrailEntry } from '../../../src/audit/format/text-format.js';
import { FateCheck } from '../../../src/audit/read/fate-check.js';
import { TrailReader } from '../../../src/audit/read/read-trail.js';
import { SavedPage } from '../../../src/dashboard/saved/saved-page.js';
import { reportText } from '../../../src/picture/report/report-text.js';
import { TrailSummary } from '../../../src/picture/report/trail-summary.js';
import { SAMPLES } from '../../audit/samples.js';
import type { FuzzTarget } from '../driver.js';

const TIME_MS = Date.UTC(2026, 0, 1, 12);

async function readPieces(input: Buffer, size: number): Promise<{ entries: TrailEntry[]; end: string }> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < input.length; at += size) yield input.subarray(at, at + size);
  }
  const reader = new TrailReader(pieces());
  const entries: TrailEntry[] = [];
  for await (const entry of reader) entries.push(entry);
  return { entries, end: `${reader.foreign} ${reader.torn}` };
}

async function run(input: Buffer): Promise<string> {
  const { entries, end } = await readPieces(input, input.length + 1);
  const inPieces = await readPieces(input, 1 + (input.length % 7));
  if (JSON.stringify(entries) !== JSON.stringify(inPieces.entries) || end !== inPieces.end) {
    throw new Error('in pieces the trail is read as another');
  }
  const check = new FateCheck();
  const summary = new TrailSummary();
  const saved = new SavedPage();
  for (const { event, timeMs } of entries) {
    check.take(event, timeMs);
    summary.take(event, timeMs);
    saved.take(event, timeMs);
    const line = formatJson(event, timeMs);
    if (JSON.stringify(parseJson(line)?.event) !== JSON.stringify(event)) {
      throw new Error(`an event that was read is another when it is written and read again: ${line}`);
    }
  }
  summary.finish();
  const { kind, text } = check.finish(end.endsWith('true'));
  if (summary.picture.counts.events > 0) {
    reportText(summary);
    const page = saved.html(summary, 'TRAIL');
    if (page.match(/<(script|img)\b/gi)?.length !== 2) throw new Error('a text of the trail became markup');
  }
  const types = new Set(entries.map(({ event }) => event.type));
  return `${kind} ${text.replace(/\d+/g, '#').slice(0, 60)} ${[...types].sort()}`;
}

const trail = (
  format: (event: AuditEvent, timeMs: number) => string,
  events: readonly AuditEvent[],
): string => events.map((event, index) => `${format(event, TIME_MS + index * 100)}\n`).join('');

function seeds(): string[] {
  const samples: AuditEvent[] = Object.values(SAMPLES).map(([event]) => event);
  const lines = samples.map((event) => [event]);
  const lists = [...lines, ...Array.from({ length: 8 }, (_, at) => samples.slice(at * 8, at * 8 + 16))];
  return lists.flatMap((events) => [trail(formatText, events), trail(formatJson, events)]);
}

export const auditTarget: FuzzTarget = {
  name: 'audit',
  seeds,
  dictionary: [
    ...['0-9', '0-9999999999999999', '5', '1,2,3', '3-1', '50x20', '"ok":"0-4"', '"tasks":"0-4"', 'ok 0-4'],
    ...['01/01/2026 12:00:00 [A] ', '99/99/9999 99:99:99 [A] ', '00/00/0000 00:00:00 [A] ', '\n', '\r', '\\'],
    ...['"time":"-271821-04-20T00:00:00.000Z"', '"time":"+275760-09-13T00:00:00.000Z"', '1e999', '-1e999'],
    ...[
      '-1',
      '1.5',
      '<script>',
      '<img',
      '"__proto__"',
      '"constructor"',
      '\u2028',
      '"type":"init"',
      'SLAVE-0',
    ],
    ...[
      'SLAVE-9999999999999999',
      'TASK-0',
      'MASTER READY x\n',
      'INIT MASTER "m"\n',
      'TASKS 0-9 SUBMITTED ()\n',
    ],
  ],
  mostBytes: 8 * 1024,
  run,
};
