/** The subjects that each role may use: all that it needs, under its own user, and none beside. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { masterPermissions, slavePermissions } from '../../../src/wire/messages/permissions.js';
import { Subjects } from '../../../src/wire/messages/subjects.js';

const MEMBER = 'm.1';
const NONCE = '0123456789abcdef0123456789abcdef';
const subjects = new Subjects(MEMBER);

function allows(patterns: readonly string[], subject: string): boolean {
  return patterns.some((pattern) => {
    const tokens = pattern.split('.');
    const others = subject.split('.');
    return (
      tokens.length === others.length && tokens.every((token, i) => token === '*' || token === others[i])
    );
  });
}

const test = suite('wire/permissions');

test('a slave says hello, speaks and hears under its own user alone', () => {
  const { publish, subscribe } = slavePermissions(MEMBER, 'a b');
  for (const [user, may] of [
    ['a b', true],
    ['mallory', false],
  ] as const) {
    const address = { user, nonce: NONCE };
    for (const subject of [
      subjects.hello(address),
      subjects.toMaster(address),
      subjects.masterControl(address),
    ])
      assert.is(allows(publish, subject), may, subject);
    for (const subject of [subjects.toSlave(address), subjects.slaveControl(address)]) {
      assert.is(allows(subscribe, subject), may, subject);
      assert.not(allows(publish, subject), subject);
    }
  }
  for (const subject of [subjects.allHellos, subjects.allToMaster, subjects.allMasterControl])
    assert.not(subscribe.includes(subject));
});

test('a master hears and speaks to all, and speaks as a slave under its own user alone', () => {
  const { publish, subscribe } = masterPermissions(MEMBER, 'boss');
  for (const user of ['boss', 'alice']) {
    const address = { user, nonce: NONCE };
    for (const subject of [subjects.toSlave(address), subjects.slaveControl(address)])
      assert.ok(allows(publish, subject), subject);
    for (const subject of [
      subjects.hello(address),
      subjects.toMaster(address),
      subjects.masterControl(address),
    ]) {
      assert.ok(allows(subscribe, subject), subject);
      assert.is(allows(publish, subject), user === 'boss', subject);
    }
    assert.is(allows(subscribe, subjects.toSlave(address)), user === 'boss');
  }
});

test('nobody may do anything for another member', () => {
  const other = new Subjects('m').toSlave({ user: 'boss', nonce: NONCE });
  const { publish, subscribe } = masterPermissions(MEMBER, 'boss');
  assert.not(allows([...publish, ...subscribe], other));
});

test.run();
