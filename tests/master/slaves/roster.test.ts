/** The slaves that have a session: how they are found, and what stays known of those that had one. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Roster } from '../../../src/master/slaves/roster.js';
import { createSlave } from '../parts.js';

const test = suite('master/roster');
/** As the roster's own bound. */
const MOST_ENDED = 10_000;

test('it numbers slaves from 0, and finds them by number, nonce, address and process', () => {
  const roster = new Roster();
  assert.equal([roster.nextNumber(), roster.nextNumber(), roster.nextNumber()], [0, 1, 2]);
  const slaves = [createSlave(0), createSlave(1, 4)];
  for (const slave of slaves) roster.add(slave);
  assert.equal([roster.size, roster.slots], [2, 5]);
  assert.equal([...roster], slaves);
  for (const slave of slaves) {
    assert.is(roster.findByNumber(slave.number), slave);
    assert.is(roster.findByNonce(slave.nonce), slave);
    assert.is(roster.find(slave.address), slave);
    assert.is(roster.find({ ...slave.address }), slave);
    assert.equal(roster.findProcess(slave.pid, slave.host), [slave]);
  }
  assert.is(roster.findByNumber(2), undefined);
});

test('it does not take another user for the one that joined, nor another host for the same process', () => {
  const roster = new Roster();
  const slave = createSlave(3);
  roster.add(slave);
  assert.is(roster.find({ user: 'mallory', nonce: slave.nonce }), undefined);
  assert.is(roster.find({ user: slave.address.user, nonce: 'f'.repeat(32) }), undefined);
  assert.equal(roster.findProcess(slave.pid, 'elsewhere'), []);
  assert.equal(roster.findProcess(slave.pid + 1, slave.host), []);
});

test('it finds all that say they are the same process', () => {
  const roster = new Roster();
  const [first, second] = [createSlave(7), createSlave(8)];
  const twin = Object.assign(Object.create(second), { pid: first.pid });
  roster.add(first);
  roster.add(twin);
  assert.is(roster.findProcess(first.pid, first.host).length, 2);
});

test('what is removed is found no more, and its slots are gone once', () => {
  const roster = new Roster();
  const [gone, left] = [createSlave(0, 3), createSlave(1, 2)];
  roster.add(gone);
  roster.add(left);
  roster.remove(gone, { how: 'left', evidence: 'test' });
  assert.equal([roster.size, roster.slots], [1, 2]);
  assert.is(roster.findByNumber(0), undefined);
  assert.is(roster.findByNonce(gone.nonce), undefined);
  assert.is(roster.find(gone.address), undefined);
  roster.remove(gone, { how: 'left', evidence: 'test' });
  assert.equal([roster.size, roster.slots], [1, 2]);
  assert.is(roster.find(left.address), left);
});

test('an ended session is told of once', () => {
  const roster = new Roster();
  const slave = createSlave(4);
  assert.is(roster.noteStale(slave.nonce), undefined);
  roster.add(slave);
  assert.is(roster.noteStale(slave.nonce), undefined);
  assert.not(roster.hasEnded(slave.nonce));
  roster.remove(slave, { how: 'left', evidence: 'test' });
  assert.ok(roster.hasEnded(slave.nonce));
  assert.is(roster.noteStale(slave.nonce), 4);
  assert.is(roster.noteStale(slave.nonce), undefined);
  assert.ok(roster.hasEnded(slave.nonce));
});

test('what a slave has been is known of a living and of an ended session, to its own user alone', () => {
  const roster = new Roster();
  const slave = createSlave(2);
  const { nonce, history } = slave;
  const { user } = slave.address;
  assert.is(roster.historyOf(nonce, user), undefined);
  roster.add(slave);
  assert.equal(roster.historyOf(nonce, user), history);
  assert.is(roster.historyOf(nonce, 'mallory'), undefined);
  roster.remove(slave, { how: 'left', evidence: 'test' });
  assert.equal(roster.historyOf(nonce, user), history);
  assert.is(roster.historyOf(nonce, 'mallory'), undefined);
});

test('of ended sessions the newest ten thousand are known', () => {
  const roster = new Roster();
  const model = createSlave(0);
  const nonceOf = (number: number): string => number.toString(16).padStart(32, '0');
  for (let number = 0; number <= MOST_ENDED; number++) {
    if (number === MOST_ENDED) assert.ok(roster.hasEnded(nonceOf(0)));
    const { address, history, concurrency } = model;
    const slave = { number, nonce: nonceOf(number), address, history, concurrency };
    roster.remove(slave as unknown as typeof model, { how: 'left', evidence: 'test' });
  }
  assert.not(roster.hasEnded(nonceOf(0)));
  assert.ok(roster.hasEnded(nonceOf(1)));
  assert.ok(roster.hasEnded(nonceOf(MOST_ENDED)));
});

test.run();
