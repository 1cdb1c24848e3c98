/** A trail read back: every event in both forms, and what is not ours counted. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { formatJson, parseJson } from '../../../src/audit/format/json-format.js';
import { formatText, type TrailEntry } from '../../../src/audit/format/text-format.js';
import { readTrailFile, TrailReader } from '../../../src/audit/read/read-trail.js';
import { SAMPLES } from '../samples.js';

const TIME_MS = new Date(2026, 6, 1, 12, 0, 0).getTime();
const events = Object.values(SAMPLES).map(([event]) => event as AuditEvent);

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function readAll(reader: TrailReader): Promise<TrailEntry[]> {
  const entries: TrailEntry[] = [];
  for await (const entry of reader) entries.push(entry);
  return entries;
}

const reading = suite('read a trail');

for (const [form, format] of [
  ['text', formatText],
  ['JSON', formatJson],
] as const) {
  reading(`it gives back every event of the ${form} form, however the bytes are cut`, async () => {
    const trail = events.map((event) => `${format(event, TIME_MS)}\n`).join('');
    for (const size of [1, 7, 65536]) {
      const reader = new TrailReader(inPieces(trail, size));
      const entries = await readAll(reader);
      assert.equal(
        entries,
        events.map((event) => ({ timeMs: TIME_MS, event })),
      );
      assert.is(reader.foreign, 0);
      assert.is(reader.torn, false);
    }
  });
}

reading('it keeps the milliseconds of the JSON form', () => {
  const event: AuditEvent = { type: 'tasks-sent', sid: 'SLAVE-0', count: 12 };
  const line = formatJson(event, Date.UTC(2026, 0, 1, 12, 0, 0, 7));
  assert.is(line, '{"time":"2026-01-01T12:00:00.007Z","type":"tasks-sent","sid":"SLAVE-0","count":12}');
  for (const ms of [0, 7, 10, 99, 100, 999, 1000])
    assert.is(parseJson(formatJson(event, TIME_MS + ms))?.timeMs, TIME_MS + ms);
});

reading('it never reads a last line that has no end', async () => {
  const trail = `${formatText({ type: 'results-sent', count: 1 }, TIME_MS)}\n`;
  const torn = formatText({ type: 'local-slave-started', index: 0, pid: 123 }, TIME_MS).slice(0, -1);
  const reader = new TrailReader(inPieces(trail + torn, 10));
  assert.is((await readAll(reader)).length, 1);
  assert.is(reader.torn, true);
  assert.is(reader.foreign, 0);
});

reading('it counts foreign lines and goes on', async () => {
  const good = formatText({ type: 'stale-received' }, TIME_MS);
  const foreign = [
    'Got result from slave: hello',
    '',
    '{"time":"2026-01-01T00:00:00.000Z","type":"of-another-version"}',
    '{"time":"2026-01-01T00:00:00.000Z","type":"__proto__"}',
    '{"time":"2026-01-01T00:00:00.000Z","type":"tasks-sent","sid":"SLAVE-0","count":"many"}',
    '{"time":"2026-01-01T00:00:00.000Z","type":"tasks-sent","sid":"SLAVE-0"}',
    '{"time":"yesterday","type":"stale-received"}',
    '{"time":1,"type":"stale-received"}',
    '{"half":',
    'null',
    '\u0000\ufffd\u0001',
  ];
  const reader = new TrailReader(inPieces(`${foreign.map((line) => `${line}\n${good}\n`).join('')}`, 1000));
  assert.is((await readAll(reader)).length, foreign.length);
  assert.is(reader.foreign, foreign.length);
});

reading('it takes only the fields of the table from a JSON line', () => {
  const line =
    '{"time":"2026-01-01T00:00:00.000Z","type":"id-received","sid":"SLAVE-0","__proto__":{"x":1},"y":2}';
  const event = parseJson(line)?.event;
  assert.equal(Object.keys(event ?? {}), ['type', 'sid']);
  assert.is(Object.getPrototypeOf(event), Object.prototype);
});

reading('it passes over what has no line ends, in bounded memory', async () => {
  async function* endless() {
    for (let megabyte = 0; megabyte < 12; megabyte++) yield 'x'.repeat(1024 * 1024);
    yield `\n${formatText({ type: 'stale-received' }, TIME_MS)}\n`;
  }
  const reader = new TrailReader(endless());
  assert.is((await readAll(reader)).length, 1);
  assert.is(reader.foreign, 1);
});

reading('it fails as a file does that is not there', async () => {
  try {
    await readAll(readTrailFile('/no/such/trail'));
    assert.unreachable();
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, 'ENOENT');
  }
});

reading.run();
