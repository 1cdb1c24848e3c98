/** Proofs between a master and a server, over a channel in memory. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { proveBy } from '../../src/machines/dial/prove.js';
import { passwordAuth, type ServerAuth, tokenAuth } from '../../src/machines/protocol/auth.js';
import { ServerRefusal } from '../../src/machines/protocol/server-refusal.js';
import { outcome, talk } from './talk.js';

const test = suite('proofs between masters and servers');

test('the same token on both sides', async () => {
  const over = talk();
  assert.equal(await outcome(tokenAuth('secret'), tokenAuth('secret'), over), ['ok', 'ok']);
  assert.ok(over.heard.length === 2 && over.heard.every((text) => !text.includes('secret')));
  assert.is.not(over.heard[0], over.heard[1], 'a proof that is sent back is none');
});

test('another token', async () => {
  const [, server] = await outcome(tokenAuth('secret'), tokenAuth('other'));
  assert.is(server, 'the secret is wrong');
});

test('a server without the token is found out', async () => {
  const impostor: ServerAuth = {
    method: 'token',
    proveToServer: async () => {},
    acceptMaster: async (channel) => {
      channel.send(await channel.receive());
      return undefined;
    },
  };
  const [master] = await outcome(tokenAuth('secret'), impostor);
  assert.match(master, /it does not know the secret/);
});

test('a proof is worth nothing on another connection, as to one in between', async () => {
  const [, server] = await outcome(tokenAuth('secret'), tokenAuth('secret'), talk(['one', 'other']));
  assert.is(server, 'the secret is wrong');
});

const PASSWORDS = passwordAuth({ passwords: { alice: 'open sesame', bob: '1234' } });

test('passwords of users', async () => {
  const alice = passwordAuth({ user: 'alice', password: 'open sesame' });
  assert.equal(await outcome(alice, PASSWORDS), ['ok', 'alice']);
  for (const wrong of [
    { user: 'alice', password: '1234' },
    { user: 'carol', password: '1234' },
    { user: '__proto__', password: '1234' },
  ]) {
    const [, server] = await outcome(passwordAuth(wrong), PASSWORDS);
    assert.is(server, 'the secret is wrong', wrong.user);
  }
});

test('secrets that are none are refused where they are given', () => {
  const passwords: readonly unknown[] = [
    undefined,
    { passwords: { alice: '' } },
    { passwords: new Map([['alice', 'a']]) },
    { user: 'alice', password: undefined },
    { user: '', password: 'a' },
    { passwords: { alice: 'a' }, user: 'alice', password: 'a' },
  ];
  for (const one of passwords) assert.throws(() => passwordAuth(one as never), /none of them is empty/);
  for (const one of [
    { user: 'alice', password: 'a', pasword: 'b' },
    { passwords: { alice: 'a' }, users: [] },
  ]) {
    assert.throws(
      () => passwordAuth(one as never),
      /passwordAuth has no option "(pasword|users)"; it may have/,
    );
  }
  for (const one of ['', 5, undefined])
    assert.throws(() => tokenAuth(one as never), /tokenAuth takes a token/);
});

test('values that are no proofs are refused', async () => {
  for (const value of [null, 7, {}, { proof: 1 }, { user: 'alice' }]) {
    const over = talk();
    over.master.send(value);
    await PASSWORDS.acceptMaster(over.server).then(
      () => assert.unreachable('it was taken'),
      (error: Error) => assert.match(error.message, /without a proof/),
    );
  }
});

test('sides of different ways, and one that takes anybody, are told apart before anything is sent', async () => {
  for (const [own, method, part] of [
    [undefined, 'token', /asks for a token, and none was given; give --server-token-file FILE/],
    [tokenAuth('x'), 'none', /asks for no token, so that it may be another server/],
    [tokenAuth('x'), 'password', /asks for a password, and a token was given/],
  ] as const) {
    const over = talk();
    await proveBy(own, { method, channel: over.master }, 'node1').then(
      () => assert.unreachable('it was taken'),
      (error: Error) => assert.ok(error instanceof ServerRefusal && part.test(error.message), error.message),
    );
    assert.equal(over.heard, []);
  }
});

test.run();
