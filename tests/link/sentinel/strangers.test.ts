/** Whom a master's sentinel tells that its session has ended, and which masters it answers. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Strangers } from '../../../src/link/sentinel/strangers.js';

const test = suite('link/strangers');

const there = (nonce: string): string => `mw.m.m.u.${nonce}.control`;
const here = (nonce: string): string => `mw.m.s.u.${nonce}.control`;
const stale = (nonce: string): object => ({
  subject: here(nonce),
  text: `{"type":"stale","nonce":"${nonce}"}`,
});

test('strangers of its run are told once, unless they have become known', () => {
  const strangers = new Strangers('r');
  for (const nonce of ['a', 'b', 'c', 'a']) strangers.hear(there(nonce), nonce, 'r');
  assert.equal(
    strangers.dismiss((nonce) => nonce === 'b'),
    [stale('a'), stale('c')],
  );
  assert.equal(
    strangers.dismiss(() => false),
    [],
  );
});

test('slaves of another run are told once no other master is there', () => {
  const strangers = new Strangers('r');
  strangers.hear(there('a'), 'a', 'old');
  assert.equal(
    strangers.dismiss(() => false),
    [],
  );
  strangers.establish();
  strangers.hear(there('a'), 'a', 'old');
  strangers.hear(there('b'), 'b', 'old');
  assert.equal(
    strangers.dismiss((nonce) => nonce === 'b'),
    [stale('a')],
  );
});

test('no more than 16384 are remembered for a turn', () => {
  const strangers = new Strangers('r');
  for (let i = 0; i <= 16_384; i++) strangers.hear(there(String(i)), String(i), 'r');
  const told = strangers.dismiss(() => false);
  assert.is(told.length, 16_384);
  assert.equal(told.at(-1), stale('16383'));
  strangers.hear(there('a'), 'a', 'r');
  assert.equal(
    strangers.dismiss(() => false),
    [stale('a')],
  );
});

test('another master is answered, and told whether this one is established', () => {
  const strangers = new Strangers('r');
  const answer = (established: boolean): object => ({
    subject: here('a'),
    text: `{"type":"master-here","run":"r","established":${established}}`,
  });
  assert.is(strangers.answer(there('a'), 'r'), undefined);
  assert.equal(strangers.answer(there('a'), 'other'), answer(false));
  strangers.establish();
  assert.equal(strangers.answer(there('a'), 'other'), answer(true));
});

test.run();
