/** The subjects of the wire, and that no member id or user can break out of its token. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../../src/errors.js';
import { decodeToken, encodeToken, parseSubject, Subjects } from '../../../src/wire/messages/subjects.js';

const test = suite('wire/subjects');

const NONCE = '0123456789abcdef0123456789abcdef';

const TOKENS: readonly (readonly [text: string, token: string])[] = [
  ['default-member-id', 'default-member-id'],
  ['A_9', 'A_9'],
  ['', '='],
  ['=', '=3D'],
  ['a.b', 'a=2Eb'],
  ['*', '=2A'],
  ['>', '=3E'],
  ['two words\r\n', 'two=20words=0D=0A'],
  ['\0', '=00'],
  ['Köln', 'K=C3=B6ln'],
  ['🦑', '=F0=9F=A6=91'],
];

test('it encodes every token to what NATS allows', () => {
  for (const [text, token] of TOKENS) assert.is(encodeToken(text), token);
});

test('it gives back the text of every token', () => {
  for (const [text, token] of TOKENS) assert.is(decodeToken(token), text);
});

test('it gives two texts two tokens, also where one looks encoded', () => {
  const texts = [...TOKENS.map(([text]) => text), '=2A', 'a=2Eb', '=3D', 'KÖLN', '_', '-'];
  assert.is(new Set(texts.map(encodeToken)).size, texts.length);
});

test('it names the subjects of the design', () => {
  const subjects = new Subjects('m.1');
  const address = { user: 'u*', nonce: NONCE };
  assert.equal(
    [
      subjects.hello(address),
      subjects.toMaster(address),
      subjects.toSlave(address),
      subjects.masterControl(address),
      subjects.slaveControl(address),
      subjects.allHellos,
      subjects.allToMaster,
      subjects.allMasterControl,
      Subjects.everyHello,
    ],
    [
      `mw.m=2E1.hello.u=2A.${NONCE}`,
      `mw.m=2E1.m.u=2A.${NONCE}`,
      `mw.m=2E1.s.u=2A.${NONCE}`,
      `mw.m=2E1.m.u=2A.${NONCE}.control`,
      `mw.m=2E1.s.u=2A.${NONCE}.control`,
      'mw.m=2E1.hello.*.*',
      'mw.m=2E1.m.*.*',
      'mw.m=2E1.m.*.*.control',
      'mw.*.hello.*.*',
    ],
  );
});

test('it reads back the tokens of its own subjects', () => {
  const subjects = new Subjects('a b');
  const address = { user: 'x.y', nonce: NONCE };
  for (const [subject, kind] of [
    [subjects.hello(address), 'hello'],
    [subjects.toMaster(address), 'm'],
    [subjects.masterControl(address), 'm'],
    [subjects.slaveControl(address), 's'],
  ] as const) {
    assert.equal(parseSubject(subject), { member: 'a=20b', kind, user: 'x=2Ey', nonce: NONCE });
  }
});

test('it refuses what is no subject of ours', () => {
  for (const subject of ['', 'mw', 'mw.a.m.u', 'xx.a.m.u.n', 'mw..m.u.n', 'mw.a.m..n', 'mw.a.m.u.', '....']) {
    assert.throws(
      () => parseSubject(subject),
      (error: unknown) => error instanceof FormatError,
      subject,
    );
  }
});

test.run();
