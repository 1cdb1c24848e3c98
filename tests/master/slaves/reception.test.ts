/** Who may join, and what a slave is told that may not. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeHello, parseHello } from '../../../src/master/slaves/reception.js';
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
  ['a concurrency beyond all bounds', { ...hello, concurrency: 1_001 }],
  ['a protocol that is no number', { ...hello, protocol: '1' }],
  ['a nonce that is no text', { ...hello, nonce: 7 }],
  ['a member id that is no text', { ...hello, memberId: undefined }],
  ['a run that is no text', { ...hello, run: 7 }],
  ['algorithms that are no list', { ...hello, algorithms: {} }],
  ['an algorithm that is no pair', { ...hello, algorithms: ['hello'] }],
  ['an algorithm without a name', { ...hello, algorithms: [[7, 'x']] }],
  ['a host that is no text', { ...hello, host: null }],
  ['a pid that is no number', { ...hello, pid: '1' }],
  ['a count of begun tasks below zero', { ...hello, begun: -1 }],
  ['runs that are no list', { ...hello, runs: {} }],
  ['a run that is no triple of numbers', { ...hello, runs: [[1, 2]] }],
  ['a run without an attempt', { ...hello, runs: [[1, 2, null]] }],
  ['more runs than a slave can have', { ...hello, runs: Array.from({ length: 1_001 }, () => [1, 2, 3]) }],
];
for (const [what, value] of rubbish) {
  test(`${what} is no hello`, () => assert.is(parseHello(value), undefined));
}

test.run();
