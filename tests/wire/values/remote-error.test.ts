/** Whatever a task throws arrives as a RemoteError, from which a TaskError is made. */
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FinalError, FormatError, type RemoteError, TaskError } from '../../../src/errors.js';
import { decodeError, describeError, encodeError } from '../../../src/wire/values/remote-error.js';

function arrive(thrown: unknown): RemoteError {
  const { text, raws } = encodeError(thrown);
  const [json, meta] = JSON.parse(`[${text}]`) as unknown[];
  return decodeError(json, meta, raws);
}

const RUN = { taskId: 'TASK-0', algorithm: 'work', submittedAt: undefined, sid: 'SLAVE-0', attempt: 1 };

const remote = suite('remote error');

remote('keeps name, message, stack, cause and own fields', () => {
  const cause = Object.assign(new RangeError('too far', { cause: 'a word' }), { at: new Date(0) });
  const thrown = Object.assign(new TypeError('no', { cause }), {
    code: 'E_NO',
    big: 1n,
    bytes: Buffer.from('x'),
  });
  const error = new TaskError(arrive(thrown), RUN);
  assert.equal([error.name, error.message, error.stack], ['TypeError', 'no', thrown.stack]);
  assert.equal(error.fields, { code: 'E_NO', big: 1n, bytes: Buffer.from('x') });
  const got = error.cause as typeof cause;
  assert.instance(got, RangeError);
  assert.equal([got.message, got.stack, got.cause, got.at], ['too far', cause.stack, 'a word', new Date(0)]);
});

remote('has a cause only where the error has one', () => {
  assert.not('cause' in arrive(new Error('x')));
  assert.ok('cause' in arrive(new Error('x', { cause: undefined })));
});

remote('leaves the traces of other errors as long as they were', () => {
  const before = Error.stackTraceLimit;
  arrive(new TypeError('x', { cause: new RangeError('y') }));
  assert.is(Error.stackTraceLimit, before);
});

remote('describes what is no Error', () => {
  for (const [thrown, message, cause] of [
    ['boom', 'threw "boom"', 'boom'],
    [undefined, 'threw undefined', undefined],
    [null, 'threw null', null],
    [42n, 'threw 42', 42n],
    [{ status: 404 }, 'threw an object: {"status":404}', { status: 404 }],
  ] as const) {
    const error = arrive(thrown);
    assert.equal([error.name, error.message, error.cause], ['NonError', message, cause]);
  }
  assert.match(arrive(Symbol('s')).cause as string, /not sent.*symbols/);
  assert.match(arrive(() => 1).cause as string, /not sent.*functions/);
});

remote('replaces what cannot travel and keeps the rest', () => {
  const { fields } = arrive(
    Object.assign(new Error('x'), {
      ok: 1,
      send: () => 1,
      large: Buffer.alloc(1_000_000),
      deep: [Promise.resolve()],
    }),
  );
  assert.is(fields.ok, 1);
  assert.match(fields.send as string, /^\[not sent: .*function/);
  assert.match(fields.large as string, /^\[not sent: 1000\d\d\d bytes\]$/);
  assert.match(fields.deep as string, /^\[not sent: \[0\] is a Promise/);
});

remote('survives whatever getters and proxies do', () => {
  const boom = (): never => {
    throw new Error('boom');
  };
  const getters = new Error('x');
  for (const key of ['stack', 'cause', 'errors', 'field', 'message', 'name']) {
    Object.defineProperty(getters, key, { get: boom, enumerable: true });
  }
  const described = arrive(getters);
  assert.match(described.message, /unreadable: boom/);
  assert.match(described.fields.field as string, /not sent: boom/);
  let reads = 0;
  const fickle = Object.defineProperty(new Error('x'), 'field', {
    enumerable: true,
    get: () => (reads++ === 0 ? { a: 1 } : boom()),
  });
  assert.equal(arrive(fickle).fields, { field: { a: 1 } });
  const traps = { get: boom, getPrototypeOf: boom, ownKeys: boom, has: boom, getOwnPropertyDescriptor: boom };
  for (const target of [{}, new Error('x'), () => 1])
    assert.type(arrive(new Proxy(target, traps)).message, 'string');
  assert.type(
    arrive(Object.assign(new Error('x'), { toString: boom, name: Symbol('n'), message: {} })).name,
    'string',
  );
});

remote('bounds what is long, endless or circular', () => {
  const long = Object.assign(new Error('m'.repeat(1e6)), { stack: 's'.repeat(1e6), text: 't'.repeat(1e6) });
  const cut = arrive(long);
  for (const text of [cut.message, cut.stack, cut.fields.text as string]) {
    assert.ok(text !== undefined && text.length < 66_000 && text.endsWith('… [1000000 characters]'));
  }
  const circle = new Error('circle');
  circle.cause = circle;
  let levels = 0;
  let at: unknown = arrive(circle);
  for (; typeof at === 'object'; at = (at as Error).cause) levels++;
  assert.equal([levels, at], [11, '[more than 10 causes]']);
  const many = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`f${i}`, 'x'.repeat(60_000)]));
  const heavy = arrive(Object.assign(new Error('heavy'), many));
  assert.is(heavy.message, 'heavy');
  assert.match(heavy.fields.notSent as string, /not sent: \d+ bytes/);
});

