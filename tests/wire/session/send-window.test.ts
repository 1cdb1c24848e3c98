/** The sending half of a session: what it builds under which credit, what it keeps, and where it begins again. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHUNK_BYTES, CREDIT_BYTES } from '../../../src/wire/messages/messages.js';
import { HEADER_BYTES } from '../../../src/wire/session/frame.js';
import { framedBytes, SendWindow, type SentFrame } from '../../../src/wire/session/send-window.js';

const test = suite('wire/send-window');
const CHUNK_BODY_BYTES = CHUNK_BYTES - HEADER_BYTES;

const bodyOf = (length: number, fill = 7): Uint8Array => new Uint8Array(length).fill(fill);
const payloadOf = ({ bytes }: SentFrame): Uint8Array => new Uint8Array(bytes.subarray(HEADER_BYTES));

/** Hands over what may go now; returns the frames. */
function send(window: SendWindow, most = Number.POSITIVE_INFINITY): SentFrame[] {
  const frames: SentFrame[] = [];
  for (
    let frame = window.nextFrame();
    frame !== undefined && frames.length < most;
    frame = window.frameAfter(frame)
  ) {
    frames.push(frame);
  }
  window.handedOver(frames.length);
  return frames;
}

const numbersOf = (frames: readonly SentFrame[]): number[] => frames.map(({ number }) => number);

test('it numbers frames from 1, and counts what is posted, sent, kept and acknowledged', () => {
  const window = new SendWindow(1_000);
  assert.equal([window.nextNumber, window.sentThrough, window.keptFrames, window.hasMore], [1, 0, 0, false]);
  for (const size of [10, 20, 30]) window.post(bodyOf(size));
  assert.equal([window.posted, window.bodiesHandedOver, window.hasMore, window.headSize], [3, 0, true, 10]);
  assert.is(window.waitingBytes, 60 + 3 * HEADER_BYTES);
  assert.is(window.spareCredit, 1_000 - 60 - 3 * HEADER_BYTES);
  assert.equal(numbersOf(send(window, 2)), [1, 2]);
  assert.equal([window.sentThrough, window.bodiesHandedOver, window.hasMore], [2, 2, true]);
  assert.equal(numbersOf(send(window)), [3]);
  assert.equal([window.sentThrough, window.keptFrames, window.bodiesHandedOver], [3, 3, 3]);
  assert.equal([window.hasMore, window.waitingBytes, window.nextNumber, window.headSize], [false, 0, 4, 0]);
  assert.is(window.spareCredit, 1_000 - 60 - 3 * HEADER_BYTES, 'what is built has taken its credit');
  window.takePositions(2, 0);
  assert.is(window.keptFrames, 1);
  window.takePositions(3, 0);
  assert.equal([window.keptFrames, window.unacknowledged()], [0, []]);
  window.post(bodyOf(1));
  assert.equal(numbersOf(send(window)), [4]);
});

test('it builds a frame that takes the last byte of its credit, and none that takes one more', () => {
  const size = 50;
  const exact = new SendWindow(2 * (size + HEADER_BYTES));
  const short = new SendWindow(2 * (size + HEADER_BYTES) - 1);
  for (const window of [exact, short]) for (let i = 0; i < 2; i++) window.post(bodyOf(size));
  assert.is(exact.holdUp, undefined);
  assert.is(send(exact).length, 2);
  assert.is(exact.holdUp, undefined, 'nothing waits');
  assert.is(send(short).length, 1);
  assert.is(short.holdUp, 'credit');
  assert.is(short.want, 2 * (size + HEADER_BYTES));
  short.takePositions(0, short.want);
  assert.is(short.holdUp, undefined);
  assert.equal(numbersOf(send(short)), [2]);
});

test('its credit never shrinks, and never passes what is acknowledged by more than the bound', () => {
  const window = new SendWindow(100);
  window.takePositions(0, 50);
  assert.is(window.spareCredit, 100);
  window.takePositions(0, Number.MAX_SAFE_INTEGER);
  assert.is(window.spareCredit, CREDIT_BYTES);
  window.post(bodyOf(1_000 - HEADER_BYTES));
  send(window);
  window.takePositions(1, Number.MAX_SAFE_INTEGER);
  assert.is(window.spareCredit, CREDIT_BYTES, 'a thousand more, of which a thousand are used');
});

