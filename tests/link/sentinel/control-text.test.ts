/** Control messages: each kind is read as it was written, and nothing that lacks or twists a part of one. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  beatPrefix,
  formatBeat,
  formatControl,
  parseControl,
} from '../../../src/link/sentinel/control-text.js';
import { type ControlMessage, MOST_CONCURRENCY } from '../../../src/wire/messages/messages.js';

const test = suite('link/control-text');

const epoch = { run: 'r', nonce: 'n', sid: 3 };
const farewell = { command: 'bye', running: [1, 2], begun: 3, sent: 4 };
const MESSAGES: Readonly<Record<string, Record<string, unknown>>> = {
  beat: { type: 'beat', ...epoch, sent: 1, received: 2, limit: 3 },
  'beat for a slave at rest': { type: 'beat', ...epoch, restMs: 4_000, sent: 1, received: 2, limit: 3 },
  'beat of a slave': {
    ...{ type: 'beat', ...epoch, server: 's', sent: 1, received: 2, limit: 3 },
    ...{ running: -1, runningMs: 0, begun: 5, memoryBytes: 6, processorPercent: 7 },
  },
  probe: { type: 'probe', ...epoch },
  cancel: { type: 'command', ...epoch, id: 1, body: { command: 'cancel', index: 0 } },
  'cancel that kills': {
    ...{ type: 'command', ...epoch, id: 1 },
    body: { command: 'cancel', index: 0, kill: { task: 7, afterMs: 0 } },
  },
  overdue: { type: 'command', ...epoch, id: 1, body: { command: 'overdue', index: 2 } },
  recall: { type: 'command', ...epoch, id: 1, body: { command: 'recall', from: 1, to: 2 } },
  shutdown: { type: 'command', ...epoch, id: 1, body: { command: 'shutdown' } },
  bye: { type: 'command', ...epoch, id: 1, body: farewell },
  'bye with an error': { type: 'command', ...epoch, id: 1, body: { ...farewell, running: [], error: 'e' } },
  ack: { type: 'ack', ...epoch, id: 1 },
  'ack of a recall': { type: 'ack', ...epoch, id: 1, from: 2 },
  ...Object.fromEntries(
    ['waiting', 'running', 'gone'].map((found) => [`ack, ${found}`, { type: 'ack', ...epoch, id: 1, found }]),
  ),
  cells: { type: 'cells', ...epoch, id: 1, taken: 0, values: [['best', 2, '7']] },
  offers: { type: 'offers', ...epoch, id: 0, seen: 3, offers: [['best', 2, '{"a":1}']] },
  profile: { type: 'profile', ...epoch, id: 1, seconds: 5, at: 0 },
  'profile that is taken': {
    ...{ type: 'profile-answer', ...epoch, id: 1 },
    ...{ state: 'running', at: 0, of: 0, text: '' },
  },
  'piece of a profile': {
    ...{ type: 'profile-answer', ...epoch, id: 1 },
    ...{ state: 'ready', at: 1, of: 2, text: 'AAAA' },
  },
  'no profile': {
    ...{ type: 'profile-answer', ...epoch, id: 1 },
    ...{ state: 'failed', at: 0, of: 0, text: 'cannot' },
  },
  stale: { type: 'stale', nonce: 'n' },
  'master-query': { type: 'master-query', run: 'r', established: false },
  'master-here': { type: 'master-here', run: 'r', established: true },
};
/** Fields that a message may lack. */
const OPTIONAL = new Set([
  'server',
  'running',
  'runningMs',
  'begun',
  'memoryBytes',
  'restMs',
  'processorPercent',
  'from',
  'found',
  'error',
  'kill',
]);

