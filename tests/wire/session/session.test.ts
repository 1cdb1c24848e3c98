/** The rules of a session, one by one, frame by frame, and what a hostile other side cannot do. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../../src/errors.js';
import { CHUNK_BYTES, CREDIT_BYTES } from '../../../src/wire/messages/messages.js';
import { FRAME_KIND, HEADER_BYTES } from '../../../src/wire/session/frame.js';
import { framedBytes } from '../../../src/wire/session/send-window.js';
import type { Session } from '../../../src/wire/session/session.js';
import {
  bodyOf,
  CHUNK_BODY_BYTES,
  craft,
  createSession,
  deliver,
  framesOf,
  headersOf,
  settle,
} from './session-pair.js';

const test = suite('wire/session');

function postAll(session: Session, bodies: readonly Buffer[]): void {
  for (const body of bodies) session.post(body);
}

function bodiesOf(count: number, size = 10): Buffer[] {
  return Array.from({ length: count }, (_, index) => bodyOf(size, index + 1));
}

function numbersOf(frames: readonly Buffer[]): number[] {
  return headersOf(frames, 'data').map(({ number }) => number);
}

// ---- numbering, loss and acknowledgement ----------------------------------------------------------

test('it numbers frames from 1 and delivers them in order', () => {
  const sender = createSession();
  const receiver = createSession();
  const bodies = bodiesOf(5);
  postAll(sender, bodies);
  const frames = framesOf(sender);
  assert.equal(numbersOf(frames), [1, 2, 3, 4, 5]);
  assert.equal(deliver(receiver, frames), bodies);
  assert.is(sender.sentThrough, 5);
  assert.is(receiver.receivedThrough, 5);
  assert.is(receiver.receivedBytes, 5 * framedBytes(10));
  assert.is(sender.sentBytes, receiver.receivedBytes);
});

test('it knows which messages have left wholly, whatever is sent again', () => {
  const sender = createSession();
  postAll(sender, [bodyOf(10, 1), bodyOf(600_000, 2), bodyOf(10, 3)]);
  assert.equal([sender.posted, sender.handedOver], [3, 0]);
  const left: number[] = [];
  let room = 0;
  const send = (): boolean => room-- > 0;
  for (let sent = 0; sent < 6; sent++) {
    room = 1;
    sender.flush(send, 0);
    if (sent === 1) deliver(sender, [craft({ kind: FRAME_KIND.grant, number: 2 })]);
    left.push(sender.handedOver);
  }
  assert.equal(left, [1, 1, 1, 1, 2, 3]);
  deliver(sender, [craft({ kind: FRAME_KIND.resend, number: 1 })]);
  assert.is(sender.handedOver, 3);
  sender.takeBeat({ sent: 0, received: 5, limit: CREDIT_BYTES }, 0);
  assert.is(sender.handedOver, 3);
});

test('it says nothing when it has nothing to say', () => {
  const session = createSession();
  session.tick(0);
  assert.equal(framesOf(session), []);
});

test('it drops duplicates and says where it stands', () => {
  const sender = createSession();
  const receiver = createSession();
  postAll(sender, bodiesOf(3));
  const frames = framesOf(sender);
  deliver(receiver, frames);
  assert.equal(deliver(receiver, [...frames, ...frames]), []);
  const answers = headersOf(framesOf(receiver));
  assert.equal(
    answers.map(({ kind, received }) => ({ kind, received })),
    [{ kind: FRAME_KIND.position, received: 3 }],
  );
  assert.is(receiver.receivedBytes, 3 * framedBytes(10));
});

test('it asks for a gap at once, then once a second, and goes back to it', () => {
  const sender = createSession();
  const receiver = createSession();
  const bodies = bodiesOf(5);
  postAll(sender, bodies);
  const frames = framesOf(sender);
  assert.equal(deliver(receiver, [frames[0] as Buffer, ...frames.slice(2)], 0), bodies.slice(0, 1));

  const asked = framesOf(receiver, 0);
  assert.equal(
    headersOf(asked, 'resend').map(({ number }) => number),
    [2],
  );
  deliver(receiver, frames.slice(2), 999);
  assert.equal(headersOf(framesOf(receiver, 999), 'resend'), []);
  deliver(receiver, frames.slice(2), 1_000);
  assert.is(headersOf(framesOf(receiver, 1_000), 'resend').length, 1);

  deliver(sender, asked, 0);
  const again = framesOf(sender, 0);
  assert.equal(numbersOf(again), [2, 3, 4, 5]);
  for (const [index, frame] of again.entries()) {
    const before = frames[index + 1] as Buffer;
    assert.equal(frame.subarray(HEADER_BYTES), before.subarray(HEADER_BYTES), 'the bytes of a resend');
    assert.equal(headersOf([frame])[0]?.size, headersOf([before])[0]?.size);
  }
  assert.equal(deliver(receiver, again, 1_000), bodies.slice(1));
  assert.is(sender.sentThrough, 5);
});

test('it goes back no further than what is acknowledged', () => {
  const sender = createSession();
  postAll(sender, bodiesOf(6));
  framesOf(sender);
  deliver(sender, [craft({ kind: FRAME_KIND.position, number: 0, received: 4 })]);
  assert.equal(numbersOf(framesOf(sender)), []);
  deliver(sender, [craft({ kind: FRAME_KIND.resend, number: 2, received: 1 })]);
  assert.equal(numbersOf(framesOf(sender)), [5, 6]);
  deliver(sender, [craft({ kind: FRAME_KIND.resend, number: 6, received: 5 })]);
  assert.equal(numbersOf(framesOf(sender)), [6]);
});

test('it goes on after a frame that was refused, with the same number', () => {
  const sender = createSession();
  const receiver = createSession();
  const bodies = [1, 2, 3].map((fill) => Buffer.alloc(20_000, fill));
  postAll(sender, bodies);
  const frames: Buffer[] = [];
  sender.flush((frame) => {
    if (frames.length === 1) return false;
    frames.push(Buffer.from(frame));
    return true;
  }, 0);
  assert.is(sender.sentThrough, 1);
  frames.push(...framesOf(sender));
  assert.equal(numbersOf(frames), [1, 2, 3]);
  assert.equal(deliver(receiver, frames), bodies);
});

test('it packs small frames together, up to 32 KB, and takes such a parcel whole or not at all', () => {
  const sender = createSession();
  const receiver = createSession();
  const bodies = Array.from({ length: 100 }, (_, fill) => Buffer.alloc(1_000, fill));
  postAll(sender, bodies);
  const parcels: Buffer[] = [];
  sender.flush((parcel) => parcels.push(Buffer.from(parcel)) > 0, 0);
  assert.is(parcels.length, 4);
  assert.ok(parcels.every(({ length }) => length <= 32 * 1024));
  const [first] = parcels as [Buffer];
  for (const spoil of [1, 2, 40]) {
    const spoilt = Buffer.concat([first.subarray(0, first.length - spoil)]);
    assert.throws(
      () => receiver.receive(spoilt, 0),
      (error: Error) => error instanceof FormatError,
    );
  }
  const strange = Buffer.concat([first, Buffer.from(first).fill(9, 4, 20)]);
  assert.throws(
    () => receiver.receive(strange, 0),
    (error: Error) => error instanceof FormatError,
  );
  assert.is(receiver.receivedThrough, 0);
  assert.equal(deliver(receiver, parcels), bodies);
});

test('it keeps a body until the other side has all of it', () => {
  const sender = createSession();
  const receiver = createSession();
  const bodies = bodiesOf(4);
  postAll(sender, bodies);
  assert.equal(sender.unacknowledged(), bodies);
  const frames = framesOf(sender);
  assert.is(sender.keptFrames, 4);
  deliver(receiver, frames.slice(0, 3));
  receiver.tick(100);
  deliver(sender, framesOf(receiver));
  assert.equal(sender.unacknowledged(), bodies.slice(3));
  assert.is(sender.keptFrames, 1);
  deliver(receiver, frames.slice(3));
  receiver.tick(200);
  deliver(sender, framesOf(receiver));
  assert.equal(sender.unacknowledged(), []);
  assert.is(sender.keptFrames, 0);
});

test('one that may take its time acknowledges with a frame of its own, or when the time is over', () => {
  const sender = createSession();
  const receiver = createSession({ acknowledgeWithinMs: 500 });
  sender.post(bodyOf(5, 1));
  deliver(receiver, framesOf(sender), 1_000);
  for (const now of [1_100, 1_400]) {
    receiver.tick(now);
    assert.equal(framesOf(receiver), [], 'its own may come soon');
  }
  receiver.tick(1_500);
  deliver(sender, framesOf(receiver));
  assert.is(sender.keptFrames, 0);
  sender.post(bodyOf(5, 2));
  deliver(receiver, framesOf(sender), 5_000);
  receiver.tick(5_400);
  receiver.post(bodyOf(5, 3));
  deliver(sender, framesOf(receiver));
  assert.is(sender.keptFrames, 0);
  receiver.tick(6_000);
  assert.equal(framesOf(receiver), [], 'that said it');
});

test('it acknowledges on a tick, once, and with every frame of its own', () => {
  const sender = createSession();
  const receiver = createSession();
  postAll(sender, bodiesOf(2));
  deliver(receiver, framesOf(sender));
  assert.equal(framesOf(receiver), [], 'nothing before the tick');
  receiver.tick(100);
  assert.equal(
    headersOf(framesOf(receiver)).map(({ kind, received }) => [kind, received]),
    [[FRAME_KIND.position, 2]],
  );
  receiver.tick(200);
  assert.equal(framesOf(receiver), []);

  sender.post(bodyOf(5, 9));
  deliver(receiver, framesOf(sender));
  receiver.post(bodyOf(5, 1));
  assert.is(headersOf(framesOf(receiver))[0]?.received, 3);
  receiver.tick(300);
  assert.equal(framesOf(receiver), [], 'its message acknowledged already');
});

// ---- reconnection and beats -----------------------------------------------------------------------

for (const ends of ['one end', 'both ends'] as const) {
  test(`it finds what was lost in both directions when ${ends} reconnected`, () => {
    const one = createSession();
    const other = createSession();
    postAll(one, bodiesOf(3));
    postAll(other, bodiesOf(2));
    framesOf(one);
    framesOf(other);
    one.reconnected();
    if (ends === 'both ends') other.reconnected();
    const first = headersOf(framesOf(one))[0];
    assert.equal([first?.kind, first?.number, first?.answer], [FRAME_KIND.position, 3, true]);
    one.reconnected();
    const { atOne, atOther } = settle(one, other);
    assert.equal(atOne, bodiesOf(2));
    assert.equal(atOther, bodiesOf(3));
  });
}

test('it asks again at once after a reconnection, whatever it had asked before', () => {
  const one = createSession();
  const other = createSession();
  postAll(one, bodiesOf(3));
  postAll(other, bodiesOf(3));
  const [fromOne, fromOther] = [framesOf(one), framesOf(other)];
  deliver(other, fromOne.slice(1), 0);
  deliver(one, fromOther.slice(1), 0);
  assert.is(headersOf(framesOf(one, 0), 'resend').length, 1, 'lost in the cut');
  assert.is(headersOf(framesOf(other, 0), 'resend').length, 1, 'lost in the cut');
  one.reconnected();
  const { atOne, atOther } = settle(one, other, 10);
  assert.equal([atOne.length, atOther.length], [3, 3]);
});

test('it finds a lost tail by beats, a second after the first', () => {
  const sender = createSession();
  const receiver = createSession();
  const bodies = bodiesOf(3);
  postAll(sender, bodies);
  deliver(receiver, framesOf(sender).slice(0, 2));
  const beat = { sent: 3, received: 0, limit: 0 };
  receiver.takeBeat(beat, 5_000);
  assert.equal(headersOf(framesOf(receiver, 5_000), 'resend'), []);
  receiver.takeBeat(beat, 5_999);
  assert.equal(headersOf(framesOf(receiver, 5_999), 'resend'), []);
  receiver.takeBeat(beat, 6_000);
  const asked = framesOf(receiver, 6_000);
  assert.equal(
    headersOf(asked, 'resend').map(({ number }) => number),
    [3],
  );
  deliver(sender, asked);
  assert.equal(deliver(receiver, framesOf(sender)), bodies.slice(2));
});

test('it finds a lost tail by ticks between beats that come late', () => {
  const receiver = createSession();
  receiver.takeBeat({ sent: 1, received: 0, limit: 0 }, 0);
  receiver.tick(900);
  assert.equal(headersOf(framesOf(receiver, 900), 'resend'), []);
  receiver.tick(1_000);
  assert.is(headersOf(framesOf(receiver, 1_000), 'resend').length, 1);
  receiver.tick(1_100);
  assert.equal(headersOf(framesOf(receiver, 1_100), 'resend'), [], 'once a second');
});

test('it does not ask for what came between two beats', () => {
  const sender = createSession();
  const receiver = createSession();
  postAll(sender, bodiesOf(9));
  const frames = framesOf(sender);
  for (let second = 1; second <= 8; second++) {
    receiver.takeBeat({ sent: second + 1, received: 0, limit: 0 }, second * 1_000);
    deliver(receiver, frames.slice(second - 1, second + 1), second * 1_000 + 500);
    receiver.tick(second * 1_000 + 900);
    assert.equal(headersOf(framesOf(receiver), 'resend'), []);
  }
});

test('it takes acknowledgement and credit from beats', () => {
  const sender = createSession({ sendLimit: framedBytes(10) });
  postAll(sender, bodiesOf(2));
  assert.equal(numbersOf(framesOf(sender)), [1]);
  sender.takeBeat({ sent: 0, received: 1, limit: 2 * framedBytes(10) }, 0);
  assert.equal(sender.unacknowledged(), bodiesOf(2).slice(1));
  assert.equal(numbersOf(framesOf(sender)), [2]);
});

test('it is not disturbed by beats that make no sense', () => {
  const session = createSession({ sendLimit: 10_000 });
  postAll(session, bodiesOf(3));
  framesOf(session);
  for (const absurd of [Number.NaN, -1, 4, 1e300, Number.POSITIVE_INFINITY]) {
    session.takeBeat({ sent: absurd, received: absurd, limit: Number.NaN }, 0);
  }
  assert.equal(session.unacknowledged(), bodiesOf(3));
  assert.is(session.keptFrames, 3);
  deliver(session, [craft({ kind: FRAME_KIND.resend, number: 1 })]);
  assert.equal(numbersOf(framesOf(session)), [1, 2, 3]);
});

// ---- credit -----------------------------------------------------------------------------------------

test('it never sends one byte beyond its limit, and all of it up to there', () => {
  const each = framedBytes(100);
  for (const [spare, sent] of [
    [-1, 2],
    [0, 3],
    [1, 3],
    [each - 1, 3],
    [each, 4],
  ] as const) {
    const sender = createSession({ sendLimit: 3 * each + spare });
    postAll(sender, bodiesOf(10, 100));
    assert.is(numbersOf(framesOf(sender)).length, sent, `${spare} bytes to spare`);
  }
});

test('it says what it wants when it is held up, repeats it each second, and goes on when granted', () => {
  const each = framedBytes(100);
  const sender = createSession({ sendLimit: each });
  const receiver = createSession({ receiveLimit: each });
  postAll(sender, bodiesOf(3, 100));
  const frames = framesOf(sender, 0);
  assert.equal(
    headersOf(frames).map(({ kind, want }) => [kind, want]),
    [
      [FRAME_KIND.data, 3 * each],
      [FRAME_KIND.position, 3 * each],
    ],
  );
  assert.equal(framesOf(sender, 0), [], 'said once');
  sender.tick(999);
  assert.equal(framesOf(sender, 999), []);
  sender.tick(1_000);
  assert.equal(headersOf(framesOf(sender, 1_000))[0]?.want, 3 * each, 'said again');

  deliver(receiver, frames);
  assert.is(receiver.peerWant, 3 * each);
  receiver.setReceiveLimit(2 * each, true);
  assert.is(receiver.unannouncedLimit, each);
  deliver(sender, framesOf(receiver));
  assert.is(receiver.unannouncedLimit, 0);
  assert.equal(
    headersOf(framesOf(sender, 1_000)).map(({ kind }) => kind),
    [FRAME_KIND.data, FRAME_KIND.position],
  );
});

test('it never lowers a limit', () => {
  const sender = createSession({ sendLimit: framedBytes(100) });
  const receiver = createSession({ receiveLimit: 1_000 });
  receiver.setReceiveLimit(10, false);
  assert.is(receiver.receiveLimit, 1_000);
  deliver(sender, [craft({ kind: FRAME_KIND.position, number: 0, limit: 1 })]);
  sender.post(bodyOf(100, 1));
  assert.equal(numbersOf(framesOf(sender)), [1]);
});

test('it counts a resend once', () => {
  const sender = createSession({ sendLimit: 2 * framedBytes(100) });
  const receiver = createSession({ receiveLimit: 2 * framedBytes(100) });
  postAll(sender, bodiesOf(3, 100));
  framesOf(sender);
  deliver(sender, [craft({ kind: FRAME_KIND.resend, number: 1, limit: 0 })]);
  deliver(receiver, framesOf(sender));
  assert.is(receiver.receivedThrough, 2);
  receiver.setReceiveLimit(3 * framedBytes(100), true);
  deliver(sender, framesOf(receiver));
  assert.equal(numbersOf(framesOf(sender)), [3]);
});

test('it wants whole frames, a chunk ahead at the most, and knows what is spare', () => {
  const sender = createSession({ sendLimit: 0 });
  assert.is(sender.spareCredit, 0);
  postAll(sender, bodiesOf(20, 100_000));
  assert.is(headersOf(framesOf(sender))[0]?.want, 2 * framedBytes(100_000));
  assert.is(sender.waitingBytes, 20 * framedBytes(100_000));
  assert.is(sender.spareCredit, -20 * framedBytes(100_000));
});

test('it wants no credit for a message that has no room yet, nor for what stands behind it', () => {
  const sender = createSession({ sendLimit: 0 });
  const wants: number[] = [];
  const noteWant = (frames: readonly Buffer[]): void => {
    wants.push(...headersOf(frames).map(({ want }) => want));
  };
  const sizes = [300_000, 400_000].map(framedBytes) as [number, number];
  const small = framedBytes(10);
  postAll(sender, [bodyOf(10, 1), bodyOf(300_000, 2), bodyOf(10, 3), bodyOf(10, 4), bodyOf(400_000, 5)]);
  sender.post(bodyOf(10, 6));
  noteWant(framesOf(sender, 0));
  const position = { kind: FRAME_KIND.position, number: 0 };
  deliver(sender, [craft({ ...position, limit: small })]);
  noteWant(framesOf(sender, 0));
  deliver(sender, [craft({ kind: FRAME_KIND.grant, number: 2, limit: small })]);
  noteWant(framesOf(sender, 0));
  deliver(sender, [craft({ ...position, limit: small + sizes[0] })]);
  noteWant(framesOf(sender, 0));
  deliver(sender, [craft({ ...position, limit: 3 * small + sizes[0] })]);
  noteWant(framesOf(sender, 0));
  const first = small + sizes[0];
  assert.equal(wants, [
    ...[small],
    ...[small, small],
    ...[small + CHUNK_BYTES],
    ...[first, first + 2 * small, first + 2 * small],
    ...[first + 2 * small, first + 2 * small, first + 2 * small],
  ]);
  deliver(sender, [craft({ kind: FRAME_KIND.grant, number: 6, limit: 3 * small + sizes[0] })]);
  assert.is(headersOf(framesOf(sender, 0))[0]?.want, first + 2 * small + CHUNK_BYTES);
});

// ---- chunks -----------------------------------------------------------------------------------------

const SIZES = [
  0,
  1,
  CHUNK_BODY_BYTES - 1,
  CHUNK_BODY_BYTES,
  CHUNK_BODY_BYTES + 1,
  CHUNK_BYTES,
  2 * CHUNK_BODY_BYTES - 1,
  2 * CHUNK_BODY_BYTES,
  2 * CHUNK_BODY_BYTES + 1,
  5 * CHUNK_BODY_BYTES,
  3_000_000,
];

test('it carries bodies of every size around the boundaries of chunks', () => {
  for (const size of SIZES) {
    const one = createSession();
    const other = createSession();
    const bodies = [bodyOf(3, 1), bodyOf(size, 2), bodyOf(3, 3)];
    postAll(one, bodies);
    assert.is(one.waitingBytes, 2 * framedBytes(3) + framedBytes(size));
    const { atOther } = settle(one, other);
    assert.equal(
      atOther.map(({ length }) => length),
      [3, size, 3],
    );
    assert.ok(Buffer.concat(atOther).equals(Buffer.concat(bodies)), `${size} bytes`);
    assert.is(one.waitingBytes, 0);
    assert.is(other.receivedBytes, framedBytes(size) + 2 * framedBytes(3));
    assert.is(other.receivedThrough, 2 + Math.max(1, Math.ceil(size / CHUNK_BODY_BYTES)));
    other.tick(100);
    deliver(one, framesOf(other));
    assert.equal([one.unacknowledged().length, one.keptFrames], [0, 0]);
    assert.not(other.assembling);
  }
});

test('it cuts no frame larger than a chunk', () => {
  const sender = createSession({ sendLimit: 100 * CREDIT_BYTES });
  sender.post(bodyOf(CHUNK_BODY_BYTES, 1));
  sender.post(bodyOf(2 * CHUNK_BODY_BYTES + 1, 2));
  const frames = framesOf(sender);
  deliver(sender, [craft({ kind: FRAME_KIND.grant, number: 2, received: 0 })]);
  const chunks = [...frames, ...framesOf(sender)].filter((frame) => headersOf([frame], 'data').length > 0);
  assert.equal(
    chunks.map(({ length }) => length),
    [CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES, HEADER_BYTES + 1],
  );
  assert.equal(
    headersOf(chunks).map(({ first, last }) => [first, last]),
    [
      [true, true],
      [true, false],
      [false, false],
      [false, true],
    ],
  );
});

test('it asks room for a message of several chunks, and sends nothing of it before the grant', () => {
  const sender = createSession();
  const receiver = createSession();
  postAll(sender, [bodyOf(5, 1), bodyOf(300_000, 2), bodyOf(5, 3)]);
  const frames = framesOf(sender, 0);
  assert.equal(
    headersOf(frames).map(({ kind, number, size }) => [kind, number, size]),
    [
      [FRAME_KIND.data, 1, 5],
      [FRAME_KIND.ask, 2, 300_000],
    ],
  );
  deliver(receiver, frames);
  assert.is(receiver.askedSize, 300_000);
  assert.not(receiver.assembling);
  assert.equal(framesOf(receiver), []);
  assert.equal(framesOf(sender, 999), []);
  sender.tick(1_000);
  const repeated = framesOf(sender, 1_000);
  assert.is(headersOf(repeated, 'ask').length, 1, 'asked again');

  receiver.grantRoom();
  assert.ok(receiver.assembling);
  assert.is(receiver.askedSize, 0);
  const grant = framesOf(receiver);
  assert.is(headersOf(grant, 'grant')[0]?.number, 2);
  deliver(receiver, repeated);
  assert.is(receiver.askedSize, 0, 'granted already');
  assert.is(headersOf(framesOf(receiver), 'grant').length, 1, 'and said again');
  deliver(sender, grant);
  assert.equal(deliver(receiver, framesOf(sender, 1_000)), [bodyOf(300_000, 2), bodyOf(5, 3)]);
  assert.not(receiver.assembling);
});

test('it asks for one message at a time', () => {
  const sender = createSession();
  const receiver = createSession();
  postAll(sender, [bodyOf(300_000, 1), bodyOf(400_000, 2)]);
  deliver(receiver, framesOf(sender));
  receiver.grantRoom();
  deliver(sender, framesOf(receiver));
  const frames = framesOf(sender);
  assert.equal(
    headersOf(frames).map(({ kind, number }) => [kind, number]),
    [
      [FRAME_KIND.data, 1],
      [FRAME_KIND.data, 2],
      [FRAME_KIND.ask, 3],
    ],
  );
  deliver(receiver, [frames[0] as Buffer, frames[2] as Buffer]);
  assert.is(receiver.askedSize, 0, 'not while the first is being put together');
  deliver(receiver, frames.slice(1));
  assert.is(receiver.askedSize, 400_000);
});

test('it does not ask room for what no longer waits for it', () => {
  const sender = createSession();
  sender.post(bodyOf(300_000, 1));
  sender.flush(() => false, 0);
  deliver(sender, [craft({ kind: FRAME_KIND.grant, number: 1, received: 0 })]);
  assert.equal(
    headersOf(framesOf(sender)).map(({ kind }) => kind),
    [FRAME_KIND.data, FRAME_KIND.data],
  );
});

test('it stops in the middle of a message for want of credit, and goes on with it', () => {
  const sender = createSession({ sendLimit: CHUNK_BYTES + 10 });
  const receiver = createSession({ receiveLimit: CHUNK_BYTES + 10 });
  const body = bodyOf(600_000, 1);
  sender.post(body);
  deliver(receiver, framesOf(sender));
  receiver.grantRoom();
  deliver(sender, framesOf(receiver));
  const begun = framesOf(sender);
  assert.equal(numbersOf(begun), [1]);
  deliver(receiver, begun);
  receiver.tick(100);
  deliver(sender, framesOf(receiver));
  assert.equal(sender.unacknowledged(), [body], 'although its first chunk is acknowledged');
  receiver.setReceiveLimit(receiver.peerWant, true);
  assert.equal(settle(sender, receiver).atOther, [body]);
});

test('it hands back unacknowledged bodies once each, in order, wherever a message stands', () => {
  const bodies = [bodyOf(5, 1), bodyOf(600_000, 2), bodyOf(6, 3), bodyOf(300_000, 4), bodyOf(7, 5)];
  const frames = bodies.reduce((sum, { length }) => sum + Math.ceil(length / CHUNK_BODY_BYTES), 0);
  for (let sent = 0; sent <= frames; sent++) {
    for (let received = 0; received <= sent; received++) {
      const sender = createSession({ sendLimit: 10 * CREDIT_BYTES });
      postAll(sender, bodies);
      let left = sent;
      for (let round = 0; round < 4; round++) {
        sender.flush((frame) => headersOf([frame], 'data').length === 0 || left-- > 0, 0);
        const number = sender.sentThrough + 1;
        deliver(sender, [craft({ kind: FRAME_KIND.grant, number })]);
      }
      assert.is(sender.sentThrough, sent);
      deliver(sender, [craft({ kind: FRAME_KIND.position, number: 0, received })]);
      let through = 0;
      const missing = bodies.filter(({ length }) => {
        through += Math.ceil(length / CHUNK_BODY_BYTES);
        return through > received;
      });
      assert.equal(
        sender.unacknowledged().map(({ length }) => length),
        missing.map(({ length }) => length),
        `${received} of ${sent} received`,
      );
    }
  }
});

// ---- hostile frames ---------------------------------------------------------------------------------

const LARGE = 300_000;
const MIB = 1024 * 1024;

interface Attack {
  readonly name: string;
  readonly frames: readonly Buffer[];
  readonly ignored?: boolean;
}

const chunk = Buffer.alloc(1_000);

/** To a receiver of up to 8 MiB that has granted room for LARGE bytes from frame 1 on. */
const ATTACKS: readonly Attack[] = [
  { name: 'a chunk that begins no message', frames: [craft({ first: false, size: LARGE }, chunk)] },
  { name: 'a last chunk of nothing', frames: [craft({ first: false, last: true }, chunk)] },
  { name: 'a message larger than granted', frames: [craft({ last: false, size: LARGE + 1 }, chunk)] },
  { name: 'an absurdly large message', frames: [craft({ last: false, size: 2 ** 52 }, chunk)] },
  { name: 'a chunk larger than its message', frames: [craft({ last: false, size: 999 }, chunk)] },
  { name: 'a whole message of another size', frames: [craft({ size: 999 }, chunk)] },
  { name: 'a whole message said to be huge', frames: [craft({ size: 2 ** 52 }, chunk)] },
  {
    name: 'a message above the maximum',
    frames: [craft({ kind: FRAME_KIND.ask, number: 9, size: 8 * MIB + 1 })],
  },
  { name: 'a frame beyond its credit', frames: [craft({}, Buffer.alloc(MIB))] },
  { name: 'a frame cut short', frames: [craft({}).subarray(0, HEADER_BYTES - 1)] },
  { name: 'an empty frame', frames: [Buffer.alloc(0)] },
  {
    name: 'an acknowledgement of what was not sent',
    frames: [craft({ kind: FRAME_KIND.position, number: 0, received: 99 })],
    ignored: true,
  },
  { name: 'a number far away', frames: [craft({ number: Number.MAX_SAFE_INTEGER }, chunk)], ignored: true },
  { name: 'the number 0', frames: [craft({ number: 0 }, chunk)], ignored: true },
  {
    name: 'a position far away',
    frames: [craft({ kind: FRAME_KIND.position, number: 2 ** 52 })],
    ignored: true,
  },
  {
    name: 'a request for what was not sent',
    frames: [craft({ kind: FRAME_KIND.resend, number: 2 ** 52 })],
    ignored: true,
  },
  { name: 'a request from 0 on', frames: [craft({ kind: FRAME_KIND.resend, number: 0 })], ignored: true },
  {
    name: 'a grant that nobody asked for',
    frames: [craft({ kind: FRAME_KIND.grant, number: 2 ** 52 })],
    ignored: true,
  },
  {
    name: 'a second ask while granted',
    frames: [craft({ kind: FRAME_KIND.ask, number: 2, size: 8 * MIB })],
    ignored: true,
  },
];

