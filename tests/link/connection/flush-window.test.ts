/** How much may be on its way, when a flush is due, and who is told that there is room again. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FlushWindow, UNFLUSHED_LIMIT_BYTES } from '../../../src/link/connection/flush-window.js';

const windows = suite('flush window');
const FLUSH_AT = 256 * 1024;

function handed(...bytes: readonly number[]): FlushWindow {
  const window = new FlushWindow();
  for (const one of bytes) window.hand(one);
  return window;
}

windows('a megabyte has room, and a byte more has none', () => {
  const window = new FlushWindow();
  assert.ok(window.askRoom(UNFLUSHED_LIMIT_BYTES));
  assert.not.ok(window.askRoom(UNFLUSHED_LIMIT_BYTES + 1));
  window.hand(UNFLUSHED_LIMIT_BYTES - 10);
  assert.ok(window.askRoom(10));
  assert.not.ok(window.askRoom(11));
});

windows('a flush is due after a quarter of a megabyte since the last one', () => {
  const window = handed(FLUSH_AT - 1);
  assert.not.ok(window.due);
  window.hand(1);
  assert.ok(window.due);
  window.ask();
  assert.not.ok(window.due);
  window.hand(FLUSH_AT - 1);
  assert.not.ok(window.due);
  window.hand(1);
  assert.ok(window.due);
});

windows('a flush is due for a sender that waits, unless one is under way or nothing is', () => {
  const window = new FlushWindow();
  assert.not.ok(window.askRoom(UNFLUSHED_LIMIT_BYTES + 1));
  assert.not.ok(window.due, 'nothing to flush');
  window.hand(1);
  assert.ok(window.due);
  const mark = window.ask();
  window.hand(1);
  assert.not.ok(window.due, 'one is under way');
  assert.ok(window.flushed(mark));
  assert.not.ok(window.due, 'nobody waits any more');
});

windows('who was refused is told when half is free, once', () => {
  const window = handed(UNFLUSHED_LIMIT_BYTES / 2);
  const first = window.ask();
  window.hand(UNFLUSHED_LIMIT_BYTES / 2);
  const second = window.ask();
  assert.not.ok(window.askRoom(1));
  assert.ok(window.flushed(first), 'half is free');
  assert.not.ok(window.flushed(second), 'it was told');
  assert.ok(window.askRoom(UNFLUSHED_LIMIT_BYTES));
});

windows('who was refused is not told while more than half is on its way', () => {
  const window = handed(UNFLUSHED_LIMIT_BYTES / 2 - 1);
  const first = window.ask();
  window.hand(UNFLUSHED_LIMIT_BYTES / 2 + 1);
  const second = window.ask();
  assert.not.ok(window.askRoom(1));
  assert.not.ok(window.flushed(first));
  assert.ok(window.flushed(second));
});

windows('a flush without anybody waiting tells nobody, and makes room', () => {
  const window = handed(UNFLUSHED_LIMIT_BYTES);
  assert.not.ok(window.flushed(window.ask()));
  assert.ok(window.askRoom(UNFLUSHED_LIMIT_BYTES));
});

windows('a new connection begins at zero, and a flush of the old one counts no more', () => {
  const window = handed(UNFLUSHED_LIMIT_BYTES);
  const old = window.ask();
  assert.not.ok(window.askRoom(1));
  window.reset();
  assert.ok(window.askRoom(UNFLUSHED_LIMIT_BYTES));
  assert.not.ok(window.due);
  window.hand(FLUSH_AT - 1);
  assert.not.ok(window.due, 'nobody waits');
  assert.not.ok(window.flushed(old));
  assert.not.ok(window.askRoom(UNFLUSHED_LIMIT_BYTES));
  window.reset();
  assert.not.ok(window.flushed(old));
});

windows.run();
