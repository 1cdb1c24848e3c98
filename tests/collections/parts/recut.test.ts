/** `recut`, `halve`, `without`: the pieces of a part that failed cover its elements once, in order. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { halve, type OpenPart, recut, without } from '../../../src/collections/parts/recut.js';
import { TaskError, UnrunnableError, type UnrunnableReason } from '../../../src/errors.js';

const test = suite('collections/parts/recut');

const part = (start: number, end: number, more: Partial<OpenPart> = {}): OpenPart => ({
  start,
  end,
  isPiece: false,
  losses: 0,
  runs: 0,
  ...more,
});
const unrunnable = (reason: UnrunnableReason, runs = 1): UnrunnableError =>
  new UnrunnableError(
    { taskId: 'TASK-1', algorithm: 'ts-mw:map', submittedAt: undefined },
    reason,
    'it ended',
    Array.from({ length: runs }, () => ({})) as never,
  );
const thrown = (final?: boolean): TaskError =>
  new TaskError(
    { name: 'RangeError', message: 'too far', fields: {}, final },
    { taskId: 'TASK-1', algorithm: 'ts-mw:map', sid: 'SLAVE-0', attempt: 1, submittedAt: undefined },
  );
const bounds = (pieces: readonly OpenPart[] | undefined) => pieces?.map(({ start, end }) => [start, end]);

test('a part that waited for a future that failed is halved, which costs no run', () => {
  const pieces = recut(part(3, 8), unrunnable('dependency', 0), { maxAttempts: 1, retryErrors: false });
  assert.equal(bounds(pieces), [
    [3, 6],
    [6, 8],
  ]);
  assert.ok(pieces?.every(({ runs, losses }) => runs === 0 && losses === 0));
  const single = recut(part(3, 4), unrunnable('dependency', 0), { maxAttempts: 5, retryErrors: false });
  assert.is(single, undefined);
});

test('a lost part is cut in two, then in single elements, as long as runs are left', () => {
  for (const [open, error, maxAttempts, expected, runs] of [
    [
      part(0, 4),
      unrunnable('max-attempts'),
      5,
      [
        [0, 2],
        [2, 4],
      ],
      1,
    ],
    [
      part(3, 8),
      unrunnable('max-attempts'),
      3,
      [
        [3, 6],
        [6, 8],
      ],
      1,
    ],
    [
      part(3, 5),
      unrunnable('max-attempts'),
      5,
      [
        [3, 4],
        [4, 5],
      ],
      1,
    ],
    // the last run is for single elements
    [
      part(3, 6),
      unrunnable('max-attempts'),
      2,
      [
        [3, 4],
        [4, 5],
        [5, 6],
      ],
      1,
    ],
    [part(3, 6), unrunnable('max-attempts'), 1, undefined, 0],
    [
      part(0, 3, { losses: 1, runs: 1 }),
      unrunnable('timeout'),
      5,
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
      2,
    ],
    [part(0, 3, { losses: 1, runs: 1 }), unrunnable('timeout'), 2, undefined, 0],
    // a loss of which nothing is known counts as a run
    [
      part(0, 2),
      unrunnable('max-attempts', 0),
      5,
      [
        [0, 1],
        [1, 2],
      ],
      1,
    ],
    [
      part(0, 4),
      unrunnable('max-attempts', 3),
      5,
      [
        [0, 2],
        [2, 4],
      ],
      3,
    ],
    [part(0, 4), unrunnable('max-attempts', 9), 5, undefined, 0],
    // a single element has its fate
    [part(7, 8), unrunnable('max-attempts'), 5, undefined, 0],
    // not for a loss
    [part(0, 4), unrunnable('cancelled'), 5, undefined, 0],
    [part(0, 4), unrunnable('killed'), 5, undefined, 0],
    [part(0, 4), unrunnable('slave-lost'), 5, undefined, 0],
    [part(0, 4), unrunnable('cancelled'), 5, undefined, 0],
    [part(0, 4), new Error('another'), 5, undefined, 0],
    [part(0, 4), 'no error', 5, undefined, 0],
  ] as const) {
    const pieces = recut(open, error, { maxAttempts, retryErrors: false });
    assert.equal(bounds(pieces), expected, `${open.start} to ${open.end} of ${maxAttempts}`);
    for (const piece of pieces ?? [])
      assert.equal([piece.isPiece, piece.losses, piece.runs], [true, open.losses + 1, runs]);
  }
});

test('where the policy repeats errors, a part of which an element threw is cut in single elements', () => {
  for (const [open, error, maxAttempts, retryErrors, expected] of [
    [
      part(0, 3),
      thrown(),
      5,
      true,
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
    ],
    [
      part(0, 3),
      thrown(),
      2,
      () => true,
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
    ],
    [part(0, 3), thrown(), 1, true, undefined],
    [part(0, 3), thrown(), 5, false, undefined],
    [part(0, 3), thrown(true), 5, true, undefined],
    [part(0, 1), thrown(), 5, true, undefined],
    [
      part(4, 6, { runs: 1, losses: 1 }),
      thrown(),
      3,
      true,
      [
        [4, 5],
        [5, 6],
      ],
    ],
    [part(4, 6, { runs: 2, losses: 1 }), thrown(), 3, true, undefined],
  ] as const) {
    const pieces = recut(open, error, { maxAttempts, retryErrors });
    assert.equal(bounds(pieces), expected);
    for (const piece of pieces ?? [])
      assert.equal([piece.isPiece, piece.losses, piece.runs], [true, open.losses, open.runs + 1]);
  }
});

test('a message in two keeps what is known of its elements', () => {
  for (const [open, expected] of [
    [
      part(0, 2),
      [
        [0, 1],
        [1, 2],
      ],
    ],
    [
      part(5, 8, { losses: 1, runs: 2 }),
      [
        [5, 7],
        [7, 8],
      ],
    ],
  ] as const) {
    const pieces = halve(open);
    assert.equal(bounds(pieces), expected);
    for (const { isPiece, losses, runs } of pieces)
      assert.equal([isPiece, losses, runs], [true, open.losses, open.runs]);
  }
});

test('the elements beside one that failed are computed alone', () => {
  for (const [open, failed, expected] of [
    [
      part(0, 3),
      part(1, 2),
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [part(4, 6, { runs: 1 }), part(4, 5), [[5, 6]]],
    [part(4, 6), part(4, 6), []],
    [part(4, 5), part(4, 5), []],
  ] as const) {
    const pieces = without(open, failed);
    assert.equal(bounds(pieces), expected);
    for (const piece of pieces) assert.equal([piece.isPiece, piece.runs], [true, open.runs + 1]);
  }
});

test.run();
