/** How many slaves quick tasks get, who rests meanwhile, and what ends the rest. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Crew, crewFor } from '../../../src/master/dispatch/crew.js';
import type { OwnMachine } from '../../../src/master/model/master-ports.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import { Deque } from '../../../src/structures/deque.js';
import { createEntry, createSlave, createTask, makeKind, Parts } from '../parts.js';

const test = suite('master/crew');

const MICROSECOND = 1e-6;
/** More than the time between two looks. */
const LATER_MS = 60;

/** Slaves in line that ask for tasks in turn, and clocks that move at each look. */
class Stage {
  readonly crew: Crew;
  readonly slaves: SlaveRecord[];
  now = 0;
  busyMs = 0;

  constructor(slaves = 20, machine?: OwnMachine) {
    this.crew = new Crew(machine);
    this.slaves = Array.from({ length: slaves }, (_, number) => createSlave(number));
    for (const slave of this.slaves) slave.enterLine();
  }

  /** Groups went out that `needed` slaves keep a master busy with, and those slaves brought results, before the next look. */
  look({ moved = [] as readonly SlaveRecord[], share = 1, needed = 6 } = {}): void {
    this.now += LATER_MS;
    this.busyMs += share * LATER_MS;
    this.crew.note(needed, this.slaves[0] as SlaveRecord);
    for (const slave of moved) slave.noteResults(this.now, true);
    this.crew.look(this.now, () => this.busyMs);
  }

  get members(): SlaveRecord[] {
    return this.slaves.filter((slave) => this.crew.admits(slave));
  }
}

test('its size is two, and what the run times and the bytes of an algorithm need', () => {
  const size = (quickSeconds: number | undefined, resultBytes = 0): number =>
    crewFor({ quickSeconds, resultBytes });
  assert.equal([size(MICROSECOND), size(10 * MICROSECOND), size(MICROSECOND, 1_000)], [3, 12, 23]);
  assert.is(size(undefined), Number.POSITIVE_INFINITY);
});

test('all slaves are members until something quick was given out', () => {
  const { crew, slaves } = new Stage();
  assert.is(crew.isLimited, false);
  assert.ok(slaves.every((slave) => crew.admits(slave) && !crew.isResting(slave)));
  crew.note(Number.POSITIVE_INFINITY, slaves[0] as SlaveRecord);
  crew.look(1_000, () => 1_000);
  assert.is(crew.isLimited, false);
});

test('the first that ask are members, the others rest, and are recruited in turn when there is room', () => {
  const stage = new Stage();
  stage.look();
  const { crew, members, slaves } = stage;
  assert.equal(members, slaves.slice(0, 6));
  for (const slave of slaves.slice(6)) crew.rest(slave);
  assert.is(crew.recruit(), undefined);
  assert.equal(
    [crew.isResting(slaves[0] as SlaveRecord), crew.isResting(slaves[6] as SlaveRecord)],
    [false, true],
  );
  crew.remove(slaves[2] as SlaveRecord);
  crew.remove(slaves[6] as SlaveRecord);
  assert.is(crew.recruit(), slaves[7]);
  assert.ok(crew.admits(slaves[7] as SlaveRecord));
  assert.is(crew.recruit(), undefined);
});

test('longer tasks enlarge it at once, and quick ones make it smaller two looks later', () => {
  const stage = new Stage();
  stage.look();
  assert.is(stage.members.length, 6);
  const [slave] = stage.slaves as [SlaveRecord];
  stage.crew.note(10, slave);
  assert.is(stage.members.length, 10);
  stage.crew.note(Number.POSITIVE_INFINITY, slave);
  assert.is(stage.crew.isLimited, false);
  stage.look({ moved: stage.slaves });
  assert.is(stage.members.length, 10, 'as before the unknown ones');
  for (let look = 0; look < 2; look++) stage.look({ moved: stage.slaves });
  const line = new Deque<SlaveRecord>();
  stage.crew.rest(stage.slaves[9] as SlaveRecord);
  stage.crew.disband(line);
  assert.is(line.shift(), stage.slaves[9]);
  assert.is(stage.members.length, 6);
});

test('a member without results for two seconds makes room for another', () => {
  const stage = new Stage();
  stage.look();
  const [still, ...others] = stage.members as [SlaveRecord, ...SlaveRecord[]];
  for (let look = 0; look < 39; look++) stage.look({ moved: others });
  assert.ok(!stage.crew.hasPlaceFor(stage.slaves[6] as SlaveRecord));
  stage.look({ moved: others });
  assert.ok(stage.crew.admits(stage.slaves[6] as SlaveRecord));
  assert.ok(!stage.crew.admits(still), 'it is one of the others now');
});

