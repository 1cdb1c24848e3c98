/** The name of a thrown value, in one line. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nameThrown } from '../../src/slave/name-thrown.js';
import { MOST_EVIDENCE } from '../../src/wire/messages/messages.js';

const name = suite('slave/name-thrown');

name('an error has its name and message, anything else its text', () => {
  assert.is(nameThrown(new RangeError('too far')), 'RangeError: too far');
  assert.is(nameThrown(Object.assign(new Error('so'), { toString: () => 'or so' })), 'Error: so');
  assert.is(nameThrown('no'), 'no');
  assert.is(nameThrown(undefined), 'undefined');
  assert.is(nameThrown({ message: 'not an error' }), '[object Object]');
});

name('it is the first line that has something, and not too long', () => {
  assert.is(nameThrown('\n  one\r\ntwo\nthree'), 'one');
  assert.is(nameThrown('one\rtwo'), 'one');
  assert.is(nameThrown(''), '');
  assert.is(nameThrown('x'.repeat(MOST_EVIDENCE)), 'x'.repeat(150));
  const longest = `its slave algorithm threw ${nameThrown('1'.repeat(MOST_EVIDENCE))}`;
  assert.ok(longest.length > 190 && longest.length <= MOST_EVIDENCE, longest);
});

name('what cannot be written as text says so', () => {
  assert.is(nameThrown(Object.create(null)), 'a value that has no text');
  const spiteful = new Error('no');
  Object.defineProperty(spiteful, 'message', {
    get() {
      throw new Error('not even that');
    },
  });
  assert.is(nameThrown(spiteful), 'a value that has no text');
});

name.run();
