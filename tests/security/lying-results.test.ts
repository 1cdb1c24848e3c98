/** What a slave can say of tasks: only of those that it was given, once, and as data. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeValue } from '../../src/wire/codec.js';
import { resultEntryText, resultsText } from '../../src/wire/entries.js';
import { portable } from '../../src/wire/portable.js';
import { BesiegedMaster, work } from './besieged-master.js';

const test = suite('security/lying results');

const runCode = portable(() => {
  (globalThis as { ranInMaster?: boolean }).ranInMaster = true;
  return 'harmless';
});

test('a result cannot bring a function that the master would call unawares', () => {
  const mw = new BesiegedMaster();
  const liar = mw.join();
  mw.submit(1);
  liar.results([[0, 1]], liar.sid, { toString: runCode });
  const [fate] = mw.fates();
  assert.is(`${fate?.packet}`, 'undefined');
  assert.is(fate?.status, 'error');
  assert.match(fate?.error?.message ?? '', /functionsInResults: true/);
  assert.is((globalThis as { ranInMaster?: boolean }).ranInMaster, undefined);
});

test('nor can an error, whatever the algorithm allows', () => {
  const mw = new BesiegedMaster({ ...work, functionsInResults: true });
  const liar = mw.join();
  mw.submit(1);
  const { text } = encodeValue({ name: 'Error', message: 'no', fields: { toJSON: runCode } });
  liar.say(resultsText(liar.sid, false, [resultEntryText(0, 1, 1, 1_000, text)]));
  const [fate] = mw.fates();
  assert.is(fate?.status, 'error');
  assert.is(fate?.error && 'fields' in fate.error && JSON.stringify(fate.error.fields), '{}');
});

test('an algorithm that asks for functions gets them', () => {
  const mw = new BesiegedMaster({ ...work, functionsInResults: true });
  const slave = mw.join();
  mw.submit(1);
  slave.results([[0, 1]], slave.sid, { double: portable((x: number) => 2 * x) });
  const [fate] = mw.fates();
  const packet = fate?.packet as { double: (x: number) => number } | undefined;
  assert.is(packet?.double(21), 42);
});

test.run();