for (const { name, frames, ignored } of ATTACKS) {
  test(`it ${ignored ? 'ignores' : 'refuses'} ${name} and goes on unharmed`, () => {
    const sender = createSession();
    const receiver = createSession();
    const body = bodyOf(LARGE, 1);
    sender.post(body);
    deliver(receiver, framesOf(sender));
    receiver.grantRoom();
    receiver.post(bodyOf(8, 2));
    receiver.post(bodyOf(8, 3));
    const outgoing = framesOf(receiver);
    const before = process.memoryUsage().arrayBuffers;
    for (const frame of frames) {
      if (ignored) assert.equal(receiver.receive(frame, 0), []);
      else assert.throws(() => receiver.receive(frame, 0), isFormatError);
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < 4 * MIB, 'no absurd memory');
    assert.is(receiver.askedSize, 0);
    assert.is(receiver.keptFrames, 2);
    deliver(sender, outgoing);
    const { atOne, atOther } = settle(sender, receiver, 5_000);
    assert.equal(atOther, [body]);
    assert.equal(atOne, [], 'what came before was not sent again to be taken twice');
    assert.is(sender.receivedThrough, 2);
  });
}

/** To the same receiver, in the middle of the message granted. */
const MIDDLE_ATTACKS: readonly Attack[] = [
  { name: 'a whole message', frames: [craft({ number: 2 }, chunk)] },
  { name: 'a message that begins', frames: [craft({ number: 2, last: false, size: LARGE }, chunk)] },
  { name: 'an end before the end', frames: [craft({ number: 2, first: false, size: LARGE }, chunk)] },
  {
    name: 'an overlong chunk',
    frames: [craft({ number: 2, first: false, last: false, size: LARGE }, Buffer.alloc(LARGE))],
  },
  {
    name: 'a chunk of another size',
    frames: [craft({ number: 2, first: false, last: false, size: LARGE - 1 }, chunk)],
  },
];

