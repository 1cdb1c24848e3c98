/** A profile on its way from a slave's sentinel to its master's: whole, or an error in time, on any wire. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KEPT_MS, ProfileGiver, type ProfileOutcome } from '../../../src/link/profile/profile-giver.js';
import {
  ASK_EVERY_MS,
  FETCH_WITHIN_MS,
  LATE_MS,
  ProfileTaker,
  SILENT_MS,
} from '../../../src/link/profile/profile-taker.js';
import { parseControl } from '../../../src/link/sentinel/control-text.js';
import type { ProfileNews } from '../../../src/threads/profile-messages.js';
import {
  MOST_PROFILE_PIECES,
  PROFILE_PIECE_BYTES,
  type ProfileAnswer,
  type ProfileRequest,
} from '../../../src/wire/messages/messages.js';
import { generator } from '../../support/random.js';

const test = suite('profiles between sentinels');

const EPOCH = { run: 'r', nonce: 'n', sid: 3 };
const ORDER = { key: 7, slave: 3, seconds: 5 };
const TURN_MS = 200;

const PATTERN = Buffer.from(Array.from({ length: 251 }, (_, at) => at));
const bytesOf = (length: number): Uint8Array => Buffer.alloc(length, PATTERN);

/** A master and a slave whose profile takes its time; `carry` says when a message arrives, if it does. */
class Wire {
  now = 0;
  readonly taker = new ProfileTaker();
  readonly giver = new ProfileGiver();
  readonly news: ProfileNews[] = [];
  readonly longest = { text: 0 };
  recordings = 0;
  #recorded: { readonly at: number; readonly outcome: ProfileOutcome } | undefined;
  #way: { readonly at: number; readonly text: string }[] = [];
  readonly #carry: () => readonly number[];

  constructor(carry: () => readonly number[] = () => [1]) {
    this.#carry = carry;
  }

  turn(outcome: ProfileOutcome): void {
    this.now += TURN_MS;
    const due = this.#way.filter(({ at }) => at <= this.now);
    this.#way = this.#way.filter(({ at }) => at > this.now);
    for (const { text } of due) this.#arrive(text);
    const seconds = this.giver.takeOrder();
    if (seconds !== undefined) {
      this.recordings++;
      this.#recorded = { at: this.now + seconds * 1_000, outcome };
    }
    if (this.#recorded !== undefined && this.#recorded.at <= this.now) {
      this.giver.recorded(this.#recorded.outcome);
      this.#recorded = undefined;
    }
    this.giver.tick(this.now);
    this.#ask();
    this.news.push(...this.taker.takeNews());
  }

  /** Runs until there is an outcome. */
  run(outcome: ProfileOutcome, mostMs = 200_000): ProfileNews | undefined {
    const isOver = ({ state }: ProfileNews): boolean => state === 'done' || state === 'failed';
    while (!this.news.some(isOver) && this.now < mostMs) this.turn(outcome);
    return this.news.find(isOver);
  }

  #ask(): void {
    const asked = this.taker.due(this.now);
    if (asked !== undefined) this.#send(asked.request);
  }

  #send(message: ProfileRequest | ProfileAnswer): void {
    const text = JSON.stringify(message);
    this.longest.text = Math.max(this.longest.text, text.length);
    for (const delay of this.#carry()) this.#way.push({ at: this.now + delay, text });
  }

  #arrive(text: string): void {
    const message = parseControl(text);
    if (message?.type === 'profile') this.#send(this.giver.hear(EPOCH, message, this.now));
    else if (message?.type === 'profile-answer') {
      this.taker.hear(EPOCH.nonce, message, this.now);
      this.#ask();
    } else assert.unreachable(`not read: ${text.slice(0, 100)}`);
  }
}

for (const [what, length] of [
  ['a byte', 1],
  ['one whole piece', PROFILE_PIECE_BYTES],
  ['a piece and a byte', PROFILE_PIECE_BYTES + 1],
  ['as much as there may be', PROFILE_PIECE_BYTES * MOST_PROFILE_PIECES],
] as const) {
  test(`${what} arrives as it was sent`, () => {
    const wire = new Wire();
    wire.taker.order(ORDER, EPOCH, 0);
    const end = wire.run({ bytes: bytesOf(length) });
    assert.ok(end?.state === 'done');
    assert.is(end.key, 7);
    assert.is(Buffer.compare(end.bytes, bytesOf(length)), 0);
    assert.is(wire.recordings, 1);
    assert.ok(wire.longest.text < 70_000);
  });
}

test('messages may be lost, late, doubled and overtaken', () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = generator(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const wire = new Wire(() => Array.from({ length: below(4) }, () => below(1_500)));
    wire.taker.order(ORDER, EPOCH, 0);
    const sent = bytesOf(3 * PROFILE_PIECE_BYTES + 5);
    const end = wire.run({ bytes: sent });
    assert.ok(end?.state === 'done', `seed ${seed}: ${JSON.stringify(end).slice(0, 200)}`);
    assert.is(Buffer.compare(end.bytes, sent), 0, `seed ${seed}`);
    assert.is(wire.recordings, 1, `seed ${seed}: main was asked once`);
    // Late messages begin nothing
    for (let turns = 0; turns < 20; turns++) wire.turn({ bytes: sent });
    assert.is(wire.recordings, 1, `seed ${seed}: afterwards`);
  }
});

