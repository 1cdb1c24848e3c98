/** The text of task and result messages: what goes in comes out, and any other text is refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError } from '../../../src/errors.js';
import {
  cellText,
  offerText,
  parseResults,
  parseTasks,
  tasksHead,
  tasksTail,
} from '../../../src/wire/messages/entries.js';
import { makeTraceContext, traceBytes } from '../../../src/wire/messages/trace-context.js';
import { resultEntryText, resultsText, taskEntryText, tasksText } from './entry-texts.js';

const test = suite('wire/entries');

test('it joins tasks that were encoded one by one', () => {
  const texts = [taskEntryText(1, 1, 0, '["a"]'), taskEntryText(2, 3, 4, '[1],{"v":1},[8,9]')];
  assert.equal(parseTasks(JSON.parse(tasksText(16, texts))), {
    grouping: 16,
    tasks: [
      [1, 1, 0, ['a']],
      [2, 3, 4, [1], { v: 1 }, [8, 9]],
    ],
    limits: undefined,
    ordered: false,
    shares: undefined,
    traces: undefined,
  });
  const none = {
    grouping: 0,
    tasks: [],
    limits: undefined,
    ordered: false,
    shares: undefined,
    traces: undefined,
  };
  assert.equal(parseTasks(JSON.parse(tasksText(0, []))), none);
});

test('it names the tasks that have a time limit by their places', () => {
  const texts = [taskEntryText(1, 1, 0, '[]'), taskEntryText(2, 1, 0, '[]')];
  assert.equal(parseTasks(JSON.parse(tasksText(0, texts, [[1, 250]]))).limits, [[1, 250]]);
  assert.is(tasksText(0, texts, []), tasksText(0, texts));
  for (const limits of [null, {}, [[2, 250]], [[-1, 250]], [[0, 0]], [[0, 0.5]], [[0]], [[0, 1, 2]], [0]]) {
    const value = [0, JSON.parse(`[${texts.join()}]`), limits];
    assert.throws(() => parseTasks(value), isFormatError, JSON.stringify(limits));
  }
});

test('it says that tasks are ordered', () => {
  const texts = [taskEntryText(1, 1, 0, '[]')];
  assert.is(parseTasks(JSON.parse(tasksText(0, texts, undefined, true))).ordered, true);
  const { ordered, limits } = parseTasks(JSON.parse(tasksText(0, texts, [[0, 9]], true)));
  assert.equal([ordered, limits], [true, [[0, 9]]]);
  for (const mark of [0, 2, null, true]) {
    assert.throws(() => parseTasks([0, JSON.parse(`[${texts.join()}]`), [], mark]), isFormatError);
  }
});

test('it names the shared values that tasks need', () => {
  const name = ['k'.repeat(43), 9] as const;
  const entries = [taskEntryText(1, 1, 0, '[]'), taskEntryText(2, 1, 0, '[]')].join();
  for (const [limits, ordered] of [
    [[], false],
    [[[0, 9]], true],
  ] as const) {
    const text = tasksHead(0) + entries + tasksTail(limits, ordered, [[name], [[1, 0]]]);
    const parsed = parseTasks(JSON.parse(text));
    assert.equal(
      [parsed.limits, parsed.ordered, [...(parsed.shares ?? [])]],
      [limits, ordered, [[1, [name]]]],
    );
  }
  for (const last of [
    [2, [[name], []]],
    [0, [[name], [[2, 0]]]],
    [0, null],
  ]) {
    assert.throws(() => parseTasks([0, JSON.parse(`[${entries}]`), [], ...last]), isFormatError);
  }
});

const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

test('it names the trace contexts that tasks carry, each once', () => {
  const name = ['k'.repeat(43), 9] as const;
  const entries = [taskEntryText(1, 1, 0, '[]'), taskEntryText(2, 1, 0, '[]')].join();
  const contexts = [
    [PARENT, 'vendor=1', 1],
    [PARENT, '', 0],
  ] as const;
  for (const shares of [undefined, [[name], [[1, 0]]] as const]) {
    const text =
      tasksHead(0) +
      entries +
      tasksTail([[1, 9]], false, shares, [
        contexts,
        [
          [0, 1],
          [1, 0],
        ],
      ]);
    const { traces, limits, ordered, shares: needed } = parseTasks(JSON.parse(text));
    assert.equal([limits, ordered, needed?.size], [[[1, 9]], false, shares === undefined ? 0 : 1]);
    assert.equal(
      [...(traces ?? [])],
      [
        [0, { traceparent: PARENT, tracestate: '', isParent: false }],
        [1, { traceparent: PARENT, tracestate: 'vendor=1', isParent: true }],
      ],
    );
  }
  const none = [[], []];
  for (const last of [
    null,
    [],
    [contexts],
    [contexts, null],
    [contexts, [[0, 2]]],
    [contexts, [[2, 0]]],
    [contexts, [[0]]],
    [contexts, [[0, 0, 0]]],
    [contexts, [[0, -1]]],
    [[...contexts, contexts[0]], []],
    [[[PARENT, '', 2]], []],
    [[[PARENT, 'x'.repeat(513), 0]], []],
    [[[PARENT, 'é', 0]], []],
    [[[PARENT, 5, 0]], []],
    [[[PARENT, '']], []],
    [[[`01${PARENT.slice(2)}`, '', 0]], []],
    [[[PARENT.replaceAll('a', '0'), '', 0]], []],
    [[[PARENT.toUpperCase(), '', 0]], []],
    [[PARENT], []],
  ]) {
    const value = [0, JSON.parse(`[${entries}]`), [], 0, none, last];
    assert.throws(() => parseTasks(value), isFormatError, JSON.stringify(last));
  }
  assert.throws(() => parseTasks([0, [], [], 0, none, none, none]), isFormatError);
});

test('a tracestate that is too long is left out, and what is no traceparent makes no context', () => {
  assert.equal(makeTraceContext(PARENT, 'x'.repeat(513), true), {
    traceparent: PARENT,
    tracestate: '',
    isParent: true,
  });
  assert.is(makeTraceContext(PARENT.replaceAll('b', '0'), '', true), undefined);
  const context = makeTraceContext(PARENT, '"'.repeat(512), false);
  assert.ok(context);
  const text = tasksTail([], false, undefined, [
    [[context.traceparent, context.tracestate, 0]],
    [[32_767, 32_767]],
  ]);
  assert.ok(traceBytes(context) >= text.length - tasksTail([], false, [[], []]).length);
});

test('it joins results that were encoded one by one', () => {
  const texts = [resultEntryText(5, 1, 0, 250, '42'), resultEntryText(6, 2, 1, 0, '{"name":"E"},{}')];
  for (const dry of [true, false]) {
    assert.equal(parseResults(JSON.parse(resultsText(9, dry, texts))), {
      sid: 9,
      dry,
      results: [
        [5, 1, 0, 250, 42],
        [6, 2, 1, 0, { name: 'E' }, {}],
      ],
    });
  }
});

const NO_TASKS: readonly unknown[] = [
  null,
  undefined,
  {},
  'tasks',
  [],
  [1],
  [-1, []],
  [1.5, []],
  ['1', []],
  [1, {}],
  [1, null],
  [1, [], 0],
  [1, [], [], 0],
  [1, [null]],
  [1, [{ length: 4 }]],
  [1, [[1, 1, 0]]],
  [1, [[1, 1, 0, 0, 0, 0, 0]]],
  [1, [[-1, 1, 0, 0]]],
  [1, [[1, Number.NaN, 0, 0]]],
  [1, [[1, 1, 2 ** 53, 0]]],
  [1, [[1, 1, '0', 0]]],
  [
    1,
    [
      [1, 1, 0, 0],
      [1, 1, null, 0],
    ],
  ],
];

test('it refuses what is no tasks message', () => {
  for (const value of NO_TASKS) assert.throws(() => parseTasks(value), isFormatError, JSON.stringify(value));
});

const NO_RESULTS: readonly unknown[] = [
  null,
  42,
  [],
  [1, 0],
  [1, 0, [], 0],
  [-1, 0, []],
  [1, 2, []],
  [1, true, []],
  [1, null, []],
  [1, 0, 'results'],
  [1, 0, [[1, 1, 0, 0]]],
  [1, 0, [[1, 1, 0, 0, 0, 0, 0, 0]]],
  [1, 0, [[1, 1, 3, 0, 0]]],
  [1, 0, [[1, 1, 0, -5, 0]]],
  [1, 0, [[1, 1, 0, 0.5, 0]]],
];

/** Each has one fault alone. */
const ALMOST_RESULTS: readonly unknown[] = [
  [1, 0, [[1, 1, 0, 0, 0]], 0],
  [1, 0, [[1, 1, 0, 0, 0]], [['best', '1']]],
  [1, 0, [], [['best', 1]]],
  [1, 0, [], [['best', '1', '2']]],
  [1, 0, [], { length: 1 }],
  [1, 0, [], [['best', '1']], 0],
  [1, 0, [], [['best', 'x'.repeat(4_097)]]],
  [-1, 0, [[1, 1, 0, 0, 0]]],
  ['1', 0, [[1, 1, 0, 0, 0]]],
  [1, 2, [[1, 1, 0, 0, 0]]],
  [1, true, [[1, 1, 0, 0, 0]]],
  [1, 0, []],
  [1, 0, { 0: [1, 1, 0, 0, 0], length: 1 }],
  [1, 0, [[1, 1, 0, 0, 0], null]],
  [
    1,
    0,
    [
      [1, 1, 0, 0, 0],
      [1, 1, 3, 0, 0],
    ],
  ],
  [
    1,
    0,
    [
      [1, 1, 0, 0, 0],
      [1, 1, 0, 0],
    ],
  ],
  [
    1,
    0,
    [
      [1, 1, 0, 0, 0],
      [1, 1, 0, -1, 0],
    ],
  ],
];