for (const { name, frames } of MIDDLE_ATTACKS) {
  test(`it refuses ${name} in the middle of another and goes on unharmed`, () => {
    const sender = createSession();
    const receiver = createSession();
    const body = bodyOf(LARGE, 1);
    sender.post(body);
    deliver(receiver, framesOf(sender));
    receiver.grantRoom();
    deliver(sender, framesOf(receiver));
    const chunks = framesOf(sender);
    deliver(receiver, chunks.slice(0, 1));
    for (const frame of frames) assert.throws(() => receiver.receive(frame, 0), isFormatError);
    assert.is(receiver.receivedThrough, 1);
    assert.equal(deliver(receiver, chunks.slice(1)), [body]);
  });
}

test('it refuses whole messages above the maximum too', () => {
  const receiver = createSession({ maxMessageBytes: 999 });
  assert.throws(() => receiver.receive(craft({}, chunk), 0), isFormatError);
  assert.is(receiver.receivedThrough, 0);
});

test('it does not own frames of another epoch', () => {
  const receiver = createSession();
  const other = createSession({ epoch: { run: '00112233445566ff', nonce: 'f'.repeat(32), sid: 7 } });
  other.post(bodyOf(5, 1));
  for (const frame of framesOf(other)) assert.not(receiver.owns(frame));
  assert.ok(receiver.owns(craft({})));
});

function isFormatError(error: unknown): boolean {
  return error instanceof FormatError;
}

test.run();