test('there is one at a time, and each that cannot be says why', () => {
  const wire = new Wire();
  wire.taker.order({ ...ORDER, slave: 9 }, undefined, 0);
  wire.taker.order(ORDER, EPOCH, 0);
  wire.taker.order({ ...ORDER, key: 8 }, EPOCH, 0);
  assert.equal(wire.taker.takeNews(), [
    { key: 7, state: 'failed', reason: 'is not connected' },
    { key: 7, state: 'running' },
    { key: 8, state: 'failed', reason: 'must wait: another profile is being taken' },
  ]);
  wire.taker.forget('another');
  wire.taker.forget(EPOCH.nonce);
  assert.equal(wire.taker.takeNews(), [{ key: 7, state: 'failed', reason: 'is gone' }]);
  wire.taker.order(ORDER, EPOCH, 0);
  const end = wire.run({ fault: 'cannot be inspected: no' });
  assert.equal(end, { key: 7, state: 'failed', reason: 'cannot be inspected: no' });
});

test('a slave that does not answer, never ends, or sends slowly is waited for so long and no longer', () => {
  const waited = (
    carry: (now: number) => readonly number[],
    answer: ProfileAnswer['state'],
  ): [string, number] => {
    const taker = new ProfileTaker();
    taker.order(ORDER, EPOCH, 0);
    const common = { type: 'profile-answer', ...EPOCH, id: 1 } as const;
    for (let now = 0; now < 400_000; now += TURN_MS) {
      const asked = taker.due(now);
      const [failed] = taker.takeNews().filter(({ state }) => state === 'failed');
      if (failed?.state === 'failed') return [failed.reason, now];
      if (asked === undefined || carry(now).length === 0) continue;
      const { at } = asked.request;
      // Of a piece each is old
      const text = answer === 'ready' ? 'AAAA' : '';
      taker.hear(EPOCH.nonce, { ...common, state: answer, at: at === 0 ? at : at - 1, of: 2, text }, now);
    }
    throw new Error('it waits forever');
  };
  const [silent, silentMs] = waited(() => [], 'running');
  assert.match(silent, /^has not answered for 10 s; a slave of an older ts-mw takes no profiles$/);
  assert.ok(Math.abs(silentMs - SILENT_MS) <= ASK_EVERY_MS + TURN_MS);
  const [endless, endlessMs] = waited(() => [1], 'running');
  assert.is(endless, 'has not ended its profile in time');
  assert.ok(Math.abs(endlessMs - 5_000 - LATE_MS) <= ASK_EVERY_MS + TURN_MS);
  const [slow, slowMs] = waited(() => [1], 'ready');
  assert.is(slow, 'has sent its profile too slowly');
  assert.ok(Math.abs(slowMs - FETCH_WITHIN_MS) <= ASK_EVERY_MS + TURN_MS);
});

test('a profile outlasts a time in which the thread that asks for it stood still', () => {
  for (const turns of [1, 10, 40]) {
    const wire = new Wire();
    const outcome = { bytes: bytesOf(3 * PROFILE_PIECE_BYTES) };
    wire.taker.order(ORDER, EPOCH, 0);
    for (let turn = 0; turn < turns && !wire.news.some(({ state }) => state === 'done'); turn++)
      wire.turn(outcome);
    wire.now += FETCH_WITHIN_MS;
    assert.is(wire.run(outcome, 2 * FETCH_WITHIN_MS)?.state, 'done', `after ${turns} turns`);
  }
});

test('answers of others, to other requests, and unasked ones count for nothing', () => {
  const taker = new ProfileTaker();
  const piece = {
    type: 'profile-answer',
    ...EPOCH,
    id: 1,
    state: 'ready',
    at: 0,
    of: 1,
    text: 'AAAA',
  } as const;
  taker.hear(EPOCH.nonce, piece, 0);
  taker.order(ORDER, EPOCH, 0);
  taker.takeNews();
  taker.hear('another', piece, 0);
  taker.hear(EPOCH.nonce, { ...piece, id: 2 }, 0);
  taker.hear(EPOCH.nonce, { ...piece, at: 1, of: 3 }, 0);
  assert.equal(taker.takeNews(), []);
  taker.hear(EPOCH.nonce, piece, 0);
  assert.equal(taker.takeNews(), [{ key: 7, state: 'done', bytes: Buffer.from('AAAA', 'base64') }]);
});

test('a slave refuses a second profile beside the first, and forgets one that nobody fetches', () => {
  const giver = new ProfileGiver();
  const ask = (id: number, at = 0, now = 0): string => {
    const { state, text } = giver.hear(EPOCH, { type: 'profile', ...EPOCH, id, seconds: 5, at }, now);
    return `${state} ${text}`;
  };
  assert.is(ask(1), 'running ');
  assert.match(ask(2), /^failed is still taking another profile/);
  giver.recorded({ bytes: bytesOf(10) });
  assert.match(ask(1), /^ready AAEC/);
  assert.match(ask(1, 1), /^failed has no such piece/);
  giver.tick(KEPT_MS - 1);
  assert.match(ask(1, 0, KEPT_MS - 1), /^ready/);
  giver.tick(2 * KEPT_MS);
  assert.match(ask(1, 0, 2 * KEPT_MS), /^failed has that profile no more/);
  assert.is(giver.takeOrder(), 5);
  assert.is(giver.takeOrder(), undefined);
  assert.is(ask(3), 'running ');
  assert.is(giver.takeOrder(), 5);
});

test("the master's own goes the same way, without messages", () => {
  const taker = new ProfileTaker();
  taker.order({ key: 1, slave: undefined, seconds: 2 }, undefined, 0);
  assert.is(taker.takeOrder(), 2);
  assert.is(taker.due(60_000), undefined);
  taker.recorded({ bytes: bytesOf(3) });
  assert.equal(taker.takeNews().at(-1), { key: 1, state: 'done', bytes: bytesOf(3) });
  taker.recorded({ fault: 'late' });
  assert.equal(taker.takeNews(), []);
});

test.run();
