/** Commands on a wire that loses and repeats: sent again until they are acknowledged, run once. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CommandInbox, CommandOutbox } from '../../../src/link/sentinel/command-delivery.js';

const test = suite('link/command-delivery');

const body = { command: 'shutdown' } as const;
const dueAt = (outbox: CommandOutbox, now: number): number[] => [...outbox.due(now)].map(({ id }) => id);

test('a command is sent at once, soon again, then each second', () => {
  const outbox = new CommandOutbox();
  outbox.add(4, body, 1_000);
  assert.equal(
    [...outbox.due(1_000)].map((command) => ({ ...command }).body),
    [body],
  );
  for (const [now, due] of [
    [1_000, []],
    [1_199, []],
    [1_200, [4]],
    [2_199, []],
    [2_200, [4]],
    [3_199, []],
    [3_200, [4]],
  ] as const) {
    assert.equal(dueAt(outbox, now), due, String(now));
  }
});

test('it is sent until it is acknowledged, in the order of the others', () => {
  const outbox = new CommandOutbox();
  outbox.add(1, body, 0);
  outbox.add(2, body, 0);
  outbox.add(3, body, 50);
  assert.equal(dueAt(outbox, 0), [1, 2]);
  assert.is(outbox.acknowledge(1), true);
  assert.is(outbox.acknowledge(1), false, 'that was known');
  assert.is(outbox.acknowledge(9), false, 'that was never sent');
  assert.equal(dueAt(outbox, 10_000), [2, 3]);
});

test('a repeated command is answered as the first time, and not run', () => {
  const inbox = new CommandInbox();
  let runs = 0;
  const run = (): { from: number } => ({ from: runs++ });
  assert.equal(
    [inbox.once(5, run), inbox.once(5, run), inbox.once(3, run)],
    [{ from: 0 }, { from: 0 }, { from: 1 }],
  );
  assert.is(runs, 2);
});

test('the last 1024 commands are remembered; what may have been run before gets no answer', () => {
  const inbox = new CommandInbox();
  let runs = 0;
  const run = (): { from: number } => ({ from: runs++ });
  // Out of order, as they may arrive.
  for (const id of [10, 2]) inbox.once(id, run);
  for (let id = 100; id < 100 + 1_022; id++) inbox.once(id, run);
  assert.is(runs, 1_024);
  assert.equal(inbox.once(10, run), { from: 0 });
  inbox.once(2_000, run);
  assert.is(inbox.once(10, run), undefined);
  assert.equal(inbox.once(2, run), { from: 1 });
  inbox.once(2_001, run);
  assert.is(inbox.once(2, run), undefined);
  assert.is(inbox.once(7, run), undefined);
  assert.is(runs, 1_026);
  assert.equal(inbox.once(11, run), { from: 1_026 }, 'it is newer than all that were forgotten');
});

test.run();
