/** Who is let in, and who is told what. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Sessions } from '../../../src/master/slaves/sessions.js';
import { type HandshakeMessage, type Hello, PROTOCOL_VERSION } from '../../../src/wire/messages/messages.js';
import type { SessionAddress } from '../../../src/wire/messages/subjects.js';
import { createSessions } from '../parts.js';

const NONCE = '0'.repeat(32);
const hello: Hello = {
  type: 'hello',
  protocol: PROTOCOL_VERSION,
  nonce: NONCE,
  memberId: 'm',
  algorithms: [],
  host: 'h',
  pid: 1,
};

function open(): { sessions: Sessions; said: string[] } {
  const said: string[] = [];
  const sessions = createSessions({
    sendHandshake: ({ user }: SessionAddress, message: HandshakeMessage) =>
      said.push(`${user} ${message.type}${message.type === 'welcome' ? ` ${message.sid}` : ''}`),
  });
  return { sessions, said };
}

const test = suite('master/sessions');

test('the same nonce gets the same welcome, however often it says hello', () => {
  const { sessions, said } = open();
  for (let time = 0; time < 3; time++) sessions.takeHello(hello, { user: 'a', nonce: NONCE });
  assert.equal(said, ['a welcome 0', 'a welcome 0', 'a welcome 0']);
  assert.is(sessions.roster.size, 1);
});

test('a nonce that another user names does not take the place of its slave', () => {
  const { sessions, said } = open();
  sessions.takeHello(hello, { user: 'a', nonce: NONCE });
  const [slave] = sessions.roster;
  sessions.takeHello(hello, { user: 'thief', nonce: NONCE });
  assert.equal(said, ['a welcome 0']);
  assert.equal([...sessions.roster], [slave]);
});

test('a session that is over is answered stale, to hellos and frames', () => {
  const { sessions, said } = open();
  const address = { user: 'a', nonce: NONCE };
  sessions.takeHello(hello, address);
  for (const slave of [...sessions.roster]) sessions.end(slave);
  sessions.takeHello(hello, address);
  assert.is(sessions.roster.find(address), undefined);
  sessions.refuseFrame(address);
  assert.equal(said, ['a welcome 0', 'a stale', 'a stale']);
});

test('a hello that names another nonce than its subject is none', () => {
  const { sessions, said } = open();
  sessions.takeHello(hello, { user: 'a', nonce: '1'.repeat(32) });
  assert.equal([said.length, sessions.roster.size], [0, 0]);
});

test.run();
