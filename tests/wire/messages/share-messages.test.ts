import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../../src/errors.js';
import { type Body, encodeBody } from '../../../src/wire/messages/body.js';
import {
  copyMessage,
  fetchMessage,
  goneMessage,
  hasMessage,
  isShareMessage,
  MOST_SHARE_KEYS,
  parseSharesOfTasks,
  parseToMaster,
  parseToSlave,
  pieceMessage,
  wantMessage,
} from '../../../src/wire/messages/share-messages.js';

const test = suite('wire/share-messages');

const KEY = 'r8DYdZ-_'.padEnd(43, 'x');
const OTHER = KEY.replace('r', 's');

const bodyOf = ({ text, raws }: Body): Uint8Array => encodeBody(text, raws);
const textBody = (value: unknown, raw = 0): Uint8Array =>
  encodeBody(JSON.stringify(value), raw === 0 ? [] : [new Uint8Array(raw)]);

test('each message comes as it was sent, and is told from tasks and results', () => {
  const toMaster = [
    [wantMessage([[KEY, 0]], false), { type: 'want', wants: [[KEY, 0]], byPieces: false }],
    [wantMessage([[KEY, 0]], true), { type: 'want', wants: [[KEY, 0]], byPieces: true }],
    [hasMessage([KEY], [OTHER]), { type: 'has', has: [KEY], dropped: [OTHER] }],
  ] as const;
  for (const [message, parsed] of toMaster) assert.equal(parseToMaster(bodyOf(message)), parsed);
  const bytes = Uint8Array.of(1, 2, 3);
  const toSlave = [
    [fetchMessage([[KEY, 9]]), { type: 'fetch', shares: [[KEY, 9]] }],
    [goneMessage(KEY, 'released'), { type: 'gone', key: KEY, reason: 'released' }],
  ] as const;
  for (const [message, parsed] of toSlave) assert.equal(parseToSlave(bodyOf(message)), parsed);
  const piece = parseToSlave(bodyOf(pieceMessage(KEY, 9, 6, bytes)));
  assert.equal(piece.type === 'piece' && { ...piece, bytes: [...piece.bytes] }, {
    type: 'piece',
    key: KEY,
    size: 9,
    from: 6,
    bytes: [1, 2, 3],
  });
  const noHead = new Uint8Array(0);
  for (const [head, mark] of [
    [noHead, undefined],
    [bytes, undefined],
    [noHead, '0123456789abcdef'.repeat(2)],
  ] as const) {
    const copy = parseToSlave(bodyOf(copyMessage(KEY, 9, { path: '/a', head, mark }) as Body));
    assert.equal(copy.type === 'copy' && { ...copy, head: [...copy.head] }, {
      type: 'copy',
      key: KEY,
      size: 9,
      path: '/a',
      head: [...head],
      mark,
    });
  }
  assert.is(copyMessage(KEY, 9, { path: 'a'.repeat(4_097), head: bytes }), undefined);
  for (const [message] of [...toMaster, ...toSlave]) assert.ok(isShareMessage(bodyOf(message)));
  for (const other of ['[0,[]]', '[7,1,[]]', '']) assert.not(isShareMessage(encodeBody(other, [])));
});

const NO_KEY = KEY.slice(1);
const MANY = Array.from({ length: MOST_SHARE_KEYS + 1 }, () => [KEY, 0]);

for (const [what, body] of [
  ['another word', textBody(['give', [[KEY, 0]]])],
  ['bytes beside it', textBody(['want', [[KEY, 0]]], 1)],
  ['a word too many', textBody(['want', [[KEY, 0]], 1, 1])],
  ['another word at its end', textBody(['want', [[KEY, 0]], 2])],
  ['a key that is too short', textBody(['want', [[NO_KEY, 0]]])],
  ['a key of other characters', textBody(['want', [[`${NO_KEY}/`, 0]]])],
  ['no place', textBody(['want', [[KEY]]])],
  ['a place below zero', textBody(['want', [[KEY, -1]]])],
  ['no list', textBody(['want', KEY])],
  ['too many keys', textBody(['want', MANY])],
  ['keys that are none', textBody(['has', [1], []])],
  ['one list', textBody(['has', [KEY]])],
] as const) {
  test(`the master refuses ${what}`, () => assert.throws(() => parseToMaster(body), isFormatError));
}

for (const [what, body] of [
  ['a piece without bytes', textBody(['piece', KEY, 9, 0])],
  ['a piece that ends beyond its value', textBody(['piece', KEY, 9, 8], 2)],
  ['a piece before its value', textBody(['piece', KEY, 9, -1], 2)],
  ['a piece of no key', textBody(['piece', NO_KEY, 9, 0], 2)],
  ['a piece without a size', textBody(['piece', KEY, '9', 0], 2)],
  ['bytes beside another message', textBody(['gone', KEY, 'x'], 2)],
  ['a copy with a mark that is too short', textBody(['copy', KEY, 9, '/a', '0f'])],
  ['a copy without a path', textBody(['copy', KEY, 9, ''])],
  ['a copy at a path that ends early', textBody(['copy', KEY, 9, '/a\0b'])],
  ['a copy that begins with more than there is', textBody(['copy', KEY, 2, '/a'], 3)],
  ['no reason', textBody(['gone', KEY, 7])],
  ['too much to fetch', textBody(['fetch', MANY])],
  ['another word', textBody(['give', KEY])],
  ['a word of the other side', textBody(['want', [[KEY, 0]]])],
] as const) {
  test(`a slave refuses ${what}`, () => assert.throws(() => parseToSlave(body), isFormatError));
}

test('tasks name what they need by their places', () => {
  const names = [
    [KEY, 5],
    [OTHER, 7],
  ];
  const shares = parseSharesOfTasks(
    [
      names,
      [
        [0, 1],
        [2, 0, 1],
      ],
    ],
    3,
  );
  assert.equal(
    [...shares],
    [
      [0, [names[1]]],
      [2, names],
    ],
  );
  for (const value of [
    null,
    [],
    [names],
    [names, [[3, 0]]],
    [names, [[0, 2]]],
    [names, [[0]]],
    [names, [0]],
    [[[KEY, -1]], []],
    [names, [], 1],
  ]) {
    assert.throws(() => parseSharesOfTasks(value, 3), isFormatError, JSON.stringify(value));
  }
});

function isFormatError(error: unknown): boolean {
  return error instanceof FormatError;
}

test.run();