test('it doubles while the master has time left, and shrinks again when that is busy', () => {
  const stage = new Stage(100);
  const sizes = (shares: readonly number[]): number[] =>
    shares.map((share) => {
      stage.look({ moved: stage.slaves, share });
      stage.crew.disband(new Deque());
      return stage.members.length;
    });
  assert.equal(sizes([1, 0.4, 0.7, 0.1, 0, 0]), [6, 12, 12, 24, 48, 96]);
  assert.equal(sizes([0.9, 0.6, 1, 1, 1, 1]), [48, 48, 24, 12, 6, 6]);
});

test("the quickest tasks go to as many slaves of the master's machine as have a processor beside its own", () => {
  const crewOf = (needed: number, machine: OwnMachine): number => {
    const stage = new Stage(10, machine);
    stage.look({ needed });
    return stage.members.length;
  };
  const [two, three] = [2, 3].map((processors) => ({ host: 'h', processors })) as [OwnMachine, OwnMachine];
  assert.equal([crewOf(4, two), crewOf(4, three), crewOf(4, { ...two, processors: 1 })], [1, 2, 1]);
  assert.equal([crewOf(5, two), crewOf(4, { ...two, host: 'another' })], [5, 4]);
  const stage = new Stage(10, two);
  const sizes = [1, 0.4, 0.6, 0.9].map((share) => {
    stage.look({ moved: stage.slaves, share, needed: 4 });
    return stage.members.length;
  });
  assert.equal(sizes, [1, 2, 2, 1], 'more of them while the master has time left');
});

test('it does not grow while it has places that nobody took', () => {
  const stage = new Stage();
  for (let look = 0; look < 5; look++) stage.look({ share: 0 });
  assert.is(stage.members.length, 6);
});

test('the dispatcher gives quick tasks to a few, and one that must run alone to a slave that rests', () => {
  let busyMs = 0;
  const parts = new Parts({ slaves: 10, taskGroup: 1, busyMs: () => busyMs });
  const quick = createEntry('quick', MICROSECOND);
  const given = (now: number) => new Set(parts.dispatch(now).map(({ slave }) => slave));
  parts.submit(20, quick);
  assert.is(given(0).size, 10, 'nothing is known yet');
  for (const { tasks, slave } of [...parts.given])
    parts.results(
      slave,
      slave.number,
      tasks.map(({ number }) => [number, 1] as const),
      false,
      1,
      LATER_MS,
    );
  parts.submit(40, quick);
  busyMs = 2 * LATER_MS;
  const crew = given(2 * LATER_MS);
  assert.is(crew.size, 5, 'three for a microsecond, and two for the bytes');
  const resting = parts.slaves.filter((slave) => !crew.has(slave));
  assert.ok(resting.every((slave) => parts.dispatcher.isResting(slave)));
  const suspect = parts.submitSuspect();
  const [first] = parts.dispatch(2 * LATER_MS);
  assert.equal([first?.tasks[0], resting.includes(first?.slave as SlaveRecord)], [suspect, true]);
  parts.lose(resting[1] as SlaveRecord);
  for (const slave of crew) parts.lose(slave);
  assert.is(parts.dispatch(2 * LATER_MS).length, 0, 'the one that is left runs a task alone');
  parts.results(
    first?.slave as SlaveRecord,
    first?.slave.number ?? 0,
    [[suspect.number, 1]],
    false,
    1,
    2 * LATER_MS,
  );
  assert.is(parts.dispatch(2 * LATER_MS)[0]?.slave, first?.slave, 'it has a place in the crew now');
});

test('an ordered task of unknown length does not end the rest of others', () => {
  let busyMs = 0;
  const parts = new Parts({ slaves: 10, taskGroup: 1, busyMs: () => busyMs });
  const [ordered] = parts.slaves as [SlaveRecord];
  makeKind(ordered, 'ordered');
  parts.submit(18, createEntry('quick', MICROSECOND));
  parts.dispatch(0);
  for (const { tasks, slave } of [...parts.given])
    parts.results(
      slave,
      slave.number,
      tasks.map(({ number }) => [number, 1] as const),
      false,
      1,
      LATER_MS,
    );
  busyMs = 2 * LATER_MS;
  parts.submit(40, createEntry('quick', MICROSECOND));
  parts.dispatch(2 * LATER_MS);
  assert.ok(parts.jar.hasReady);
  const task = createTask(parts.jar.nextNumber(), createEntry('new'), { sid: ordered.sid });
  task.addressTo(ordered);
  parts.jar.add(task);
  assert.equal(
    parts.dispatch(2 * LATER_MS).map(({ slave }) => slave.sid),
    [ordered.sid],
  );
});

test.run();
