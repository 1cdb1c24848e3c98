/** Slaves that may join, and what one is told that may not. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PEER_CAPACITY } from '../../../src/link/shared/peer-counters.js';
import { HelloGate, judgeHello, parseHello } from '../../../src/master/slaves/reception.js';
import { type Hello, PROTOCOL_VERSION } from '../../../src/wire/messages/messages.js';
import { createEntry } from '../parts.js';

const RUN = '00112233445566ff';
const algorithms = [createEntry('hello').definition, createEntry('square').definition];
const expected = { run: RUN, memberId: 'm', algorithms, allowVersionSkew: false };
const hello: Hello = {
  type: 'hello',
  protocol: PROTOCOL_VERSION,
  nonce: '0'.repeat(32),
  memberId: 'm',
  algorithms: [
    ['hello', 'hello'],
    ['square', 'square'],
  ],
  host: 'h',
  pid: 1,
};

const test = suite('master/reception');

const judged: readonly (readonly [string, Partial<Hello>, RegExp | undefined])[] = [
  ['of the same program', {}, undefined],
  ['that knows the run', { run: RUN }, undefined],
  ['with more algorithms', { algorithms: [...hello.algorithms, ['cube', 'x']] }, undefined],
  ['of another version', { protocol: PROTOCOL_VERSION + 1 }, /protocol version/],
  ['of another member', { memberId: 'other' }, /"other".*"m".*--member-id/],
  ['of another run', { run: 'ffeeddccbbaa9988' }, /belongs to run ffeeddccbbaa9988/],
  ['that lacks an algorithm', { algorithms: [['hello', 'hello']] }, /no algorithm "square"/],
  [
    'with other code',
    {
      algorithms: [
        ['hello', 'x'],
        ['square', 'square'],
      ],
    },
    /"hello".*--allow-version-skew/,
  ],
];
for (const [what, change, reason] of judged) {
  test(`a slave ${what} is ${reason === undefined ? 'let in' : 'refused'}`, () => {
    const verdict = judgeHello({ ...hello, ...change }, expected);
    assert.is(verdict.accepted, reason === undefined);
    if (!verdict.accepted) assert.match(verdict.reason, reason as RegExp);
  });
}

test('other code is let in where that is allowed, and named', () => {
  const other = {
    ...hello,
    algorithms: [
      ['hello', 'x'],
      ['square', 'square'],
    ] as const,
  };
  assert.equal(judgeHello(other, { ...expected, allowVersionSkew: true }), {
    accepted: true,
    skewed: ['hello'],
  });
  const lacking = { ...hello, algorithms: [['hello', 'hello']] as const };
  assert.is(judgeHello(lacking, { ...expected, allowVersionSkew: true }).accepted, false);
});

const rubbish: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'hello'],
  ['another message', { ...hello, type: 'stale' }],
  ['a concurrency that is no whole number', { ...hello, concurrency: 1.5 }],
  ['a concurrency below one', { ...hello, concurrency: 0 }],
  ['a concurrency that is no number', { ...hello, concurrency: '2' }],
  ['a concurrency beyond all bounds', { ...hello, concurrency: 1_001 }],
  ['a protocol that is no number', { ...hello, protocol: '1' }],
  ['a nonce that is no text', { ...hello, nonce: 7 }],
  ['a member id that is no text', { ...hello, memberId: undefined }],
  ['a run that is no text', { ...hello, run: 7 }],
  ['algorithms that are no list', { ...hello, algorithms: {} }],
  ['an algorithm that is no pair', { ...hello, algorithms: ['hello'] }],
  ['an algorithm with a third word', { ...hello, algorithms: [['hello', 'x', 'y']] }],
  ['an algorithm without a fingerprint', { ...hello, algorithms: [['hello', 7]] }],
  ['algorithms of which one is none', { ...hello, algorithms: [['hello', 'x'], 'square'] }],
  ['a fingerprint that is too long', { ...hello, algorithms: [['hello', 'x'.repeat(256)]] }],
  ['a host that is too long', { ...hello, host: 'x'.repeat(256) }],
  ['a member id that is too long', { ...hello, memberId: 'x'.repeat(256) }],
  ['a run that is too long', { ...hello, run: 'x'.repeat(256) }],
  ['an earlier id that is no number', { ...hello, previous: 'SLAVE-1' }],
  ['an earlier nonce that is no text', { ...hello, previousNonce: 7 }],
  ['an algorithm without a name', { ...hello, algorithms: [[7, 'x']] }],
  ['a host that is no text', { ...hello, host: null }],
  ['a pid that is no number', { ...hello, pid: '1' }],
  ['a count of begun tasks below zero', { ...hello, begun: -1 }],
  ['runs that are no list', { ...hello, runs: {} }],
  ['a run that is no triple of numbers', { ...hello, runs: [[1, 2]] }],
  ['a run of four numbers', { ...hello, runs: [[1, 2, 3, 4]] }],
  ['a run that is no list', { ...hello, runs: [{ length: 3 }] }],
  ['runs of which one is none', { ...hello, runs: [[1, 2, 3], 7] }],
  ['a run without an attempt', { ...hello, runs: [[1, 2, null]] }],
  ['more runs than a slave can have', { ...hello, runs: Array.from({ length: 1_001 }, () => [1, 2, 3]) }],
];
for (const [what, value] of rubbish) {
  test(`${what} is no hello`, () => assert.is(parseHello(value), undefined));
}

const whole: readonly (readonly [string, Partial<Hello>])[] = [
  ['with no more than it must say', {}],
  [
    'with the least of what it may say',
    { concurrency: 1, previous: 0, previousNonce: '', begun: 0, runs: [] },
  ],
  [
    'with the most of what it may say',
    {
      run: 'r'.repeat(255),
      memberId: 'm'.repeat(255),
      host: 'h'.repeat(255),
      algorithms: [['a', 'f'.repeat(255)]],
      concurrency: 1_000,
      runs: Array.from({ length: 1_000 }, () => [1, 2, 3] as const),
    },
  ],
];
for (const [what, change] of whole) {
  test(`a hello ${what} is one`, () => {
    const value = { ...hello, ...change };
    assert.is(parseHello(value), value);
  });
}

/** How many of `times` hellos are let through. */
function knock(gate: HelloGate, times: number): number {
  let admitted = 0;
  for (let time = 0; time < times; time++) if (gate.tryAdmit()) admitted++;
  return admitted;
}

test('as many hellos are heard at once as a master takes slaves, and fifty more for each tick', () => {
  const gate = new HelloGate();
  assert.is(knock(gate, PEER_CAPACITY + 5), PEER_CAPACITY);
  gate.tick();
  assert.is(knock(gate, 60), 50);
  gate.tick();
  gate.tick();
  assert.is(knock(gate, 200), 100);
  for (let tick = 0; tick < 1_000; tick++) gate.tick();
  assert.is(knock(gate, PEER_CAPACITY + 5), PEER_CAPACITY, 'quiet times save up no more than that');
});

test('hellos that are not heard are told at once, then every hundred ticks, if there are any', () => {
  const gate = new HelloGate();
  assert.is(gate.tick(), 0);
  knock(gate, PEER_CAPACITY + 3);
  assert.is(gate.tick(), 3);
  knock(gate, 52);
  const told: (readonly [tick: number, ignored: number])[] = [];
  for (let tick = 1; tick <= 250; tick++) {
    const ignored = gate.tick();
    if (ignored > 0) told.push([tick, ignored]);
  }
  assert.equal(told, [[100, 2]]);
  knock(gate, PEER_CAPACITY);
  assert.ok(gate.tick() > 0, 'it has been quiet for long enough');
});

test.run();
