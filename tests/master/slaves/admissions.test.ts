/** Slaves about which the program is asked: each waits, and is let in, refused, or forgotten. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silentAudit } from '../../../src/audit/memory-trail.js';
import type { SlaveIdentity } from '../../../src/master/model/slave-identity.js';
import { askProgram } from '../../../src/master/slaves/ask-program.js';
import type { Sessions } from '../../../src/master/slaves/sessions.js';
import { type HandshakeMessage, type Hello, PROTOCOL_VERSION } from '../../../src/wire/messages/messages.js';
import type { SessionAddress } from '../../../src/wire/messages/subjects.js';
import { createSessions } from '../parts.js';

const nonceOf = (n: number): string => n.toString(16).padStart(32, '0');

function helloOf(n: number, change: Partial<Hello> = {}): Hello {
  const nonce = nonceOf(n);
  const base = { type: 'hello', protocol: PROTOCOL_VERSION, nonce, memberId: 'm' } as const;
  return { ...base, algorithms: [['square', 'f']], host: 'h', pid: n, ...change };
}

class Stage {
  readonly said: string[] = [];
  readonly asked: { readonly identity: SlaveIdentity; readonly id: number }[] = [];
  readonly heard: string[] = [];
  readonly sessions: Sessions;

  constructor(broker: 'embedded' | 'external' = 'external') {
    this.sessions = createSessions(
      {
        sendHandshake: (_address: SessionAddress, message: HandshakeMessage) =>
          this.said.push(message.type === 'reject' ? `reject ${message.reason}` : message.type),
        authorize: (identity, id) => this.asked.push({ identity, id }),
      },
      { broker, audit: { ...silentAudit, emit: ({ type }) => this.heard.push(type) } },
    );
  }

  hello(n: number, user = 'alice', change: Partial<Hello> = {}): void {
    this.sessions.takeHello(helloOf(n, change), { user, nonce: nonceOf(n) });
  }

  answer(n: number, reason?: string): void {
    const id = this.asked[n]?.id ?? Number.NaN;
    this.sessions.takeAuthorization(
      id,
      reason === undefined ? { admitted: true } : { admitted: false, reason },
    );
  }

  tick(times: number): void {
    for (let time = 0; time < times; time++) this.sessions.tick(0);
  }
}

const test = suite('master/admissions');

test('the program is asked once, however often the slave says hello, and told who it is', () => {
  const stage = new Stage();
  for (let time = 0; time < 3; time++) stage.hello(1, 'alice', { concurrency: 4, previous: 7 });
  assert.equal(
    stage.asked.map(({ identity }) => identity),
    [
      {
        user: 'alice',
        memberId: 'm',
        host: 'h',
        pid: 1,
        algorithms: new Map([['square', 'f']]),
        concurrency: 4,
        previousSid: 'SLAVE-7',
      },
    ],
  );
  assert.equal([stage.said, stage.heard], [[], ['hello-received']]);
  stage.answer(0);
  assert.equal(stage.said, ['welcome']);
  stage.answer(0);
  stage.hello(1);
  assert.equal([stage.said, stage.sessions.roster.size], [['welcome', 'welcome'], 1]);
});

test('a user is named only where a broker knows users', () => {
  const users = (['external', 'embedded'] as const).map((broker) => {
    const stage = new Stage(broker);
    stage.hello(1, 'alice');
    stage.hello(2, '_');
    return stage.asked.map(({ identity }) => identity.user);
  });
  assert.equal(users, [
    ['alice', undefined],
    [undefined, undefined],
  ]);
});

test('who waits holds up nobody, and answers may come in any order', () => {
  const stage = new Stage();
  for (const n of [1, 2, 3]) stage.hello(n);
  stage.answer(2);
  stage.answer(1, 'no');
  assert.equal(stage.said, ['welcome', 'reject no']);
  assert.equal(stage.heard.slice(-2), ['slave-connecting', 'hello-refused']);
  stage.answer(0);
  assert.equal(
    [...stage.sessions.roster].map(({ sid, pid }) => [sid, pid]),
    [
      ['SLAVE-0', 3],
      ['SLAVE-1', 1],
    ],
  );
});

test('one that ts-mw itself refuses is not asked about', () => {
  const stage = new Stage();
  stage.hello(1, 'alice', { memberId: 'other' });
  assert.equal([stage.asked.length, stage.heard.at(-1)], [0, 'member-refused']);
});

test('a hello repeated with other words, or by another user, changes nothing', () => {
  const stage = new Stage();
  stage.hello(1, 'alice', { host: 'good' });
  stage.hello(1, 'alice', { host: 'bad' });
  stage.hello(1, 'thief');
  stage.answer(0);
  assert.equal(stage.asked.length, 1);
  assert.equal(
    [...stage.sessions.roster].map(({ host, address }) => [host, address.user]),
    [['good', 'alice']],
  );
});

test('one that falls silent is forgotten; the answer for it counts for no later hello', () => {
  const stage = new Stage();
  stage.hello(1);
  stage.tick(29);
  stage.hello(1);
  stage.tick(29);
  stage.hello(1, 'thief');
  stage.tick(1);
  stage.answer(0);
  assert.equal([stage.said, stage.sessions.roster.size], [[], 0]);
  stage.hello(1, 'alice', { host: 'other' });
  assert.is(stage.asked.length, 2);
  stage.answer(0);
  assert.equal(stage.said, []);
  stage.answer(1);
  assert.equal(stage.said, ['welcome']);
});

test('one for which nothing is decided in time is refused, and asks anew', () => {
  const stage = new Stage();
  stage.hello(1);
  for (let second = 0; second < 10; second++) {
    assert.equal(stage.said, []);
    stage.tick(10);
    stage.hello(1);
  }
  assert.equal(stage.said, ['reject authorizeSlave did not decide within 10 s']);
  stage.answer(0);
  assert.is(stage.sessions.roster.size, 0);
  assert.is(stage.asked.length, 2);
});

test('a flood waits outside: a thousand are asked about, and then the next', () => {
  const stage = new Stage();
  for (let n = 0; n < 1_500; n++) stage.hello(n);
  assert.equal([stage.asked.length, stage.heard.length], [1_000, 1_000]);
  stage.answer(5);
  stage.hello(1_400);
  assert.equal([stage.asked.length, stage.asked.at(-1)?.identity.pid], [1_001, 1_400]);
});

const identity = {} as SlaveIdentity;
const answers: readonly (readonly [string, () => unknown, true | RegExp])[] = [
  ['true', () => true, true],
  ['a promise of true', async () => true, true],
  ['false', () => false, /^authorizeSlave refuses it$/],
  ['a promise of a reason', async () => 'no "room"', /^authorizeSlave refuses it: no "room"$/],
  ['an empty reason', () => '', /^authorizeSlave refuses it$/],
  ['nothing', () => undefined, /answered with undefined, not with true$/],
  ['what is as good as true', () => 1, /answered with number, not with true$/],
  ['a throw', () => assert.unreachable('on purpose'), /it threw Assertion: on purpose$/],
  ['a rejection with no Error', () => Promise.reject(Object.create(null)), /it threw object$/],
  ['an endless reason', () => 'x'.repeat(10_000), /^.{1000}$/],
];
for (const [what, authorize, expected] of answers) {
  test(`${what} ${expected === true ? 'admits' : 'refuses'}`, async () => {
    const answer = await askProgram(authorize as () => boolean, identity);
    if (expected === true) assert.equal(answer, { admitted: true });
    else assert.match(answer.admitted ? 'admitted' : answer.reason, expected);
  });
}

test('a slave that was never here has no earlier id, and runs one task at once', () => {
  const stage = new Stage();
  stage.hello(1);
  const { previousSid, concurrency } = stage.asked[0]?.identity ?? {};
  assert.equal([previousSid, concurrency], [undefined, 1]);
});

test.run();
