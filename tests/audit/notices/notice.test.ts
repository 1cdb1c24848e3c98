/** How notices look: one line each, safe for a terminal, coloured where Node would colour. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import { hasColours } from '../../../src/audit/notices/has-colours.js';
import { formatNotice, type NoticeFold } from '../../../src/audit/notices/notice.js';
import { LocalSlaveNotices, SlaveNotices } from '../../../src/audit/notices/slave-notices.js';
import { MasterNotices } from '../../../src/picture/notices/master-notices.js';
import { SAMPLES } from '../samples.js';

const test = suite('notices');

const noon = new Date(2026, 0, 2, 12, 34, 5).getTime();

test('a line has its time, and no control characters of others', () => {
  const text = 'C:\\new \u001b[2J\r\n\u202ereversed\u2028end';
  assert.is(
    formatNotice({ tone: 'bad', text }, noon, false),
    'mw 12:34:05 C:\\new \\u001b[2J\\r\\n\\u202ereversed\\u2028end',
  );
  const coloured = formatNotice({ tone: 'bad', text: 'x' }, noon, true);
  assert.is(coloured, '\u001b[2mmw 12:34:05\u001b[0m \u001b[31mx\u001b[0m');
  assert.ok(formatNotice({ tone: 'plain', text: 'x'.repeat(1e6) }, noon, false).length < 2_100);
});

test('every event is taken by every fold', () => {
  const folds: NoticeFold[] = [new MasterNotices(), new SlaveNotices(), new LocalSlaveNotices()];
  for (const fold of folds) {
    for (const [event] of Object.values(SAMPLES)) {
      for (const notice of fold.take(event as AuditEvent, noon)) {
        assert.not.match(formatNotice(notice, noon, false), /undefined|NaN|[\p{Cc}]/u, event.type);
      }
    }
  }
});

test('colours follow the terminal, NO_COLOR and FORCE_COLOR', () => {
  const TERM = 'xterm-256color';
  assert.is(hasColours(true, { TERM }), true);
  assert.is(hasColours(false, { TERM }), false);
  assert.is(hasColours(true, { TERM, NO_COLOR: '1' }), false);
  assert.is(hasColours(true, { TERM: 'dumb' }), false);
  assert.is(hasColours(false, { TERM, FORCE_COLOR: '1' }), true);
  assert.is(hasColours(true, { TERM, FORCE_COLOR: '0' }), false);
});

test.run();