for (const [what, message] of Object.entries(MESSAGES)) {
  test(`${what} is read as it was written`, () => {
    assert.equal(parseControl(formatControl(message as unknown as ControlMessage)), message);
  });

  test(`${what} without one of its parts, or with one of another kind, is not read`, () => {
    const check = (changed: object, why: string): void => {
      assert.is(parseControl(JSON.stringify(changed)), undefined, why);
    };
    const spoil = (
      part: Record<string, unknown>,
      put: (changed: object) => object,
      optional: ReadonlySet<string>,
    ): void => {
      for (const key of Object.keys(part)) {
        if (key === 'body') continue;
        const { [key]: _, ...rest } = part;
        if (!optional.has(key)) check(put(rest), `without ${key}`);
        for (const odd of [null, {}, [[]], key === 'established' ? 1 : 1.5]) {
          check(put({ ...part, [key]: odd }), `${key}: ${JSON.stringify(odd)}`);
        }
      }
    };
    spoil(message, (changed) => changed, OPTIONAL);
    const body = message.body as Record<string, unknown> | undefined;
    if (body === undefined) return;
    spoil(body, (changed) => ({ ...message, body: changed }), new Set(['error', 'kill']));
    const kill = body.kill as Record<string, unknown> | undefined;
    if (kill !== undefined) {
      spoil(kill, (changed) => ({ ...message, body: { ...body, kill: changed } }), new Set());
      check({ ...message, body: { ...body, kill: { ...kill, afterMs: -1 } } }, 'a time before the kill');
    }
    for (const odd of [undefined, null, 'shutdown', [], {}, { command: 'other' }])
      check({ ...message, body: odd }, 'body');
  });
}

test('other text is no message', () => {
  for (const text of ['', 'x', 'null', '5', '"beat"', '[]', '{}', '{"type":"other"}', '{"type":null}']) {
    assert.is(parseControl(text), undefined, text);
  }
});

test('the name of a server is limited, as are the rest of a beat and the runs of a farewell', () => {
  const beat = MESSAGES.beat;
  assert.ok(parseControl(JSON.stringify({ ...beat, server: 's'.repeat(128) })));
  assert.is(parseControl(JSON.stringify({ ...beat, server: 's'.repeat(129) })), undefined);
  assert.ok(parseControl(JSON.stringify({ ...beat, restMs: 60_000 })));
  for (const restMs of [60_001, -1]) assert.is(parseControl(JSON.stringify({ ...beat, restMs })), undefined);
  const bye = (running: unknown): string =>
    JSON.stringify({ type: 'command', ...epoch, id: 1, body: { ...farewell, running } });
  assert.ok(parseControl(bye([])));
  assert.ok(parseControl(bye(Array(MOST_CONCURRENCY).fill(1))));
  for (const running of [[1, 'x'], [1.5], Array(MOST_CONCURRENCY + 1).fill(1)])
    assert.is(parseControl(bye(running)), undefined);
});

test('a beat says what it is given, and of a slave also what runs', () => {
  const prefix = beatPrefix(epoch);
  const positions = { sent: 1, received: 2, limit: 3 };
  const read = (more: object): unknown => parseControl(formatBeat(prefix, { ...positions, ...more }));
  assert.equal(read({}), { type: 'beat', ...epoch, ...positions });
  assert.equal(read({ running: 5, server: 'a"b' }), { type: 'beat', ...epoch, server: 'a"b', ...positions });
  assert.equal(read({ begun: 0 }), {
    type: 'beat',
    ...epoch,
    ...positions,
    running: -1,
    runningMs: 0,
    begun: 0,
    memoryBytes: 0,
  });
  assert.equal(read({ restMs: 2_000 }), { type: 'beat', ...epoch, ...positions, restMs: 2_000 });
  const all = { running: 1, runningMs: 2, begun: 3, memoryBytes: 4 };
  assert.equal(read(all), { type: 'beat', ...epoch, ...positions, ...all });
  const measured = { ...all, processorPercent: 250 };
  assert.equal(read(measured), { type: 'beat', ...epoch, ...positions, ...measured });
  for (const odd of [-1, 0.5, 1e6 + 1])
    assert.is(read({ ...all, processorPercent: odd }), undefined, `${odd} percent of a core`);
  for (const odd of [-1, 1e15 + 1]) assert.is(read({ ...all, memoryBytes: odd }), undefined, `${odd} bytes`);
});

test.run();