/** The same of tasks. */
const ALMOST_TASKS: readonly unknown[] = [
  [1, [[1, 1, 0, 0]], [[0, 5]], 1, 0],
  [1, [[1, 1, 0, 0]], [[0, 5]], 0],
  [1, [[1, 1, 0, 0]], [[0, 5]], true],
  [1, [[1, 1, 0, 0]], [[1, 5]]],
  [1, [[1, 1, 0, 0]], [[0, 0]]],
  [1, [[1, 1, 0, 0]], [[0, -5]]],
  [1, [[1, 1, 0, 0]], [[0, 5, 0]]],
  [1, [[1, 1, 0, 0]], [[0]]],
  [1, [[1, 1, 0, 0]], [[-1, 5]]],
  [1, [[1, 1, 0, 0]], [{ 0: 0, 1: 5, length: 2 }]],
  [1, [[1, 1, 0, 0]], { length: 0 }],
  [1, [[1, 1, 0, 0]], undefined],
];

test('it reads an offer to a cell in the place of results', () => {
  const text = offerText(9, ['best "one"', 3, '"é"']);
  assert.equal(parseResults(JSON.parse(text)), {
    sid: 9,
    dry: false,
    results: [],
    offers: [['best "one"', 3, '"é"']],
  });
});

test('it reads the value of a cell in the place of tasks', () => {
  const { tasks, cells } = parseTasks(JSON.parse(cellText(['best "one"', 3, '"é"'])));
  assert.equal(tasks, []);
  assert.equal(cells, [['best "one"', 3, '"é"']]);
});

test('it refuses a message with a single fault', () => {
  assert.is(parseResults([1, 0, [[1, 1, 0, 0, 0]]]).results.length, 1);
  assert.is(parseTasks([1, [[1, 1, 0, 0]], [[0, 5]], 1]).ordered, true);
  for (const value of ALMOST_RESULTS)
    assert.throws(() => parseResults(value), isFormatError, JSON.stringify(value));
  for (const value of ALMOST_TASKS)
    assert.throws(() => parseTasks(value), isFormatError, JSON.stringify(value));
});

test('it refuses what is no results message', () => {
  for (const value of NO_RESULTS)
    assert.throws(() => parseResults(value), isFormatError, JSON.stringify(value));
});

function isFormatError(error: unknown): boolean {
  return error instanceof FormatError;
}

test.run();
