/** The power of a slave over its master on the control plane, also while the master's main is busy for an hour. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SentinelEvent } from '../../src/link/ports.js';
import { parseControl } from '../../src/link/sentinel/control-text.js';
import { EventQueue } from '../../src/link/sentinel/event-queue.js';
import { SentinelCore } from '../../src/link/sentinel/sentinel-core.js';
import type { Publish } from '../../src/link/sentinel/sentinel-types.js';
import { TURN_MS } from '../../src/wire/liveness.js';
import { Subjects } from '../../src/wire/messages/subjects.js';

const RUN = '00112233445566ff';
const subjects = new Subjects('m');
const honest = { user: '_', nonce: 'a'.repeat(32), run: RUN, sid: 0, slot: 0 };
const liar = { user: '_', nonce: 'b'.repeat(32), run: RUN, sid: 1, slot: 1 };
const BEAT = { type: 'beat', sent: 0, received: 0, limit: 0 };

/** The sentinel of a master that watches an honest slave and a liar. */
class Watch {
  now = 0;
  /** Events that wait for main. */
  readonly waiting = new EventQueue();
  readonly published: Publish[] = [];
  readonly core = new SentinelCore({
    role: 'master',
    memberId: 'm',
    run: RUN,
    clientTimeoutMs: 10_000,
    broker: 'embedded',
    counters: () => ({ sent: 0, received: 0, limit: 0 }),
  });

  constructor() {
    this.core.request({ op: 'established' }, 0);
    for (const peer of [honest, liar]) this.core.request({ op: 'watch', peer }, 0);
  }

  /** A message on somebody's subject that names somebody's session. */
  say(message: object, from = liar, of: { run: string; nonce: string; sid: number } = from): void {
    const { run, nonce, sid } = of;
    this.text(JSON.stringify({ run, nonce, sid, ...message }), subjects.masterControl(from));
  }

  text(text: string, subject = subjects.masterControl(liar)): void {
    this.core.receive(subject, text, this.now);
    this.#settle();
  }

  tick(): void {
    this.now += TURN_MS;
    this.core.tick(this.now, 0);
    this.#settle();
  }

  #settle(): void {
    const { publishes, events } = this.core.take();
    this.published.push(...publishes);
    for (const event of events) this.waiting.push(event);
  }
}

function lost(events: readonly SentinelEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'lost' ? [event.nonce] : []));
}

const BYE = { command: 'bye', running: [0], begun: 1, sent: 0 } as const;

const test = suite('security/lying sentinels');

test('what it says without end waits for a busy main as one word of each kind', () => {
  const watch = new Watch();
  for (let i = 0; i < 5_000; i++) {
    watch.say({ ...BEAT, sent: i });
    watch.say({ type: 'command', id: i, body: { command: 'overdue', index: i } });
    watch.say({ type: 'ack', id: i });
    watch.say({ type: 'offers', id: i, seen: i, offers: [['best', i, `${i}`]] });
    watch.text(JSON.stringify({ type: 'master-query', run: `${i}`, established: true }));
  }
  watch.say({ type: 'command', id: 9_000, body: BYE });
  assert.ok(watch.waiting.size <= 6, `${watch.waiting.size} events`);
});

test('another is kept alive, ended or spoken for by none of its words', () => {
  const watch = new Watch();
  for (let turn = 0; turn < 60; turn++) {
    watch.say(BEAT);
    // On its own subject in the name of another, on the other's with its own, and with parts of both
    watch.say(BEAT, liar, honest);
    watch.say(BEAT, honest, liar);
    watch.say(BEAT, liar, { ...liar, sid: honest.sid });
    watch.say(BEAT, liar, { ...honest, nonce: liar.nonce });
    watch.say({ type: 'command', id: turn, body: BYE }, liar, honest);
    watch.say({ type: 'offers', id: turn, seen: turn, offers: [] }, liar, honest);
    watch.say({ type: 'command', id: turn, body: { command: 'shutdown' } }, liar);
    watch.tick();
  }
  assert.equal(lost(watch.waiting.take()), [honest.nonce]);
});

