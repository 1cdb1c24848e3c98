/** The text form: every event's line, one line each, and back again. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { formatText, parseText } from '../../../src/audit/format/text-format.js';
import { AUDIT_EVENT_TYPES } from '../../../src/audit/format/text-templates.js';
import { SAMPLES } from '../samples.js';

const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const TIME_MS = new Date(2010, 10, 4, 21, 43, 59).getTime();

const text = suite('text form');

text('it stamps a line in local time', () => {
  assert.is(
    formatText({ type: 'slave-idle', sid: 'SLAVE-0' }, TIME_MS),
    '11/04/2010 21:43:59 [A] SLAVE-0 -> :idle',
  );
});

text('it keeps the stamp within a second, and only there', () => {
  const stamp = (timeMs: number) => formatText({ type: 'stale-received' }, timeMs).slice(0, 19);
  assert.is(stamp(TIME_MS + 999), '11/04/2010 21:43:59');
  assert.is(stamp(TIME_MS + 1000), '11/04/2010 21:44:00');
  assert.is(stamp(TIME_MS - 1), '11/04/2010 21:43:58');
  assert.is(stamp(TIME_MS), '11/04/2010 21:43:59');
  assert.is(stamp(new Date(2026, 0, 2, 3, 4, 5).getTime()), '01/02/2026 03:04:05');
});

for (const type of AUDIT_EVENT_TYPES) {
  const [event, line] = SAMPLES[type];
  text(`it writes ${type} as CL-MW would, and reads it back`, () => {
    const written = formatText(event as AuditEvent, TIME_MS);
    assert.is(written.slice(24), line);
    assert.not.match(written, UNPRINTABLE);
    assert.equal(parseText(written), { timeMs: TIME_MS, event });
  });
}

text('it leaves out what is undefined', () => {
  const events: AuditEvent[] = [
    { type: 'task-cancelled', taskId: 'TASK-1', algorithm: 'hello' },
    { type: 'local-slave-exited', index: 0, pid: 1, code: 3 },
    { type: 'connected-to-master', address: 'h:1' },
    { type: 'tasks-settled', algorithm: 'ok 1', error: '0' },
    { type: 'tasks-submitted', tasks: '7', algorithms: [] },
    { type: 'task-unrunnable', taskId: 'TASK-1', algorithm: 'a', reason: 'cancelled', history: [] },
  ];
  for (const event of events) assert.equal(parseText(formatText(event, TIME_MS))?.event, event);
  assert.is(
    formatText({ type: 'local-slave-exited', index: 0, pid: 1, code: 3, signal: undefined }, TIME_MS).slice(
      24,
    ),
    'LOCAL 0 EXITED pid 1 code 3',
  );
});

text('it keeps any text on one line and gives it back', () => {
  for (const value of [
    '',
    ' ',
    '\\',
    '\\n',
    '\n',
    'a\\u000ab',
    '\u0000\u0085\u2029',
    'ü 🙂',
    '"',
    '], assuming',
  ]) {
    for (const event of [
      { type: 'warning', text: value },
      { type: 'wrong-exit-code', value },
      { type: 'init', role: 'slave', memberId: value },
      { type: 'resource-file-unwritten', path: value, reason: value },
    ] as const) {
      const line = formatText(event, TIME_MS);
      assert.not.match(line, UNPRINTABLE, JSON.stringify(value));
      assert.equal(parseText(line)?.event, event, JSON.stringify(value));
    }
  }
});

text('it takes foreign lines for none', () => {
  for (const line of [
    '',
    'SLAVE-0 -> :idle',
    '11/04/2010 21:43:59 SLAVE-0 -> :idle',
    '11/04/2010 21:43:59 [A] SLAVE-0 -> :idl',
    '11/04/2010 21:43:59 [A] SLAVE-0 <- twelve tasks',
    '11/04/2010 21:43:59 [A] INIT MASTER "\\x"',
  ])
    assert.is(parseText(line), undefined, line);
});

text.run();