remote('describes what is too deep only together', () => {
  let field: unknown = 1n;
  for (let i = 0; i < 499; i++) field = [field];
  const error = arrive(new Error('outer', { cause: Object.assign(new Error('inner'), { field }) }));
  assert.is(error.message, 'outer');
  assert.match(error.fields.notSent as string, /too deep/);
});

remote('keeps the errors of an AggregateError', () => {
  const { fields } = arrive(new AggregateError([new TypeError('a'), 'b'], 'both'));
  const [first, second] = fields.errors as [Error, string];
  assert.instance(first, TypeError);
  assert.equal([first.message, second], ['a', 'b']);
  assert.is(
    describeError(new AggregateError(Array(100).fill('x')))
      .fields.errors?.toString()
      .endsWith('[80 more]'),
    true,
  );
});

remote('refuses what is no error', () => {
  for (const json of [null, [], 5, {}, { name: 'a', message: 'b' }, { name: 1, message: 'b', fields: {} }]) {
    assert.throws(
      () => decodeError(json, 0, []),
      (error: unknown) => error instanceof FormatError,
    );
  }
});

remote('cuts a text beyond 65536 characters, and says how long it was', () => {
  const whole = 'm'.repeat(65_536);
  for (const kept of [
    arrive(new Error(whole)).message,
    arrive(Object.assign(new Error(), { whole })).fields.whole,
  ]) {
    assert.is(kept, whole);
  }
  assert.is(arrive(new Error(`${whole}m`)).message, `${whole}… [65537 characters]`);
});

remote('sends a field of a quarter of a megabyte, and names the size of a larger one', () => {
  // As JSON, a list of one text has four characters more.
  const list = (bytes: number): string[] => ['x'.repeat(bytes - 4)];
  const { fields } = arrive(Object.assign(new Error(), { fits: list(262_144), not: list(262_145) }));
  assert.equal(fields.fits, list(262_144));
  assert.is(fields.not, '[not sent: 262145 bytes]');
});

remote('sends a hundred fields, the first ones', () => {
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`f${n}`, n]));
  const keys = Object.keys(arrive(Object.assign(new Error(), many)).fields);
  assert.equal([keys.length, keys[0], keys.at(-1)], [100, 'f0', 'f99']);
});

remote('what the error has of its own as name, message or stack is no field', () => {
  const error = Object.assign(new Error('x'), { name: 'Odd', message: 'm', stack: 's', cause: 1, code: 2 });
  for (const key of ['name', 'message', 'stack', 'cause']) {
    Object.defineProperty(error, key, { enumerable: true });
  }
  assert.equal(arrive(error), { name: 'Odd', message: 'm', stack: 's', cause: 1, fields: { code: 2 } });
});

remote('an error without stack, name or message arrives with a name and a message', () => {
  const error = Object.assign(new Error('x'), { stack: undefined, name: undefined, message: undefined });
  const got = arrive(error);
  assert.equal([got.name, got.message, 'stack' in got, 'cause' in got], ['Error', '', false, false]);
  const odd = arrive(Object.assign(new Error('x'), { name: 7, message: { a: 1 } }));
  assert.equal([odd.name, odd.message], ['7', 'an object: {"a":1}']);
});

remote('what is thrown and cannot be shown is still described', () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  assert.is(arrive(circle).message, 'threw something that cannot be shown');
  assert.equal(arrive('x'.repeat(65_537)).message.endsWith('… [65537 characters]"'), false);
  assert.match(arrive('x'.repeat(65_537)).message, /^threw "x+/);
});

remote('an error of another realm is an error, and so is what calls itself one', () => {
  const foreign = runInNewContext('Object.assign(new RangeError("far"), { code: 5 })') as unknown;
  const got = arrive(foreign);
  assert.equal([got.name, got.message, got.fields], ['RangeError', 'far', { code: 5 }]);
  const { cause } = arrive(new Error('outer', { cause: foreign }));
  assert.instance(cause, RangeError);
  assert.is((cause as RangeError & { code: number }).code, 5);
});

remote(
  'the cause of a cause keeps its name, stack and fields, and has no cause of its own unless it had',
  () => {
    const inner = Object.assign(new TypeError('inner'), { name: 'OddError', at: 3 });
    const { cause } = arrive(new Error('outer', { cause: inner }));
    assert.instance(cause, TypeError);
    const got = cause as typeof inner;
    assert.equal([got.name, got.message, got.at, got.stack], ['OddError', 'inner', 3, inner.stack]);
    assert.not('cause' in got);
    assert.equal(Object.keys(got), ['at']);
  },
);

remote('a field keeps its name, whatever that means to JavaScript', () => {
  const error = new Error('x');
  Object.defineProperty(error, '__proto__', { value: { polluted: 1 }, enumerable: true });
  const { fields } = arrive(error);
  assert.equal(Object.keys(fields), ['__proto__']);
  assert.is(Object.getPrototypeOf(fields), Object.prototype);
});