test('floods of strangers are answered so many a turn, and not remembered', () => {
  const watch = new Watch();
  const stranger = (i: number) => ({ ...liar, nonce: i.toString(16).padStart(32, 'c') });
  for (let i = 0; i < 30_000; i++) watch.say(BEAT, stranger(i));
  watch.tick();
  const stales = watch.published.filter(({ text }) => text.includes('stale'));
  assert.is(stales.length, 16_384);
  watch.published.length = 0;
  watch.tick();
  assert.is(watch.published.filter(({ text }) => text.includes('stale')).length, 0);
});

for (const text of [
  '',
  'null',
  '[]',
  '7',
  '{"type":"beat"}',
  '{"type":"__proto__"}',
  '{"__proto__":{"type":"stale","nonce":"x"}}',
  `{"type":"beat","run":"r","nonce":"n","sid":1,"sent":1e999,"received":0,"limit":0}`,
  `{"type":"beat","run":"r","nonce":"n","sid":1,"sent":0,"received":0,"limit":0,"begun":"all"}`,
  `{"type":"beat","run":"r","nonce":"n","sid":1,"sent":0,"received":0,"limit":0,"running":{}}`,
  `{"type":"ack","run":"r","nonce":"n","sid":1,"id":1,"from":"0"}`,
  `{"type":"ack","run":"r","nonce":"n","sid":1,"id":1,"found":"__proto__"}`,
  `{"type":"ack","run":"r","nonce":"n","sid":1,"id":1.5}`,
  `{"type":"command","run":"r","nonce":"n","sid":1,"id":1,"body":{"command":"constructor"}}`,
  `{"type":"command","run":"r","nonce":"n","sid":1,"id":1,"body":${'['.repeat(100_000)}`,
  `{"type":"command","run":"r","nonce":"n","sid":1,"id":1,"body":{"command":"bye"}}`,
  `{"type":"command","run":"r","nonce":"n","sid":1,"id":1,"body":{"command":"bye","running":{"length":1},"begun":1,"sent":1}}`,
  `{"type":"command","run":"r","nonce":"n","sid":1,"id":1,"body":{"command":"bye","running":["0"],"begun":1,"sent":1}}`,
  `{"type":"command","run":"r","nonce":"n","sid":1,"id":1,"body":{"command":"bye","running":[0],"begun":1e999,"sent":1}}`,
  `{"type":"command","run":"r","nonce":"n","sid":1,"id":1,"body":{"command":"bye","running":[],"begun":1,"sent":1,"error":["x"]}}`,
  `{"type":"command","run":"r","nonce":"n","sid":1,"id":1,"body":{"command":"bye","begun":1,"sent":1,"running":[${Array(1_001).fill(1)}]}}`,
  `{"type":"cells","run":"r","nonce":"n","sid":1,"id":1,"taken":0,"values":[["a",1,"${'x'.repeat(4_097)}"]]}`,
  `{"type":"cells","run":"r","nonce":"n","sid":1,"id":1,"taken":0,"values":[["a",1,"${'é'.repeat(2_049)}"]]}`,
  `{"type":"cells","run":"r","nonce":"n","sid":1,"id":1,"taken":-1,"values":[]}`,
  `{"type":"cells","run":"r","nonce":"n","sid":1,"id":1,"taken":0,"values":{"length":1}}`,
  `{"type":"offers","run":"r","nonce":"n","sid":1,"id":1,"seen":0,"offers":[${Array(65).fill('["a",1,"1"]')}]}`,
  `{"type":"offers","run":"r","nonce":"n","sid":1,"id":1,"seen":0,"offers":[["a","1"]]}`,
  `{"type":"offers","run":"r","nonce":"n","sid":1,"id":1,"seen":0,"offers":[["a","1","2"]]}`,
  `{"type":"offers","run":"r","nonce":"n","sid":1,"id":1,"seen":0,"offers":[[{"toString":1},1,"1"]]}`,
  '\u{fffd}\u0000{"type":"stale"}',
]) {
  test(`${text.slice(0, 90)} is no control message`, () => {
    assert.is(parseControl(text), undefined);
  });
}

test.run();
