/** One direction of cells: what is sent, put together, repeated and confirmed. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CellDelivery } from '../../../src/link/sentinel/cell-delivery.js';
import { CellSlots } from '../../../src/link/shared/cell-slots.js';

const test = suite('cell delivery');

class Stage {
  readonly slots: CellSlots;
  readonly delivery: CellDelivery;
  #version = 0;

  constructor(size = 3) {
    this.slots = new CellSlots(size);
    this.delivery = new CellDelivery(this.slots, 'new');
  }

  write(at: number, text = 'x'): number {
    this.slots.write(at, { version: ++this.#version, text });
    return this.#version;
  }

  /** The number of the message and what is in it, as `slot@version`. */
  next(now: number, anyhow = false): string | undefined {
    const sent = this.delivery.next(now, anyhow);
    return sent && `${sent.id}: ${sent.slots.map(({ at, version }) => `${at}@${version}`).join(' ')}`;
  }
}

test('nothing was written, so nothing is sent', () => {
  const stage = new Stage();
  assert.is(stage.next(0), undefined);
  assert.is(stage.next(0, true), undefined);
  assert.is(stage.delivery.repeatAt, Number.POSITIVE_INFINITY);
});

test('what was written since the last message goes into one, the oldest first', () => {
  const stage = new Stage();
  for (const at of [2, 0, 0, 2]) stage.write(at);
  assert.is(stage.next(0), '1: 0@3 2@4');
  assert.is(stage.next(1), undefined);
});

test('it is repeated after 200 ms and then each second under its number, until it is confirmed', () => {
  const stage = new Stage();
  stage.write(1);
  const sentAt: number[] = [];
  for (let now = 0; now <= 2_500; now += 100) if (stage.next(now) === '1: 1@1') sentAt.push(now);
  assert.equal(sentAt, [0, 200, 1_200, 2_200]);
  assert.is(stage.next(2_600, true), '1: 1@1');
  assert.is(stage.delivery.repeatAt, 3_600);
  assert.equal(
    stage.delivery.confirm(1).map(({ at }) => at),
    [1],
  );
  assert.is(stage.next(9_999, true), undefined);
  assert.equal(stage.delivery.confirm(1), []);
});

test('a newer version makes another message, which has what was not confirmed; only the last number confirms', () => {
  const stage = new Stage();
  stage.write(0);
  stage.write(1);
  assert.is(stage.next(0), '1: 0@1 1@2');
  stage.write(1);
  assert.is(stage.next(10), '2: 0@1 1@3');
  assert.equal(stage.delivery.confirm(1), []);
  assert.is(stage.delivery.confirm(2).length, 2);
  stage.write(2);
  assert.is(stage.next(20), '3: 2@4');
});

test('large texts take several messages, and a slot that changes all the time does not keep others from theirs', () => {
  const stage = new Stage(12);
  for (let at = 0; at < 12; at++) stage.write(at, 'y'.repeat(4_096));
  assert.is(stage.next(0), '1: 0@1 1@2 2@3 3@4 4@5 5@6 6@7 7@8');
  assert.is(stage.delivery.isPartial, true);
  stage.write(0, 'y'.repeat(4_096));
  stage.delivery.confirm(1);
  assert.is(stage.next(10), '2: 8@9 9@10 10@11 11@12 0@13');
  assert.is(stage.delivery.isPartial, false);
});

test('another session sends what the earlier one did not confirm', () => {
  const stage = new Stage();
  const first = stage.write(0);
  stage.write(1);
  stage.slots.take(0, first);
  const next = new CellDelivery(stage.slots, 'known');
  assert.equal(
    next.next(0)?.slots.map(({ at }) => at),
    [1],
  );
});

test.run();
