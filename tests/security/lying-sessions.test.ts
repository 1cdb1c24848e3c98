/** The power of a session's frames over its master: they can do nothing but end the session. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CREDIT_BYTES } from '../../src/wire/messages/messages.js';
import type { FrameHeader } from '../../src/wire/session/frame.js';
import { BesiegedMaster } from './besieged-master.js';

const BIG = Number.MAX_SAFE_INTEGER;
const KILOBYTE = 'x'.repeat(1_000);

const test = suite('security/lying sessions');

for (const [what, header] of Object.entries<Partial<FrameHeader>>({
  'a message of 2^53 bytes': { kind: 1, first: true, number: 1, size: BIG },
  'a frame number near 2^53': { kind: 1, first: true, last: true, number: BIG },
  'room for 2^53 bytes': { kind: 4, number: 1, size: BIG },
  'a grant that nobody asked': { kind: 5, number: 1 },
  'a chunk of no message': { kind: 1, last: true, number: 1, size: 10 },
  'a message of no bytes': { kind: 1, first: true, last: true, number: 1, size: 0 },
  'an acknowledgement of what was not sent': { kind: 2, received: BIG },
  'credit without end': { kind: 2, limit: BIG },
  'a want without end': { kind: 2, want: BIG },
  'a position near 2^53': { kind: 2, number: BIG },
  'a resend of what was not sent': { kind: 3, number: BIG },
  'a position beyond 2^53': { kind: 2, number: BIG + 1 },
  'an acknowledgement beyond 2^53': { kind: 2, received: BIG + 1 },
  'a limit beyond 2^53': { kind: 2, limit: BIG + 1 },
  'a want beyond 2^53': { kind: 2, want: BIG + 1 },
  'a kind that is none': { kind: 9 as never },
})) {
  test(`${what} harms no task of another`, () => {
    const mw = new BesiegedMaster();
    const [liar, honest] = [mw.join(), mw.join()];
    mw.submit(4);
    for (let i = 0; i < 50; i++) liar.frame(header);
    mw.tick(20);
    if (liar.isIn) mw.hear({ type: 'lost', nonce: liar.address.nonce, evidence: 'test' });
    for (let round = 0; round < 8; round++) {
      honest.work();
      mw.tick();
    }
    assert.equal(
      mw.fates().map(({ status, packet, sid }) => [status, packet, sid]),
      Array.from({ length: 4 }, () => ['ok', 'true', 'SLAVE-1']),
    );
    assert.ok(mw.events.length < 100, `${mw.events.length} events`);
    assert.ok(mw.bytesOut < 100_000);
  });
}

test('frames that are none end the session with a line, and say nothing after', () => {
  const mw = new BesiegedMaster();
  const liar = mw.join();
  const before = mw.events.length;
  for (let i = 0; i < 10_000; i++) {
    liar.raw(Buffer.alloc(i % 200, i));
    liar.frame({ kind: 7 as never });
  }
  assert.not.ok(liar.isIn);
  assert.ok(mw.events.length - before < 10, `${mw.events.length - before} events`);
});

test('a slave that is given credit without end and acknowledges nothing is sent 1 MB', () => {
  const mw = new BesiegedMaster();
  const liar = mw.join();
  liar.deaf = true;
  for (let i = 0; i < 5_000; i++) {
    mw.submitOne(KILOBYTE);
    liar.frame({ kind: 2, received: 0, limit: BIG });
    liar.results([[i, 1]]);
    if (!liar.isIn) break;
  }
  assert.ok(mw.bytesOut <= CREDIT_BYTES + 100_000, `${mw.bytesOut} bytes`);
});

test('resends are served a few times a second, and told as often', () => {
  const mw = new BesiegedMaster();
  const liar = mw.join();
  for (let i = 0; i < 20; i++) mw.submitOne(KILOBYTE);
  const before = mw.bytesOut;
  for (let i = 0; i < 1_000; i++) liar.frame({ kind: 3, number: 1, received: 0 });
  assert.ok(mw.bytesOut - before < 20 * 25_000, `${mw.bytesOut - before} bytes`);
  assert.is(mw.told('resend-received').length, 10);
});

test('gaps and reconnections without end are asked for a few times a second', () => {
  const mw = new BesiegedMaster();
  const liar = mw.join();
  for (let i = 0; i < 1_000; i++) liar.frame({ kind: 2, number: 1_000 + i, answer: true });
  assert.ok(mw.told('resend-sent').length <= 10, `${mw.told('resend-sent').length} lines`);
  mw.hear({ ...beat(liar.address.nonce), sent: BIG });
  mw.tick(100);
  assert.ok(mw.told('resend-sent').length <= 25);
});

function beat(nonce: string): Parameters<BesiegedMaster['hear']>[0] & { readonly type: 'beat' } {
  return {
    type: 'beat',
    nonce,
    sent: 0,
    received: 0,
    limit: 0,
    begun: 0,
    running: -1,
    runningMs: 0,
    memoryBytes: 0,
  };
}

test.run();
