/** Whatever a task throws arrives as a RemoteError, from which a TaskError is made. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError, type RemoteError, TaskError } from '../../../src/errors.js';
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

remote.run();
