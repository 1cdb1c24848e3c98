/** The news of a session for those around it: resends, for the audit trail, and whether time has work to do for it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyOf, createSession, deliver, framesOf } from './session-pair.js';

const test = suite('wire/session upkeep');

test('it tells of resends that it asks for and of those that it serves', () => {
  const told: string[] = [];
  const tells = (name: string) => ({
    onResend: (side: 'asked' | 'served', from: number) => void told.push(`${name} ${side} ${from}`),
  });
  const [one, other] = [createSession(tells('one')), createSession(tells('other'))];
  for (const mark of [1, 2, 3]) one.post(bodyOf(10, mark));
  const [first, , third] = framesOf(one) as [Buffer, Buffer, Buffer];
  deliver(other, [first, third]);
  assert.equal(told, []);
  const asks = framesOf(other);
  assert.equal(told, ['other asked 2']);
  deliver(one, asks);
  assert.equal(told, ['other asked 2', 'one served 2']);
  assert.is(deliver(other, framesOf(one)).length, 2);
});

test('it has something to do later for each of: what it has not acknowledged, a gap, credit that it waits for', () => {
  const idle = createSession();
  assert.not(idle.needsTick);

  const receiver = createSession();
  const sender = createSession();
  for (const mark of [1, 2]) sender.post(bodyOf(10, mark));
  const [first] = framesOf(sender) as [Buffer];
  assert.not(sender.needsTick);
  deliver(receiver, [first]);
  assert.ok(receiver.needsTick, 'it has not said that it has it');
  receiver.confirm();
  framesOf(receiver);
  assert.not(receiver.needsTick);

  const missing = createSession();
  missing.takeBeat({ sent: 2, received: 0, limit: 0 }, 0);
  framesOf(missing);
  assert.ok(missing.needsTick, 'a frame is missing');

  const held = createSession({ sendLimit: 10 });
  held.post(bodyOf(100, 1));
  framesOf(held);
  assert.ok(held.needsTick, 'it waits for credit');
});

test.run();
