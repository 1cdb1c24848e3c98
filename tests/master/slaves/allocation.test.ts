/** Which group a slave belongs to, as CL-MW's manual has it. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SlaveKind } from '../../../src/audit/events.js';
import { type Allocated, Allocation } from '../../../src/master/slaves/allocation.js';

const test = suite('allocation');

class Slave implements Allocated {
  draftedFor: SlaveKind | undefined;

  constructor(
    public kind: SlaveKind,
    public outstanding: number,
  ) {}

  draftFor(kind: SlaveKind): void {
    this.draftedFor = kind;
  }

  moveToDrafted(): void {
    this.kind = this.draftedFor ?? this.kind;
    this.draftedFor = undefined;
  }
}

function join(allocation: Allocation, outstanding = 0): Slave {
  return new Slave(allocation.join(), outstanding);
}

const kinds = (slaves: readonly Slave[]): SlaveKind[] => slaves.map(({ kind }) => kind);

test('connecting slaves fill ordered, then intermingle, then unordered, which may overflow', () => {
  const allocation = new Allocation();
  allocation.allocate(1, 'unordered');
  allocation.allocate(1, 'intermingle');
  allocation.allocate(2, 'ordered');
  assert.is(allocation.slavesNeeded, 4);
  const slaves = Array.from({ length: 6 }, () => join(allocation));
  assert.equal(kinds(slaves), ['ordered', 'ordered', 'intermingle', 'unordered', 'unordered', 'unordered']);
  assert.is(allocation.slavesNeeded, 0);
});

test('an idle unordered slave moves at once, a busy one when it runs nothing', () => {
  const allocation = new Allocation();
  const busy = join(allocation, 3);
  const idle = join(allocation);
  allocation.allocate(2, 'ordered');
  assert.equal(allocation.draft([busy, idle]), { moved: [idle], drafted: [busy] });
  assert.equal([busy.kind, idle.kind], ['unordered', 'ordered']);
  assert.is(allocation.slavesNeeded, 0, 'a place that somebody is drafted for is no lack');
  assert.not(allocation.settle(busy));
  busy.outstanding = 0;
  assert.ok(allocation.settle(busy));
  assert.is(busy.kind, 'ordered');
});

test('a slave that is lost leaves its place open, also one that it was drafted for', () => {
  const allocation = new Allocation();
  const busy = join(allocation, 1);
  allocation.allocate(1, 'intermingle');
  allocation.draft([busy]);
  allocation.leave(busy);
  assert.is(allocation.slavesNeeded, 1);
  assert.is(join(allocation).kind, 'intermingle');
});

test('a freed slave is unordered once it runs nothing, and its group wants one less', () => {
  const allocation = new Allocation();
  allocation.allocate(1, 'ordered');
  const slave = join(allocation, 1);
  allocation.free(slave);
  assert.equal([slave.kind, allocation.settle(slave)], ['ordered', false]);
  slave.outstanding = 0;
  assert.equal([allocation.settle(slave), slave.kind], [true, 'unordered']);
  assert.equal(allocation.draft([slave]), { moved: [], drafted: [] });
});

test('deallocating stops at 0 and moves nobody', () => {
  const allocation = new Allocation();
  allocation.allocate(1, 'ordered');
  const slave = join(allocation);
  allocation.deallocate(1000, 'ordered');
  assert.equal([allocation.wanted('ordered'), slave.kind], [0, 'ordered']);
});

test('the idlest unordered slaves are drafted, as many as are wanted, and none twice', () => {
  const allocation = new Allocation();
  const slaves = [3, 1, 2].map((outstanding) => join(allocation, outstanding)) as [Slave, Slave, Slave];
  const [most, least, middle] = slaves;
  allocation.allocate(1, 'ordered');
  assert.equal(allocation.draft(slaves), { moved: [], drafted: [least] });
  assert.equal(allocation.draft(slaves), { moved: [], drafted: [] });
  allocation.allocate(1, 'intermingle');
  assert.equal(allocation.draft(slaves), { moved: [], drafted: [middle] });
  assert.equal(
    [least, middle, most].map(({ draftedFor }) => draftedFor),
    ['ordered', 'intermingle', undefined],
  );
  assert.not(allocation.settle(most), 'it is to move nowhere');
});

test('slaves are needed for the groups that lack some, whatever others have too many', () => {
  const allocation = new Allocation();
  for (let count = 0; count < 3; count++) join(allocation);
  assert.is(allocation.slavesNeeded, 0);
  allocation.allocate(2, 'ordered');
  assert.is(allocation.slavesNeeded, 2);
  allocation.deallocate(1, 'ordered');
  assert.equal([allocation.slavesNeeded, allocation.wanted('ordered')], [1, 1]);
  const slave = join(allocation);
  assert.equal([slave.kind, allocation.slavesNeeded], ['ordered', 0]);
  allocation.allocate(4, 'unordered');
  assert.is(allocation.slavesNeeded, 1);
});

test('a slave that is freed counts as unordered from then on', () => {
  const allocation = new Allocation();
  allocation.allocate(2, 'ordered');
  allocation.allocate(2, 'unordered');
  const [first] = [join(allocation), join(allocation)] as [Slave, Slave];
  assert.is(allocation.slavesNeeded, 2);
  allocation.free(first);
  assert.equal([allocation.slavesNeeded, allocation.wanted('ordered')], [1, 1]);
  allocation.leave(first);
  assert.is(allocation.slavesNeeded, 2);
});

test.run();
