/** The messages of the data plane's beginning: each form, and each way to miss it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseHandshake } from '../../../src/wire/messages/handshake.js';

const NONCE = '0123456789abcdef0123456789abcdef';
const hello = { type: 'hello', nonce: NONCE };
const welcome = {
  type: 'welcome',
  nonce: NONCE,
  run: '00112233445566ff',
  sid: 0,
  resultGroup: 'auto',
  algorithms: ['square'],
  broker: 'embedded',
  limit: 1,
  clientTimeoutMs: 2,
  maxMessageBytes: 3,
};

const offered = { port: 1, secret: 'x', encrypted: false };

const test = suite('wire/handshake');

const GOOD: readonly object[] = [
  hello,
  { type: 'stale', nonce: NONCE, sid: 1 },
  { type: 'reject', nonce: NONCE, reason: 'no' },
  { type: 'reject', nonce: NONCE, reason: '' },
  welcome,
  { ...welcome, resultGroup: 0, algorithms: [], broker: 'external' },
  { ...welcome, resultGroup: 5, sid: Number.MAX_SAFE_INTEGER },
  { ...welcome, dataPort: offered },
  { ...welcome, cells: [['best', 2, '7']] },
  { ...welcome, dataPort: { ...offered, port: 65_535, encrypted: true } },
];

for (const message of GOOD) {
  const text = JSON.stringify(message);
  test(`it reads ${text}`, () => assert.equal(parseHandshake(text), message));
}

const BAD: readonly unknown[] = [
  null,
  5,
  'hello',
  [],
  [hello],
  { nonce: NONCE },
  { type: 'hello' },
  { type: 'goodbye', nonce: NONCE },
  { ...hello, nonce: 7 },
  { ...hello, nonce: [NONCE] },
  { ...hello, nonce: NONCE.slice(1) },
  { ...hello, nonce: `${NONCE}0` },
  { ...hello, nonce: NONCE.toUpperCase() },
  { type: 'reject', nonce: NONCE },
  { type: 'reject', nonce: NONCE, reason: 5 },
  ...['run', 'sid', 'resultGroup', 'algorithms', 'broker', 'limit', 'clientTimeoutMs', 'maxMessageBytes'].map(
    (field) => ({ ...welcome, [field]: undefined }),
  ),
  ...['sid', 'limit', 'clientTimeoutMs', 'maxMessageBytes', 'resultGroup'].flatMap((field) =>
    [-1, 1.5, '1', null, 2 ** 53].map((value) => ({ ...welcome, [field]: value })),
  ),
  { ...welcome, run: '00112233445566FF' },
  { ...welcome, run: ['00112233445566ff'] },
  { ...welcome, run: '00112233445566ff0' },
  { ...welcome, algorithms: 'square' },
  { ...welcome, algorithms: ['square', 5] },
  { ...welcome, broker: 'other' },
  { ...welcome, resultGroup: 'all' },
  ...[null, 5, 'port', { ...offered, secret: 5 }, { ...offered, encrypted: undefined }].map((dataPort) => ({
    ...welcome,
    dataPort,
  })),
  ...[null, {}, ['best'], [['best', 2]], [['best', -1, '7']], [['best', 2, 7]], [[1, 2, '7']]].map(
    (cells) => ({
      ...welcome,
      cells,
    }),
  ),
  ...[0, 65_536, -1, 1.5, '1', undefined].map((port) => ({ ...welcome, dataPort: { ...offered, port } })),
];

for (const value of BAD) {
  const text = JSON.stringify(value);
  test(`it does not take ${text}`, () => assert.is(parseHandshake(text), undefined));
}

test('it takes nothing that is no JSON, or longer than a message can be', () => {
  assert.is(parseHandshake(''), undefined);
  assert.is(parseHandshake(`${JSON.stringify(hello)}x`), undefined);
  const filled = (length: number): string => {
    const text = JSON.stringify({ ...hello, memberId: '' });
    return text.replace('"memberId":""', `"memberId":"${'m'.repeat(length - text.length)}"`);
  };
  const longest = 1024 * 1024;
  assert.is(filled(longest).length, longest);
  assert.is.not(parseHandshake(filled(longest)), undefined);
  assert.is(parseHandshake(filled(longest + 1)), undefined);
});

test.run();
