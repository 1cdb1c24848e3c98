/** The notices of a slave's terminal: never none at all, and beside its master only what the master cannot know. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AuditEvent } from '../../../src/audit/events.js';
import type { NoticeFold } from '../../../src/audit/notices/notice.js';
import { LocalSlaveNotices, SlaveNotices } from '../../../src/audit/notices/slave-notices.js';
import { SAMPLES } from '../samples.js';

const test = suite('notices of a slave');

const url = 'nats://127.0.0.1:4222';

function linesOf(fold: NoticeFold, events: readonly AuditEvent[]): string[] {
  return events.flatMap((event, index) => fold.take(event, index * 100).map(({ text }) => text));
}

test('it says when it is connected, joined and told to stop', () => {
  const lines = linesOf(new SlaveNotices(), [
    { type: 'version', version: '1' },
    { type: 'init', role: 'slave', memberId: 'm' },
    { type: 'default-slave-algorithm' },
    { type: 'connected-to-broker', address: url },
    { type: 'connected-to-master', address: url },
    { type: 'id-received', sid: 'SLAVE-3' },
    { type: 'tasks-received', count: 10, grouping: 0 },
    { type: 'results-sent', count: 4 },
    { type: 'results-sent', count: 6 },
    { type: 'shutdown-received' },
    { type: 'slave-finished', outcome: 'master-shutdown', memberId: 'm' },
  ]);
  assert.equal(lines, [
    `connected to the broker at ${url}; no master yet`,
    'joined as SLAVE-3',
    'ended, told by its master: 10 results, 1.0 s',
  ]);
});

test('one that finds no master names what stood in its way', () => {
  const reason = 'ECONNREFUSED';
  const lost: AuditEvent = { type: 'master-not-found', memberId: 'm', url, waitedSeconds: 30, reason };
  const refused: AuditEvent = { type: 'connect-refused', address: url, reason };
  assert.equal(linesOf(new SlaveNotices(), [refused, lost]), [
    `no connection to ${url}: ECONNREFUSED; it is tried again`,
    `exits with 255: no master of member m at ${url} within 30 s: ECONNREFUSED`,
  ]);
  const unheard: AuditEvent = { type: 'master-unheard', address: url, reason: 'no master answers' };
  const lines = linesOf(new SlaveNotices(), [...Array<AuditEvent>(9).fill(unheard), lost]);
  assert.is(lines[0], 'no master answers; it is asked again');
});

test('a refusal, a lost master and a signal are told', () => {
  const lines = linesOf(new SlaveNotices(), [
    { type: 'refused-by-master', reason: 'other code of hello' },
    { type: 'master-lost', evidence: 'silent for 300.0 s' },
    { type: 'interrupted', signal: 'SIGINT' },
  ]);
  assert.equal(lines, [
    'refused by the master: other code of hello',
    'the master is lost: silent for 300.0 s',
    'stopping (Ctrl-C): leaves the master, which gives its tasks to others; again Ctrl-C to end at once',
  ]);
});

test('a local slave leaves to its master what its master can say', () => {
  const spoken = Object.values(SAMPLES).filter(
    ([event]) => new LocalSlaveNotices().take(event as AuditEvent).length > 0,
  );
  assert.equal(
    spoken.map(([{ type }]) => type),
    ['wrong-exit-code', 'still-open', 'error', 'connect-refused'],
  );
});

test.run();
