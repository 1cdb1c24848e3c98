/** The decisions of an overseer about the file that it reads, one look after the other. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { overseeParams } from '../../../src/cli/oversee/oversee-params.js';
import { Overseer, type OwnSlaves, type Sighting } from '../../../src/cli/oversee/oversight.js';
import type { ResourceFile } from '../../../src/cli/resource-file/resource-file.js';

const NONE: OwnSlaves = { kept: 0, running: 0, young: 0 };
const old = (kept: number): OwnSlaves => ({ kept, running: kept, young: 0 });

function file(needed: number, more: Partial<ResourceFile> = {}): Sighting {
  return {
    file: {
      'computation-status': 'in-progress',
      timestamp: 't1',
      'member-id': 'm',
      'update-interval': 10,
      'slaves-needed': needed,
      'slave-executable': 'app.js',
      'slave-arguments': ['--slave'],
      nats: { urls: ['nats://h:1'] },
      'run-id': 'r1',
      ...more,
    },
    master: 'running',
  };
}

const overseer = (minSlaves = 0, maxSlaves = 8, waitMs = 30_000) =>
  new Overseer({ path: 'm.rsc', minSlaves, maxSlaves, waitMs });

const test = suite('cli/oversight');

test('each writing counts once, and slaves that may not have joined by then are taken off', () => {
  const one = overseer();
  const start = (sighting: Sighting, slaves: OwnSlaves, now: number) => {
    const decision = one.decide(sighting, slaves, now);
    return decision.does === 'end' ? decision : decision.start;
  };
  assert.is(start(file(3), NONE, 0), 3);
  assert.is(start(file(3), { kept: 3, running: 3, young: 3 }, 1_000), 0, 'the same writing');
  assert.is(start(file(2, { timestamp: 't2' }), { kept: 3, running: 3, young: 2 }, 2_000), 0);
  assert.is(start(file(4, { timestamp: 't3' }), old(3), 20_000), 4);
  assert.is(start(file(0, { timestamp: 't4' }), old(7), 30_000), 0);
  assert.is(start(file(9, { timestamp: 't5' }), old(7), 40_000), 1, 'no more than may be');
});

test('says once that there may not be enough', () => {
  const one = overseer(0, 2);
  const tell = (timestamp: string) => {
    const decision = one.decide(file(5, { timestamp }), NONE, 0);
    return decision.tell;
  };
  assert.is(tell('t1'), 'the master lacks 5 slaves, and there may be 2 here; see --max-slaves');
  assert.is(tell('t1'), undefined);
  assert.is(tell('t2'), 'the master lacks 5 slaves, and there may be 2 here; see --max-slaves');
});

test('keeps the least whatever the file says', () => {
  const one = overseer(2);
  assert.equal(one.decide(file(0), NONE, 0), { does: 'go-on', start: 2, stop: false, tell: undefined });
  assert.equal(one.decide(file(0), old(1), 1), { does: 'go-on', start: 1, stop: false, tell: undefined });
});

test('slaves of an earlier run serve the next one', () => {
  const one = overseer();
  one.decide(file(3), NONE, 0);
  const next = file(4, { 'run-id': 'r2', timestamp: 't2' });
  assert.equal(one.decide(next, old(3), 60_000), { does: 'go-on', start: 1, stop: false, tell: undefined });
});

test('a finished computation is over once the slaves have ended', () => {
  const one = overseer();
  const finished = file(5, { 'computation-status': 'finished' });
  const text = 'the computation is finished; the slaves end by themselves';
  assert.equal(one.decide(finished, old(1), 0), { does: 'go-on', start: 0, stop: true, tell: text });
  assert.equal(one.decide(finished, old(1), 0), { does: 'go-on', start: 0, stop: true, tell: undefined });
  assert.equal(one.decide(finished, NONE, 0), {
    does: 'end',
    code: 0,
    tell: 'the computation of m.rsc is finished',
  });
});

test('waits for a file and for a master that is gone, and no longer than it may', () => {
  const one = overseer();
  const missing: Sighting = { file: undefined, reason: 'there is no resource file m.rsc', master: 'unknown' };
  assert.equal(one.decide(missing, NONE, 0), {
    does: 'go-on',
    start: 0,
    stop: true,
    tell: 'waits: there is no resource file m.rsc',
  });
  assert.is(one.decide(missing, NONE, 29_999).does, 'go-on');
  assert.is(one.decide(file(1), NONE, 29_999).does, 'go-on');
  const gone: Sighting = { ...file(1), master: 'ended' };
  assert.equal(one.decide(gone, old(1), 40_000), {
    does: 'go-on',
    start: 0,
    stop: true,
    tell: 'waits: the master of m.rsc is gone: its process has ended',
  });
  assert.equal(one.decide(gone, NONE, 70_000), {
    does: 'end',
    code: 255,
    tell: 'the master of m.rsc is gone: its process has ended, and no other came within 30 s',
  });
});

test('a master elsewhere is gone when it does not write; one that runs here may be busy', () => {
  const one = overseer();
  const elsewhere: Sighting = { ...file(0), master: 'unknown' };
  one.decide(elsewhere, NONE, 0);
  assert.is(one.decide(elsewhere, NONE, 40_000).tell, undefined);
  assert.is(
    one.decide(elsewhere, NONE, 40_001).tell,
    'waits: the master of m.rsc is gone: it has not written for 40 s',
  );
  assert.equal(one.decide(file(0), NONE, 1e9), { does: 'go-on', start: 0, stop: false, tell: undefined });
});

test('its options are checked', () => {
  const given = { resourceFile: 'm.rsc', minSlaves: '0', wait: '0' };
  assert.equal(overseeParams({ ...given, maxSlaves: '3' }), {
    resourceFile: 'm.rsc',
    minSlaves: 0,
    maxSlaves: 3,
    waitMs: Number.POSITIVE_INFINITY,
  });
  assert.throws(() => overseeParams({ ...given, resourceFile: '' }), /^--resource-file: expected a text/);
  assert.throws(() => overseeParams({ ...given, maxSlaves: '0' }), /^--max-slaves: .* from 1 to 1024/);
  assert.throws(
    () => overseeParams({ ...given, minSlaves: '3', maxSlaves: '2' }),
    /^--min-slaves: .* at most 2/,
  );
});

test.run();
