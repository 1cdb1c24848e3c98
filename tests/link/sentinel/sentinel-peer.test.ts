/** The record of one peer: whose messages are its own, and when its beats are due. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SentinelPeer } from '../../../src/link/sentinel/sentinel-peer.js';

const test = suite('link/sentinel-peer');

const watched = (sid: number) => ({ user: 'u', nonce: 'n', run: 'r', sid, slot: 5 });
const create = (): SentinelPeer => new SentinelPeer('u', 'n', { there: 't', here: 'h' });

test('it owns nothing before it is watched, then what names its run, nonce and number', () => {
  const peer = create();
  const own = { run: 'r', nonce: 'n', sid: 2 };
  assert.equal([peer.phase, peer.slot, peer.generation, peer.hasLeft], ['listening', -1, 0, false]);
  assert.is(peer.owns(own), false);
  assert.equal(peer.epoch, { run: '', nonce: 'n', sid: -1 });
  peer.dataReceived = 7;
  peer.watch(watched(2), 1_000);
  assert.equal([peer.phase, peer.slot, peer.generation, peer.dataReceived], ['watched', 5, 0, 0]);
  assert.is(peer.owns(own), true);
  for (const other of [{ run: 'q' }, { nonce: 'm' }, { sid: 3 }])
    assert.is(peer.owns({ ...own, ...other }), false, JSON.stringify(other));
  peer.watch({ ...watched(2), generation: 4 }, 1_000);
  assert.is(peer.generation, 4);
  const text = peer.beatText({ sent: 1, received: 2, limit: 3 });
  assert.equal(JSON.parse(text), { type: 'beat', ...own, sent: 1, received: 2, limit: 3 });
});

for (const [sid, first] of [
  [0, 2_000],
  [1, 1_800],
  [4, 1_200],
  [5, 2_000],
  [8, 1_400],
] as const) {
  test(`peers that joined together part at the second beat: number ${sid}`, () => {
    const peer = create();
    peer.watch(watched(sid), 1_000);
    assert.is(peer.beatDueAt, 1_000);
    // The first one is sent a moment later.
    peer.scheduleBeat(1_010);
    assert.is(peer.beatDueAt, Math.max(first, 1_010 + (first - 1_000) / 2));
    peer.scheduleBeat(first);
    assert.is(peer.beatDueAt, first + 1_000);
  });
}

test('a beat that comes late moves the next ones, by no more than it must', () => {
  const peer = create();
  peer.watch(watched(0), 0);
  peer.scheduleBeat(0);
  peer.scheduleBeat(1_499);
  assert.is(peer.beatDueAt, 2_000);
  peer.scheduleBeat(2_600);
  assert.is(peer.beatDueAt, 3_100);
});

test("a slave falls in step with its master's beats, and beats itself when one is late", () => {
  const peer = create();
  peer.watch(watched(0), 0);
  peer.scheduleBeat(0);
  assert.equal(
    [peer.answersBeat(300), peer.beatDueAt],
    [false, 1_550],
    'it has just beaten, and awaits the next',
  );
  assert.equal([peer.answersBeat(310), peer.beatDueAt], [false, 1_550], 'but for no longer');
  assert.equal([peer.answersBeat(1_300), peer.beatDueAt], [true, 2_550]);
  assert.equal([peer.answersBeat(2_310), peer.beatDueAt], [true, 3_560]);
  peer.scheduleBeat(3_560);
  assert.is(peer.beatDueAt, 4_560);
  assert.equal([peer.answersBeat(3_700), peer.beatDueAt], [false, 4_950]);
});

test('a slave waits for as long as its master says, and answers each of its beats', () => {
  const peer = create();
  peer.watch(watched(0), 0);
  peer.scheduleBeat(0);
  assert.equal([peer.answersBeat(1_000, 4_000), peer.beatDueAt], [true, 5_250]);
  assert.equal([peer.answersBeat(2_000), peer.beatDueAt], [true, 3_250]);
});

test('a slave is at rest when nothing runs there and nothing is under way', () => {
  const peer = create();
  peer.watch(watched(2), 0);
  const positions = { sent: 3, received: 5, limit: 9 };
  const beat = {
    type: 'beat',
    run: 'r',
    nonce: 'n',
    sid: 2,
    sent: 5,
    received: 3,
    limit: 7,
    running: -1,
  } as const;
  assert.is(peer.isAtRest(positions), false, 'it has not been heard');
  peer.hear(beat);
  assert.is(peer.isAtRest(positions), true);
  for (const other of [{ sent: 4 }, { received: 4 }])
    assert.is(peer.isAtRest({ ...positions, ...other }), false);
  for (const other of [{ running: 0 }, { running: undefined }, { sent: 6 }, { received: 2 }]) {
    peer.hear({ ...beat, ...other });
    assert.is(peer.isAtRest(positions), false, JSON.stringify(other));
  }
  peer.hear(beat);
  peer.watch(watched(3), 0);
  assert.is(peer.isAtRest(positions), false, 'a new session');
});

test('a slave that is at rest no longer has its beats at the usual interval', () => {
  const peer = create();
  peer.watch(watched(0), 0);
  peer.scheduleBeat(0);
  peer.scheduleBeat(1_000, 4_000);
  assert.is(peer.beatDueAt, 5_000);
  peer.wake();
  assert.is(peer.beatDueAt, 2_000);
  peer.wake();
  assert.is(peer.beatDueAt, 2_000);
});

test('a beat is news when it is the first, has other positions, or names data that main has not received', () => {
  const peer = create();
  const beat = { sent: 3, received: 2, limit: 9 };
  peer.watch(watched(1), 0);
  const isNews = (change: Partial<typeof beat> = {}, mainReceived = 3): boolean =>
    peer.isNews({ ...beat, ...change }, mainReceived);
  assert.equal([isNews(), isNews(), isNews({}, 4)], [true, false, false]);
  assert.equal([isNews({}, 2), isNews({}, 2), isNews()], [true, true, false], 'data is missing');
  assert.equal([isNews({ received: 3 }), isNews({ received: 3 })], [true, false]);
  assert.equal([isNews({ received: 3, limit: 10 }), isNews({ received: 3, limit: 10 })], [true, false]);
  peer.watch(watched(2), 0);
  assert.is(isNews({ received: 3, limit: 10 }), true, 'another session');
});

test.run();
