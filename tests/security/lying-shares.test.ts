/** False words of a slave about shared values, which cost nobody else anything. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BesiegedMaster } from './besieged-master.js';

const test = suite('security/lying about shared values');

const KEY = 'r8DYdZ-_'.padEnd(43, 'x');

for (const [what, text] of Object.entries({
  'no JSON': '["want',
  'another word': '["give",[]]',
  'no list': '["want",{}]',
  'a key that is none': '["want",[["../../etc/passwd",0]]]',
  'a place that is none': `["want",[["${KEY}",-1]]]`,
  'more keys than a message may have': `["want",[${Array.from({ length: 1_001 }, () => `["${KEY}",0]`)}]]`,
  'a word of the master': `["gone","${KEY}","x"]`,
})) {
  test(`${what} ends the session of the liar, and no other`, () => {
    const mw = new BesiegedMaster();
    const [liar, honest] = [mw.join(), mw.join()];
    liar.say(text);
    assert.equal([liar.isIn, honest.isIn], [false, true]);
  });
}

test('values that there never were are gone, and those that it claims to have change nothing', () => {
  const mw = new BesiegedMaster();
  const liar = mw.join();
  for (let round = 0; round < 20; round++) {
    liar.say(`["want",[["${KEY}",0],["${KEY}",9007199254740991]]]`);
    const keys = Array.from({ length: 300 }, (_, n) => `"${`${round}-${n}-`.padEnd(43, 'x')}"`);
    liar.say(`["has",[${keys}],[]]`);
  }
  assert.ok(liar.isIn);
  mw.submit(1);
  mw.tick();
  liar.work();
  assert.equal(
    mw.fates().map(({ status }) => status),
    ['ok'],
  );
});

test.run();
