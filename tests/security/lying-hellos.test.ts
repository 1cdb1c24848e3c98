/** The power of a hello over a master: whatever it says, it costs a bounded line and at most a session. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatText, parseText } from '../../src/audit/format/text-format.js';
import { PEER_CAPACITY } from '../../src/link/shared/peer-counters.js';
import { parseHandshake } from '../../src/wire/messages/handshake.js';
import { encodeToken } from '../../src/wire/messages/subjects.js';
import { BesiegedMaster } from './besieged-master.js';

/** Bytes of a protocol line that brokers take. */
const CONTROL_LINE = 4_096;

const test = suite('security/lying hellos');

const long = 'x'.repeat(5_000);

for (const [what, said] of Object.entries<Readonly<Record<string, unknown>>>({
  'a host of 1 MB': { host: 'h'.repeat(2 ** 20) },
  'a member id that no subject holds': { memberId: long },
  'a run of 5 KB': { run: long },
  'a pid that is none': { pid: -1.5 },
  'a pid beyond numbers': { pid: 2 ** 60 },
  'an earlier sid that is none': { previous: '0\nSLAVE-7 LOST' },
  'a protocol that is none': { protocol: 1.5 },
  'a protocol of text': { protocol: '1' },
  'a host that is no text': { host: { toString: 'h' } },
  'algorithms that are none': { algorithms: [[1]] },
  'algorithms without fingerprints': { algorithms: [['hello']] },
  'a fingerprint that becomes no text': { algorithms: [['other', { toString: 1, valueOf: 1 }]] },
  'no algorithms': { algorithms: undefined },
  'a concurrency of millions': { concurrency: 1e6 },
})) {
  test(`is ignored with ${what}`, () => {
    const mw = new BesiegedMaster();
    const liar = mw.stranger();
    liar.hello(said);
    assert.equal([liar.handshakes.length, mw.events.length, mw.core.roster.size], [0, 0, 0]);
  });
}

test('cannot forge a line of the audit trail', () => {
  const mw = new BesiegedMaster();
  const forged = 'h:1\r\n11/04/2010 21:43:59 [A] SLAVE-0 LOST -> :disconnected\u2028\u0085\u001b[2J';
  mw.stranger().hello({ host: forged });
  mw.stranger().hello({ host: forged, memberId: forged });
  mw.stranger().hello({ host: forged, run: forged });
  mw.stranger().hello({ host: forged, protocol: 7 });
  assert.is(mw.events.length, 8);
  for (const event of mw.events) {
    const line = formatText(event, 0);
    assert.not.match(line, /[\p{Cc}\p{Zl}\p{Zp}]/u);
    assert.equal(parseText(line)?.event, event);
  }
});

test('cannot make the master say a line that cuts its own connection', () => {
  const mw = new BesiegedMaster();
  for (const user of [long, '\u{10ffff}'.repeat(100), '='.repeat(255), 'a'.repeat(255)]) {
    const liar = mw.stranger(user);
    liar.hello();
    liar.hello({ memberId: '\u{10ffff}'.repeat(127) });
    if (liar.handshakes.length === 0) continue;
    // The longest: a beat to a slave, with the subject of the answer beside it
    const subject = `mw.m.s.${encodeToken(user)}.${liar.address.nonce}.control`;
    assert.ok(2 * subject.length + 100 < CONTROL_LINE);
    assert.ok(encodeToken('\u{10ffff}'.repeat(127)).length + subject.length < CONTROL_LINE);
  }
});

test('is read without a crash whatever it is made of', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  for (const text of [
    '',
    'null',
    '{}',
    '{"type":"hello"}',
    '{"__proto__":{"polluted":1},"type":"hello","nonce":"00000000000000000000000000000000"}',
    `{"type":"hello","nonce":"00000000000000000000000000000000","algorithms":${deep}}`,
    Buffer.from([0x7b, 0xff, 0xfe, 0xc0, 0x80]).toString(),
    `{"type":"hello","nonce":"${'0'.repeat(32)}","host":"\\ud800"}`,
  ]) {
    const message = parseHandshake(text);
    if (message !== undefined) new BesiegedMaster().stranger().hello({ ...message });
  }
  assert.is(({} as { polluted?: unknown }).polluted, undefined);
});

test('in a flood costs a bounded table, bounded lines and nobody else anything', () => {
  const mw = new BesiegedMaster();
  const honest = mw.join();
  mw.submit(3);
  const before = mw.events.length;
  for (let second = 0; second < 30; second++) {
    for (let hello = 0; hello < 3_000; hello++) mw.stranger().hello();
    honest.work();
    mw.tick(10);
  }
  assert.is(mw.core.roster.size, PEER_CAPACITY);
  assert.is(mw.watched, PEER_CAPACITY);
  const perHello = 3;
  const heard = PEER_CAPACITY + 30 * 500;
  assert.ok(mw.events.length - before < perHello * heard + 100, `${mw.events.length} events`);
  assert.ok(mw.told('warning').length <= 3);
  assert.is(mw.fates().filter(({ status }) => status === 'ok').length, 3);
});

test('of strangers that are refused is heard no more often than others', () => {
  const mw = new BesiegedMaster();
  const liar = mw.stranger();
  for (let hello = 0; hello < 100_000; hello++) liar.hello({ protocol: 9 });
  mw.tick();
  assert.ok(mw.events.length <= 2 * PEER_CAPACITY + 1, `${mw.events.length} events`);
  assert.ok(liar.handshakes.length <= PEER_CAPACITY);
  mw.join();
  assert.is(mw.core.roster.size, 1);
});

test.run();
