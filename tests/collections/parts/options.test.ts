/** `checkOptions`: what is refused, by the name of the call and of the option. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkOptions, MAP_KEYS, PART_KEYS } from '../../../src/collections/parts/options.js';
import { UsageError } from '../../../src/errors.js';

const test = suite('collections/parts/options');

const ALL = [...MAP_KEYS, 'start', 'end', 'fromEnd', 'ordered'];

test('right options pass', () => {
  for (const options of [
    {},
    { parts: 'auto', size: undefined, signal: undefined, onProgress: undefined, stopOnError: undefined },
    { parts: 1, size: 0, start: 0, end: Number.MAX_SAFE_INTEGER, fromEnd: true, ordered: false },
    { size: Number.POSITIVE_INFINITY },
    { signal: AbortSignal.abort(), onProgress: () => {}, policy: {} },
  ]) {
    checkOptions('pmap', options, ALL);
  }
});

test('wrong ones are refused', () => {
  for (const [options, message] of [
    [null, /^the options of pmap are an object of parts, policy, signal, .*; got null$/],
    [[8], /^the options of pmap are an object of .*; got an array$/],
    [{ part: 3 }, /pmap has no option "part"/],
    [{ part: undefined }, /pmap has no option "part"/],
    [{ parts: 0 }, "the parts of pmap are 'auto' or a whole number from 1; got 0"],
    [{ parts: -1 }, /got -1/],
    [{ parts: 1.5 }, /got 1.5/],
    [{ parts: Number.NaN }, /got NaN/],
    [{ parts: Number.POSITIVE_INFINITY }, /got Infinity/],
    [{ parts: '8' }, /the parts of pmap .* got 8/],
    [{ parts: null }, /got null/],
    [{ size: -1 }, 'the size of pmap is a whole number from 0; got -1'],
    [{ size: 0.5 }, /the size of pmap .* got 0.5/],
    [{ size: null }, /the size of pmap .* got null/],
    [{ start: -1 }, /the start of pmap/],
    [{ end: '3' }, /the end of pmap/],
    [{ stopOnError: 0 }, 'stopOnError of pmap is true or false; got 0'],
    [{ fromEnd: 'yes' }, /fromEnd of pmap/],
    [{ ordered: null }, /ordered of pmap/],
    [{ signal: new AbortController() }, /the signal of pmap is an AbortSignal/],
    [{ onProgress: {} }, /onProgress of pmap is a function/],
  ] as const) {
    assert.throws(
      () => checkOptions('pmap', options as object, ALL),
      (error: unknown) =>
        error instanceof UsageError &&
        (typeof message === 'string' ? error.message === message : message.test(error.message)),
      String(message),
    );
  }
  assert.throws(
    () => checkOptions('pfind', { size: 3 }, PART_KEYS),
    /pfind has no option "size"; it may have parts, policy, signal, onProgress/,
  );
});

test.run();
