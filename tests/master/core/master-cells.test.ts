/** A master's cells: set by the program, folded with offers; what cannot be folded is told and changes nothing. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CellDefinition } from '../../../src/algorithms/cell-holder.js';
import { portable } from '../../../src/algorithms/portable.js';
import type { AuditEvent } from '../../../src/audit/events.js';
import { EncodeError, UsageError } from '../../../src/errors.js';
import { MasterCells } from '../../../src/master/core/master-cells.js';
import { encodeCell } from '../../../src/wire/values/cell-value.js';
import { encodeValue } from '../../../src/wire/values/codec.js';

const at = (index: number) => ({ index, place: 'file:///p.js:1:2' });
const STEP: CellDefinition = { name: 'step', initial: 0, merge: undefined, ...at(0) };
const BEST: CellDefinition = {
  name: 'best',
  initial: Number.POSITIVE_INFINITY,
  merge: (a, b) => Math.min(a as number, b as number),
  ...at(1),
};
const ODD: CellDefinition = {
  name: 'odd',
  initial: [],
  merge: (_value, offered) => {
    if (offered === 'throw') throw new RangeError('no');
    if (offered === 'textless') throw Object.create(null);
    if (offered === 'large') return 'x'.repeat(5_000);
    return offered === 'symbol' ? Symbol('s') : offered;
  },
  ...at(2),
};

class Stage {
  readonly events: AuditEvent[] = [];
  readonly published: string[] = [];
  readonly cells = new MasterCells({
    definitions: [STEP, BEST, ODD],
    audit: { emit: (event) => this.events.push(event) },
    publish: (index, { version, text }) => this.published.push(`${index}@${version} ${text}`),
  });

  offer(sid: string, ...offers: readonly (readonly [name: string, text: string])[]): void {
    const numbered = offers.map(([name, text]) => [name, 1, text] as const);
    this.cells.takeOffers({ sid }, numbered, 'with results');
  }

  get told(): string[] {
    return this.events.map((event) =>
      event.type === 'offer-dropped' ? `${event.sid} ${event.cell}: ${event.reason}` : event.type,
    );
  }
}

const NAN = encodeCell('best', Number.NaN);

const test = suite('master cells');

test('a cell has its initial value until it is set, and what is equal is not published', () => {
  const { cells, published } = new Stage();
  assert.is(cells.get(STEP), 0);
  assert.is(cells.changed, undefined);
  cells.set(STEP, 0);
  assert.equal(published, []);
  cells.set(STEP, 1);
  cells.set(STEP, 1);
  cells.set(BEST, Number.NaN);
  assert.is(cells.get(STEP), 1);
  assert.equal(published, ['0@1 1', `1@2 ${NAN}`]);
  assert.equal(cells.changed, [
    ['step', 1, '1'],
    ['best', 2, NAN],
  ]);
});

test('offers are folded in, and only what changes the value is published', () => {
  const { cells, published, events } = new Stage();
  cells.takeOffers({ sid: 'SLAVE-0' }, [['best', 1, '7']], 'with results');
  const slave = { sid: 'SLAVE-1' };
  for (const [index, text] of ['9', '7', '5'].entries()) {
    cells.takeOffers(slave, [['best', index + 1, text]], 'by sentinel');
  }
  cells.offer(BEST, 4);
  assert.is(cells.get(BEST), 4);
  assert.equal(published, ['1@1 7', '1@2 5', '1@3 4']);
  assert.equal(events, []);
});

test('what came with results is not folded once more after the program has set the cell', () => {
  const { cells } = new Stage();
  const [slave, other] = [{ sid: 'SLAVE-0' }, { sid: 'SLAVE-1' }];
  cells.takeOffers(slave, [['best', 2, '5']], 'with results');
  cells.set(BEST, Number.POSITIVE_INFINITY);
  cells.takeOffers(slave, [['best', 1, '7']], 'by sentinel');
  cells.takeOffers(slave, [['best', 2, '5']], 'by sentinel');
  assert.is(cells.get(BEST), Number.POSITIVE_INFINITY);
  cells.takeOffers(slave, [['best', 3, '90']], 'by sentinel');
  assert.is(cells.get(BEST), 90, 'a task that runs has offered it');
  cells.takeOffers(other, [['best', 1, '80']], 'by sentinel');
  assert.is(cells.get(BEST), 80, 'another slave counts for itself');
  cells.takeOffers(slave, [['best', 2, '70']], 'with results');
  assert.is(cells.get(BEST), 70, 'what comes with results is folded in any case');
});

test('it says which cells the program has set since, as they are now', () => {
  const { cells } = new Stage();
  assert.is(cells.setAt, 0);
  cells.offer(BEST, 9);
  assert.is(cells.setAt, 0, 'an offer is no setting');
  cells.set(STEP, 1);
  const { setAt } = cells;
  assert.equal(cells.setAfter(0), [['step', setAt, '1']]);
  cells.set(BEST, 7);
  cells.offer(BEST, 5);
  assert.equal(cells.setAfter(setAt), [['best', 4, '5']]);
  assert.equal(cells.setAfter(cells.setAt), []);
});

test('what cannot be folded changes nothing, and the first of each cell is told', () => {
  const stage = new Stage();
  for (let n = 0; n < 3; n++) {
    stage.offer('SLAVE-3', ['odd', '"throw"'], ['step', '1'], ['best', '{'], ['none', '1']);
  }
  assert.equal(stage.told, [
    'SLAVE-3 odd: RangeError: no',
    'SLAVE-3 step: UsageError: cell "step" takes no offers: it has no merge',
    'SLAVE-3 best: FormatError: the text of a value is not JSON',
    'SLAVE-3 none: UsageError: this master has no such cell; run the same program on both',
  ]);
  assert.equal(stage.published, []);
  assert.equal(stage.cells.get(ODD), []);
});

for (const [offered, reason] of [
  ['large', /takes 5002 bytes as JSON/],
  ['symbol', /^EncodeError: cell "odd"/],
  ['textless', /^a value that has no text$/],
] as const) {
  test(`a merge that returns what no cell can hold is told: ${offered}`, () => {
    const stage = new Stage();
    stage.offer('SLAVE-0', ['odd', JSON.stringify(offered)]);
    assert.equal(stage.cells.get(ODD), []);
    assert.match(stage.told[0]?.slice('SLAVE-0 odd: '.length) ?? '', reason);
  });
}

test('a function that a slave offers is refused, and nothing of it runs', () => {
  const stage = new Stage();
  const { text } = encodeValue(
    portable(() => {
      throw new Error('it ran');
    }),
  );
  stage.offer('SLAVE-0', ['odd', text]);
  assert.equal(stage.cells.get(ODD), []);
  assert.match(stage.told[0] ?? '', /^SLAVE-0 odd: FormatError: /);
});

test('names that a slave invents are told a hundred times at most', () => {
  const stage = new Stage();
  for (let n = 0; n < 1_000; n++) stage.offer('SLAVE-0', [`name ${n}`, '1']);
  assert.is(stage.events.length, 100);
});

test('the master sets only what a cell can hold, and no cell that is defined late', () => {
  const { cells } = new Stage();
  assert.throws(
    () => cells.set(STEP, 'x'.repeat(5_000)),
    (error: unknown) => error instanceof UsageError && /cell "step" takes 5002 bytes/.test(error.message),
  );
  assert.throws(
    () => cells.set(STEP, Symbol('s')),
    (error: unknown) => error instanceof EncodeError && /cell "step"/.test(error.message),
  );
  assert.is(cells.get(STEP), 0);
  const late = { ...STEP, name: 'late', index: 3 };
  assert.throws(
    () => cells.get(late),
    /cell "late" was defined at file:\/\/\/p\.js:1:2 after this master began; define it at the top/,
  );
});

test('neither the program nor a merge changes a value that is in a cell', () => {
  const { cells } = new Stage();
  const list = [1];
  cells.set(ODD, list);
  list.push(2);
  assert.equal(cells.get(ODD), [1]);
  assert.throws(() => (cells.get(ODD) as number[]).push(3), TypeError);
});

test.run();
