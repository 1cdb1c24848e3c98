/** Which names a line can show. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nameFault } from '../../src/structures/name-fault.js';

const test = suite('structures/name-fault');

test('names in any writing pass, with blanks in them', () => {
  for (const name of ['a', 'a b', ' a', 'größe', '面積', 'a.b/c*>"', '__proto__', '🙂', 'x'.repeat(2_000)]) {
    assert.is(nameFault(name), undefined, name);
  }
});

test('blank ones do not, and those with characters that no line shows', () => {
  for (const name of ['', ' ', '\t', '\u3000', '\n'])
    assert.match(nameFault(name) ?? '', /^is blank; /, name);
  for (const [name, code] of [
    ['a\nb', '000A'],
    ['a\0b', '0000'],
    ['\x1b[31mred', '001B'],
    ['a\u0085b', '0085'],
    ['a\u2028b', '2028'],
    ['a\ud800b', 'D800'],
  ] as const) {
    assert.is(nameFault(name), `has the character U+${code}, which no line can show; leave it out`);
  }
});

test.run();
