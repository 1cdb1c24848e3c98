/** The words of a slave about tasks: only of those that it was given, once, and as data. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { portable } from '../../src/algorithms/portable.js';
import { encodeValue } from '../../src/wire/values/codec.js';
import { resultEntryText, resultsText } from '../wire/messages/entry-texts.js';
import { BesiegedMaster, type LyingSlave, work } from './besieged-master.js';

const test = suite('security/lying results');

const runCode = portable(() => {
  (globalThis as { ranInMaster?: boolean }).ranInMaster = true;
  return 'harmless';
});

/** A slave that had TASK-0 and is gone, one that has it now, and a liar that never had it. */
function threeSlaves(): { mw: BesiegedMaster; gone: LyingSlave; honest: LyingSlave; liar: LyingSlave } {
  const mw = new BesiegedMaster();
  const gone = mw.join();
  mw.submit(1);
  mw.hear({ type: 'lost', nonce: gone.address.nonce, evidence: 'test' });
  const honest = mw.join();
  mw.tick();
  return { mw, gone, honest, liar: mw.join() };
}

for (const [what, lie] of Object.entries<(liar: LyingSlave, honest: LyingSlave, gone: LyingSlave) => void>({
  'for a task that it never had': (liar) => liar.results([[0, 2]]),
  'in the name of the slave that has it': (liar, honest) => liar.results([[0, 2]], honest.sid),
  'in the name of the slave that had it': (liar, _honest, gone) => liar.results([[0, 1]], gone.sid),
  'for every attempt there may be': (liar) => {
    for (let attempt = 0; attempt < 10; attempt++) liar.results([[0, attempt]]);
  },
  'in every name there may be': (liar) => {
    for (let sid = 0; sid < 10; sid++) if (sid !== liar.sid) liar.results([[0, 1]], sid);
  },
  'for tasks that never were': (liar) => {
    for (const number of [1, 99, 2 ** 31, Number.MAX_SAFE_INTEGER]) liar.results([[number, 1]]);
  },
  'on the subject of the slave that has it': (liar, honest) =>
    liar.forge(honest.address, honest.sid, [[0, 2]]),
  'with the sid of the slave that has it': (liar, honest) => liar.forge(liar.address, honest.sid, [[0, 2]]),
  'on a session that is over': (liar, _honest, gone) => liar.forge(gone.address, gone.sid, [[0, 1]]),
})) {
  test(`a result ${what} changes nothing`, () => {
    const { mw, honest, liar, gone } = threeSlaves();
    lie(liar, honest, gone);
    assert.equal(mw.fates(), []);
    assert.ok(honest.isIn);
    honest.work();
    const [fate, ...others] = mw.fates();
    assert.equal([fate?.status, fate?.packet, fate?.sid, others.length], ['ok', 'true', 'SLAVE-1', 0]);
  });
}

test('a slave that joins again under another nonce than its own has not been what it says', () => {
  const mw = new BesiegedMaster();
  const gone = mw.join();
  mw.submit(1);
  mw.hear({ type: 'lost', nonce: gone.address.nonce, evidence: 'test' });
  const liar = mw.join({ previous: gone.sid, previousNonce: 'f'.repeat(32) });
  mw.tick();
  liar.results([[0, 1]], gone.sid);
  assert.equal(mw.fates(), []);
  assert.is(mw.told('slave-rejoined').length, 0);
});

test('one that proves it may send what it had computed before', () => {
  const mw = new BesiegedMaster();
  const gone = mw.join();
  mw.submit(1);
  mw.hear({ type: 'lost', nonce: gone.address.nonce, evidence: 'test' });
  const between = mw.join({ previous: gone.sid, previousNonce: gone.address.nonce });
  mw.hear({ type: 'lost', nonce: between.address.nonce, evidence: 'test' });
  const back = mw.join({ previous: between.sid, previousNonce: between.address.nonce });
  back.results([[0, 1]], gone.sid, 'late');
  assert.equal(
    mw.fates().map(({ status, packet, sid }) => [status, packet, sid]),
    [['ok', 'late', 'SLAVE-0']],
  );
  assert.is(mw.told('slave-rejoined').length, 2);
});

test('a second result for its own task ends its session, and is no second fate', () => {
  const mw = new BesiegedMaster();
  const liar = mw.join();
  mw.submit(1);
  liar.results([[0, 1]]);
  liar.results([[0, 1]], liar.sid, 'another');
  assert.equal(
    mw.fates().map(({ packet }) => packet),
    ['a lie'],
  );
  assert.not.ok(liar.isIn);
});

test('results without end cost a line and the session', () => {
  const mw = new BesiegedMaster();
  const liar = mw.join();
  mw.submit(2);
  const before = mw.events.length;
  liar.results(Array.from({ length: 5_000 }, (_, number) => [number, 1] as const));
  for (let i = 0; i < 1_000; i++) liar.results([[0, 1]]);
  assert.ok(mw.events.length - before < 20, `${mw.events.length - before} events`);
  assert.not.ok(liar.isIn);
  mw.tick();
  const honest = mw.join();
  mw.tick(5);
  honest.work();
  mw.tick();
  honest.work();
  assert.is(mw.fates().filter(({ packet }) => packet === 'true').length, 2);
});