remote('describes twenty errors of an AggregateError, and counts the others', () => {
  const errorsOf = (count: number): unknown[] =>
    arrive(new AggregateError(Array.from({ length: count }, (_, n) => n))).fields.errors as unknown[];
  assert.equal(errorsOf(0), []);
  assert.equal(
    errorsOf(20),
    Array.from({ length: 20 }, (_, n) => n),
  );
  assert.equal(errorsOf(21).slice(19), [19, '[1 more]']);
});

remote('the errors of an AggregateError have few causes each', () => {
  let member = new Error('innermost');
  for (let level = 0; level < 9; level++) member = new Error(`level ${level}`, { cause: member });
  const [first] = arrive(new AggregateError([member])).fields.errors as [Error];
  assert.is(first.message, 'level 8');
  assert.is((first.cause as Error).message, 'level 7');
  assert.is((first.cause as Error).cause, '[more than 10 causes]');
});

remote('ten causes arrive, and the last of them has none', () => {
  let error = new Error('innermost');
  for (let level = 0; level < 10; level++) error = new Error(`level ${level}`, { cause: error });
  let at: unknown = arrive(error);
  for (let level = 0; level < 10; level++) at = (at as Error).cause;
  assert.is((at as Error).message, 'innermost');
  assert.not('cause' in (at as Error));
});

remote('what is too large together goes without fields and cause, and keeps the rest', () => {
  const fields = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, ['x'.repeat(250_000)]]));
  assert.is(Object.keys(arrive(Object.assign(new Error('m'), fields(4))).fields).length, 4);
  const heavy = Object.assign(new RangeError('m', { cause: 1 }), fields(5));
  const got = arrive(heavy);
  assert.equal([got.name, got.message, got.stack, 'cause' in got], ['RangeError', 'm', heavy.stack, false]);
  assert.equal(Object.keys(got.fields), ['notSent']);
  assert.not('stack' in arrive(Object.assign(new Error('m'), fields(5), { stack: undefined })));
});

remote('refuses an error with a part of another kind', () => {
  const right = { name: 'a', message: 'b', fields: {} };
  assert.equal(decodeError({ ...right }, 0, []), right);
  assert.equal(decodeError({ ...right, stack: 's', cause: null }, 0, []), {
    ...right,
    stack: 's',
    cause: null,
  });
  for (const wrong of [
    ...[
      { name: 1 },
      { name: undefined },
      { message: null },
      { fields: [] },
      { fields: null },
      { fields: 'f' },
    ],
    ...[{ stack: 5 }, { stack: null }, { stack: {} }],
  ]) {
    assert.throws(
      () => decodeError({ ...right, ...wrong }, 0, []),
      (error: unknown) => error instanceof FormatError,
      JSON.stringify(wrong),
    );
  }
  for (const json of ['text', undefined, [right]]) assert.throws(() => decodeError(json, 0, []));
});

remote('a megabyte is not too large, and one byte more is', () => {
  const thrown = (last: number): Error =>
    Object.assign(new Error('m'), {
      stack: undefined,
      ...Object.fromEntries([1, 2, 3, 4].map((n) => [`f${n}`, ['x'.repeat(250_000)]])),
      last: 'x'.repeat(last),
    });
  const room = 1_048_576 - encodeError(thrown(0)).byteLength;
  assert.is(encodeError(thrown(room)).byteLength, 1_048_576);
  assert.equal(Object.keys(arrive(thrown(room)).fields).at(-1), 'last');
  assert.is(arrive(thrown(room + 1)).fields.notSent, '[fields and cause not sent: 1048577 bytes]');
});

class NotFound extends FinalError {
  readonly status = 404;
}

/** As of a program that has the library twice. */
class OtherFinalError extends Error {
  override readonly name = 'FinalError';
}

class Renamed extends NotFound {
  override readonly name = 'Gone';
}

const finals: [string, unknown, boolean][] = [
  ['a FinalError', new FinalError('no'), true],
  ['of a subclass', new NotFound('no'), true],
  ['of another name', new Renamed('no'), true],
  ['known by its name', new OtherFinalError('no'), true],
  ['an Error', new Error('no'), false],
  ['with a final cause', new Error('no', { cause: new FinalError('no') }), false],
  ['with a field that says so', Object.assign(new Error('no'), { final: true }), false],
  ['no Error', { name: 'FinalError', message: 'no' }, false],
  ['unreadable', new Proxy(new Error('no'), { get: () => assert.unreachable() }), false],
];

for (const [what, thrown, expected] of finals) {
  remote(`an error is final or not: ${what}`, () => {
    assert.is(new TaskError(arrive(thrown), RUN).final, expected);
  });
}

remote('an error stays final when its fields are too large to be sent', () => {
  const large = Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`f${n}`, ['x'.repeat(250_000)]]));
  const { final, name, fields } = arrive(Object.assign(new NotFound('no'), large));
  assert.equal([final, name, Object.keys(fields)], [true, 'NotFound', ['notSent']]);
});

remote.run();