test('it believes no acknowledgement of what was not built, nor one that is no number', () => {
  const window = new SendWindow(1_000);
  for (let i = 0; i < 3; i++) window.post(bodyOf(5));
  send(window);
  for (const received of [4, 100, Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    window.takePositions(received, 0);
    assert.is(window.keptFrames, 3, `${received}`);
  }
  window.takePositions(3, 0);
  window.takePositions(1, 0);
  assert.is(window.keptFrames, 0, 'an old position changes nothing');
});

test('it begins again with the frame that is missed, but never with one that was acknowledged', () => {
  const window = new SendWindow(10_000);
  for (let i = 0; i < 5; i++) window.post(bodyOf(5, i));
  assert.equal(numbersOf(send(window, 4)), [1, 2, 3, 4]);
  window.takePositions(2, 0);
  window.goBack(1);
  assert.is(window.hasMore, true);
  assert.equal(numbersOf(send(window, 1)), [3]);
  assert.equal(numbersOf(send(window)), [4, 5]);
  window.goBack(4);
  const again = send(window);
  assert.equal(numbersOf(again), [4, 5]);
  assert.equal(payloadOf(again[0] as SentFrame), bodyOf(5, 3));
  assert.is(window.sentThrough, 5);
  window.goBack(99);
  assert.equal(send(window), [], 'nothing was sent beyond');
});

test('it goes on behind what was acknowledged while it had gone back', () => {
  const window = new SendWindow(10_000);
  for (let i = 0; i < 4; i++) window.post(bodyOf(5, i));
  send(window);
  window.goBack(1);
  window.takePositions(3, 0);
  assert.equal(numbersOf(send(window)), [4]);
  window.goBack(1);
  window.takePositions(4, 0);
  assert.equal([send(window), window.hasMore], [[], false]);
});

test('what was built and not handed over is handed over next', () => {
  const window = new SendWindow(10_000);
  for (let i = 0; i < 3; i++) window.post(bodyOf(5, i));
  const first = window.nextFrame() as SentFrame;
  assert.is(window.nextFrame(), first);
  assert.is(window.frameAfter(first)?.number, 2);
  assert.is(window.sentThrough, 0);
  assert.is(window.bodiesHandedOver, 0);
  assert.is(window.keptFrames, 2);
  assert.equal(numbersOf(send(window)), [1, 2, 3]);
});

test('a message above a chunk waits for room, travels in chunks and stays whole for a next session', () => {
  const size = 2 * CHUNK_BODY_BYTES + 10;
  const window = new SendWindow(CREDIT_BYTES);
  const body = bodyOf(size).map((_, index) => index % 251);
  window.post(body);
  assert.equal([window.holdUp, window.nextFrame(), window.want], ['room', undefined, 0]);
  window.takeRoom(2);
  assert.is(window.holdUp, 'room', 'room for another frame');
  window.takeRoom(1);
  assert.equal([window.holdUp, window.want], [undefined, CHUNK_BYTES]);
  const frames = send(window);
  assert.equal(
    frames.map(({ first, last, size: whole, length }) => [first, last, whole, length]),
    [
      [true, false, size, CHUNK_BYTES],
      [false, false, size, CHUNK_BYTES],
      [false, true, size, 10 + HEADER_BYTES],
    ],
  );
  assert.equal(Buffer.concat(frames.map(payloadOf)), Buffer.from(body));
  assert.is(window.bodiesHandedOver, 1);
  window.takePositions(2, 0);
  const [kept, ...others] = window.unacknowledged();
  assert.equal([kept === body, others], [true, []]);
});

test('a message in chunks has left only with its last one', () => {
  const window = new SendWindow(CREDIT_BYTES);
  window.post(bodyOf(CHUNK_BODY_BYTES + 1));
  window.post(bodyOf(3));
  window.takeRoom(1);
  send(window, 1);
  assert.equal([window.bodiesHandedOver, window.headSize], [0, 3]);
  send(window, 1);
  assert.is(window.bodiesHandedOver, 1);
  send(window);
  assert.is(window.bodiesHandedOver, 2);
});

test('a message of just a chunk needs no room', () => {
  const window = new SendWindow(CREDIT_BYTES);
  window.post(bodyOf(CHUNK_BODY_BYTES));
  window.post({ text: 'x'.repeat(10), raws: [] });
  assert.is(window.holdUp, undefined);
  const [whole, text] = send(window) as [SentFrame, SentFrame];
  assert.equal([whole.first, whole.last, whole.length], [true, true, CHUNK_BYTES]);
  assert.equal([text.first, text.last], [true, true]);
});

test('it wants no more than whole frames of a chunk together, and then the next ones', () => {
  const window = new SendWindow(0);
  const size = Math.floor(CHUNK_BYTES / 3) - HEADER_BYTES;
  for (let i = 0; i < 5; i++) window.post(bodyOf(size));
  const each = size + HEADER_BYTES;
  assert.is(window.want, 3 * each);
  window.takePositions(0, window.want);
  assert.is(send(window).length, 3);
  assert.is(window.want, 5 * each);
  window.takePositions(3, window.want);
  assert.is(send(window).length, 2);
  assert.is(window.want, 5 * each);
});

test('what waits behind a message in chunks is not wanted before it', () => {
  const window = new SendWindow(0);
  window.post(bodyOf(10));
  window.post(bodyOf(CHUNK_BODY_BYTES + 1));
  window.post(bodyOf(10));
  assert.is(window.want, 10 + HEADER_BYTES);
  window.takePositions(0, window.want);
  send(window);
  assert.equal([window.holdUp, window.want], ['room', 10 + HEADER_BYTES]);
});

test('bodies that did not leave are kept for a next session, in their order', () => {
  const window = new SendWindow(3 * (5 + HEADER_BYTES));
  for (let i = 0; i < 4; i++) window.post(bodyOf(5, i));
  window.post({ text: '[1]', raws: [] });
  send(window);
  window.takePositions(1, 0);
  const kept = window.unacknowledged().map((body) => [...body]);
  assert.equal(kept.slice(0, 3), [[...bodyOf(5, 1)], [...bodyOf(5, 2)], [...bodyOf(5, 3)]]);
  assert.is(kept.length, 4);
  assert.ok(Buffer.from(kept[3] as number[]).includes('[1]'));
});

test('the bytes of a body on the wire count a header for each chunk, and one for nothing', () => {
  const table: readonly (readonly [body: number, headers: number])[] = [
    [0, 1],
    [1, 1],
    [CHUNK_BODY_BYTES, 1],
    [CHUNK_BODY_BYTES + 1, 2],
    [2 * CHUNK_BODY_BYTES, 2],
    [2 * CHUNK_BODY_BYTES + 1, 3],
  ];
  for (const [body, headers] of table) assert.is(framedBytes(body), body + headers * HEADER_BYTES);
});

test.run();
