/** `checkOptionNames`: which objects of options pass, and the error's words for the others. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../src/errors.js';
import { checkOptionNames } from '../../src/structures/check-options.js';

const test = suite('structures/check-options');
const KNOWN = ['limit', 'name'];

test('objects with known names pass, whatever their values', () => {
  for (const options of [{}, { limit: 1 }, { name: undefined, limit: null }, Object.create(null)]) {
    checkOptionNames('call', options, KNOWN);
  }
});

test('anything else is refused, with the names that there are', () => {
  for (const [options, message] of [
    [{ limits: 1 }, 'call has no option "limits"; it may have limit, name'],
    [{ limit: 1, nam: undefined }, 'call has no option "nam"; it may have limit, name'],
    [null, 'the options of call are an object of limit, name; got null'],
    [undefined, 'the options of call are an object of limit, name; got undefined'],
    [5, 'the options of call are an object of limit, name; got 5'],
    ['x', 'the options of call are an object of limit, name; got "x"'],
    [[], 'the options of call are an object of limit, name; got an array'],
    [() => {}, 'the options of call are an object of limit, name; got a function'],
  ] as const) {
    assert.throws(
      () => checkOptionNames('call', options, KNOWN),
      (error: unknown) => error instanceof UsageError && error.message === message,
      message,
    );
  }
});

test.run();