test('a result for a task that was cancelled is none', () => {
  const mw = new BesiegedMaster();
  const liar = mw.join();
  mw.submit(1);
  mw.core.cancel(0, mw.now);
  liar.results([[0, 1]]);
  assert.equal(
    mw.fates().map(({ status, reason }) => [status, reason]),
    [['unrunnable', 'cancelled']],
  );
});

test('a claim to have computed for a hundred years does not change how others are given tasks', () => {
  const mw = new BesiegedMaster();
  const liar = mw.join();
  mw.submit(1);
  mw.tick();
  liar.say(resultsText(liar.sid, false, [resultEntryText(0, 1, 0, Number.MAX_SAFE_INTEGER, '0')]));
  const [fate] = mw.fates();
  assert.ok((fate?.computeTime ?? 0) <= 0.1, `${fate?.computeTime} s`);
  assert.ok((mw.core.entryOf(work).seconds ?? 0) <= 0.1);
});

test('a slave that says it is the process of another does not hide the end of that', () => {
  const mw = new BesiegedMaster();
  const [liar, honest] = [mw.join({ pid: 7 }), mw.join({ pid: 7 })];
  const elsewhere = mw.join({ pid: 7, host: 'other' });
  mw.core.processGone(7, 'h', 'exited');
  assert.equal([liar.isIn, honest.isIn, elsewhere.isIn], [false, false, true]);
});

test('a goodbye waits for the results before it, and no longer than a second of them', () => {
  const mw = new BesiegedMaster();
  const [honest, liar] = [mw.join(), mw.join()];
  mw.submit(2, { maxAttempts: 1 });
  mw.tick();
  const farewell = { running: [], begun: 1, sent: 1 };
  mw.hear({ type: 'bye', nonce: honest.address.nonce, farewell });
  const never = { running: [0], begun: Number.MAX_SAFE_INTEGER, sent: Number.MAX_SAFE_INTEGER };
  mw.hear({ type: 'bye', nonce: liar.address.nonce, farewell: never });
  assert.equal([honest.isIn, liar.isIn], [true, true]);
  honest.work();
  assert.equal([honest.isIn, liar.isIn], [false, true]);
  mw.submit(1);
  mw.tick(9);
  assert.is(liar.isIn, true);
  mw.tick(1);
  assert.is(liar.isIn, false);
  assert.equal(
    mw.fates().map(({ taskId, status, reason }) => [taskId, reason ?? status]),
    [
      ['TASK-0', 'ok'],
      ['TASK-1', 'max-attempts'],
    ],
  );
});

for (const [what, text] of Object.entries({
  'no JSON': '[0,0,[[0',
  'no array': '{"sid":0}',
  'a deep bomb': `[0,0,[[0,1,0,1,${'['.repeat(300_000)}${']'.repeat(300_000)}]]]`,
  'numbers that are none': '[0,0,[[1e999,1,0,1,0]]]',
  'a negative number': '[0,0,[[-1,1,0,1,0]]]',
  'a number beyond 2^53': '[0,0,[[9007199254740993,1,0,1,0]]]',
  'a status that is none': '[0,0,[[0,1,7,1,0]]]',
  'no results at all': '[0,0,[]]',
  'raw parts that did not come': '[0,0,[[0,1,0,1,[0],{"v":1},[9007199254740991]]]]',
  'pollution in plain JSON':
    '[0,0,[[0,1,0,1,{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]]]',
  'pollution by meta': '[0,0,[[0,1,0,1,[{}],{"values":{"0.__proto__.polluted":["set"]},"v":1}]]]',
  'an error that is none': '[0,0,[[0,1,1,1,"no"]]]',
  'an error that pollutes':
    '[0,0,[[0,1,1,1,{"name":"x","message":"y","fields":{"__proto__":{"polluted":1}}}]]]',
})) {
  test(`results of ${what} spoil that task alone`, () => {
    const mw = new BesiegedMaster();
    const liar = mw.join();
    mw.submit(1);
    liar.say(text.replace(/^\[0/, `[${liar.sid}`));
    mw.submit(1);
    const honest = mw.join();
    mw.tick(5);
    const farewell = { running: [0], begun: 1, sent: 0 };
    if (liar.isIn) mw.hear({ type: 'bye', nonce: liar.address.nonce, farewell });
    for (let round = 0; round < 5; round++) {
      honest.work();
      mw.tick(5);
    }
    const fates = mw.fates();
    assert.equal(fates.map(({ taskId }) => taskId).sort(), ['TASK-0', 'TASK-1']);
    assert.is(fates.find(({ taskId }) => taskId === 'TASK-1')?.packet, 'true');
    assert.is(({} as { polluted?: unknown }).polluted, undefined);
  });
}

test('a result of broken UTF-8 or of half a length spoils that task alone', () => {
  for (const body of [
    Buffer.from([0, 0, 0, 9, 0x5b, 0xff, 0xfe, 0xc0, 0x80, 0x5d, 0, 0, 0]),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0x5b]),
    Buffer.from([0, 0]),
    Buffer.alloc(0),
  ]) {
    const mw = new BesiegedMaster();
    const liar = mw.join();
    mw.submit(1);
    liar.frame({ kind: 1, first: true, last: true, number: 1 }, body);
    assert.not.ok(liar.isIn);
    mw.join();
    mw.tick();
    assert.is(mw.core.pending, 1);
  }
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
