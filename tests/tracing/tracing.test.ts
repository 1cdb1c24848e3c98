/** Runs of tasks in the traces of a real OpenTelemetry SDK, with a master and a slave in this process. */
import * as otel from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { broadcastTask, defineAlgorithm, type EmbeddedMaster, master, pmap, slave, taskContext } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RunSpans } from '../../src/tracing/run-spans.js';
import { findTracing, type TracingApi } from '../../src/tracing/tracing-api.js';
import { makeTraceContext, type TraceContext } from '../../src/wire/messages/trace-context.js';
import { until } from '../support/programs.js';

const test = suite('traces');

const exporter = new InMemorySpanExporter();

const square = defineAlgorithm('square', (x: number) => {
  otel.trace.getActiveSpan()?.setAttribute('x', x);
  return x * x;
});
const outer = defineAlgorithm('outer', async (name: string) => {
  await new Promise((resolve) => setImmediate(resolve));
  otel.trace.getTracer('test').startSpan(name).end();
});
const twice = defineAlgorithm('twice', () => {
  if (taskContext().attempt === 1) throw new RangeError('not yet');
  return taskContext().attempt;
});
const odd = defineAlgorithm('odd', (x: number) => {
  if (x % 2 === 0) throw new Error(`${x} is even`);
});
const long = defineAlgorithm('long', () => new Promise((resolve) => setTimeout(resolve, 10_000).unref()));

test.before(() => {
  assert.is(findTracing(), undefined, 'nobody traces yet');
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  otel.trace.setGlobalTracerProvider(provider);
  otel.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

/** Runs it in a span; returns that and the other spans, once that number of them has ended. */
async function traced(
  count: number,
  body: () => unknown,
  traceState?: otel.TraceState,
): Promise<{ request: ReadableSpan; spans: readonly ReadableSpan[] }> {
  exporter.reset();
  const tracer = otel.trace.getTracer('test');
  const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 };
  const from =
    traceState === undefined
      ? otel.ROOT_CONTEXT
      : otel.trace.setSpanContext(otel.ROOT_CONTEXT, { ...ids, traceState });
  await tracer.startActiveSpan('request', {}, from, async (span) => {
    await body();
    span.end();
  });
  await until(`${count} spans`, () => exporter.getFinishedSpans().length >= count + 1);
  const all = exporter.getFinishedSpans();
  const request = all.find(({ name }) => name === 'request') as ReadableSpan;
  return { request, spans: all.filter((span) => span !== request) };
}

const idOf = (span: ReadableSpan): string => span.spanContext().spanId;
const traceOf = (span: ReadableSpan): string => span.spanContext().traceId;

async function withMaster(
  group: number,
  body: (mw: EmbeddedMaster) => Promise<void>,
  sooner?: (mw: EmbeddedMaster) => Promise<void>,
): Promise<void> {
  await using mw = await master({ slaveTaskGroup: group });
  await mw.run(() => sooner?.(mw));
  await using _ = await slave(mw);
  await mw.run(() => body(mw));
}

test('a run is linked to the span of its submission, and active in the task; or a child, or neither', () =>
  withMaster(1, async () => {
    const state = otel.createTraceState('vendor=v1');
    const { request, spans } = await traced(2, () => outer.future('inner'), state);
    const [inner, run] = spans as [ReadableSpan, ReadableSpan];
    assert.equal([inner.name, run.name], ['inner', 'run outer']);
    assert.is(run.kind, otel.SpanKind.CONSUMER);
    assert.is(run.parentSpanContext, undefined);
    assert.not.equal(traceOf(run), traceOf(request));
    assert.equal(
      run.links.map(({ context }) => [context.spanId, context.traceId, context.traceState?.serialize()]),
      [[idOf(request), traceOf(request), 'vendor=v1']],
    );
    assert.equal(
      { ...run.attributes },
      {
        'ts_mw.algorithm': 'outer',
        'ts_mw.slave.id': 'SLAVE-0',
        'ts_mw.task.id': 'TASK-0',
        'ts_mw.task.attempt': 1,
      },
    );
    assert.equal([inner.parentSpanContext?.spanId, traceOf(inner)], [idOf(run), traceOf(run)]);

    const child = await traced(1, () => square.withTaskPolicy({ trace: 'parent' }).future(3));
    const [run2] = child.spans as [ReadableSpan];
    assert.equal(
      [run2.parentSpanContext?.spanId, traceOf(run2), run2.links.length, run2.attributes.x],
      [idOf(child.request), traceOf(child.request), 0, 3],
    );

    const none = await traced(0, () => square.withTaskPolicy({ trace: 'none' }).future(3));
    assert.equal(none.spans, []);
    exporter.reset();
    assert.is(await square.future(5), 25);
    assert.equal(exporter.getFinishedSpans(), [], 'it was submitted outside of a span');
    const mapped = await traced(2, () => pmap(square, [1, 2, 3, 4], { parts: 2 }));
    assert.equal(
      mapped.spans.map(({ links }) => links[0]?.context.spanId),
      [idOf(mapped.request), idOf(mapped.request)],
    );
    const told = await traced(1, () => broadcastTask(square, 7).all());
    assert.equal([told.spans.length, told.spans[0]?.attributes.x], [1, 7]);
  }));

test('each run of a task that failed is a span, with its error', () =>
  withMaster(1, async () => {
    const { spans } = await traced(2, () => twice.withTaskPolicy({ retryErrors: true }).future());
    const [first, second] = spans as [ReadableSpan, ReadableSpan];
    assert.equal([first.attributes['ts_mw.task.attempt'], second.attributes['ts_mw.task.attempt']], [1, 2]);
    assert.equal(first.status, { code: otel.SpanStatusCode.ERROR, message: 'RangeError: not yet' });
    assert.is(second.status.code, otel.SpanStatusCode.UNSET);
    const [event] = first.events;
    assert.equal(
      [event?.name, event?.attributes?.['exception.type'], event?.attributes?.['exception.message']],
      ['exception', 'RangeError', 'not yet'],
    );
    assert.match(String(event?.attributes?.['exception.stacktrace']), /RangeError: not yet\n +at /);

    const late = await traced(1, () =>
      long
        .withTaskPolicy({ timeoutSeconds: 0.05, retry: false })
        .future()
        .catch(() => undefined),
    );
    assert.match(late.spans[0]?.status.message ?? '', /^TimeoutError: TASK-\d+ exceeded its time limit$/);
  }));

test('tasks of one message that were submitted in one span have one span', async () => {
  const all: Promise<unknown>[] = [];
  let submitted: Promise<{ request: ReadableSpan; spans: readonly ReadableSpan[] }> | undefined;
  await withMaster(
    20,
    async () => {
      const { request, spans } = await (submitted as NonNullable<typeof submitted>);
      const groups = spans.filter(({ name }) => name.startsWith('run'));
      const [odds, mixed] = groups as [ReadableSpan, ReadableSpan];
      assert.is(groups.length, 2);
      assert.equal([odds.name, odds.links[0]?.context.spanId], ['run odd', idOf(request)]);
      const { 'ts_mw.group.tasks': tasks, 'ts_mw.group.failed': failed } = odds.attributes;
      assert.equal([tasks, failed, odds.attributes['ts_mw.task.id']], [10, 5, undefined]);
      assert.is(odds.status.message, '5 of 10 tasks failed');
      assert.equal(
        odds.events.map(({ attributes }) => attributes?.['ts_mw.task.id']),
        [0, 2, 4, 6, 8].map((number) => `TASK-${number}`),
      );
      assert.equal([mixed.name, mixed.attributes['ts_mw.group.tasks']], ['run tasks', 2]);
      const other = spans.find(({ name }) => name === 'other') as ReadableSpan;
      assert.is(mixed.links[0]?.context.spanId, idOf(other));
    },
    async () => {
      // Before there is a slave, so that all tasks go there in one message
      submitted = traced(3, async () => {
        for (let n = 0; n < 10; n++) all.push(odd.future(n).catch(() => undefined));
        otel.trace.getTracer('test').startActiveSpan('other', (span) => {
          all.push(square.future(2), odd.future(1));
          span.end();
        });
        await Promise.all(all);
      });
    },
  );
});

test('a span ends though some of its tasks never begin', () => {
  const api: TracingApi = otel;
  exporter.reset();
  const spans = new RunSpans(api);
  const context = makeTraceContext(`00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, '', false) as TraceContext;
  const tasks = [0, 1, 2].map((n) => ({ taskId: `TASK-${n}`, attempt: 1, algorithm: 'a' }));
  const open = () => {
    const traceAt = spans.open('SLAVE-1', new Map(tasks.map((_, position) => [position, context])), tasks);
    return tasks.map((_, position) => traceAt(position));
  };
  const ended = (): unknown[] => {
    const found = exporter.getFinishedSpans().map(({ attributes }) => attributes['ts_mw.group.tasks']);
    exporter.reset();
    return found;
  };
  const [one, two, three] = open();
  one?.run(() => {});
  one?.end({ ok: true });
  two?.skip();
  assert.equal(ended(), []);
  three?.skip();
  assert.equal(ended(), [1], 'taken back');

  const [first, second] = open();
  first?.run(() => {});
  first?.end({ ok: true });
  second?.run(() => {});
  spans.dropWaiting();
  assert.equal(ended(), [], 'one still runs');
  second?.end({ ok: false, thrown: 'no' });
  assert.equal(ended(), [2], 'the session was over');

  for (const trace of open()) trace?.skip();
  assert.equal(ended(), [], 'nothing ran');
  const [unread] = open();
  unread?.end({ ok: false, thrown: new Error('unreadable') });
  spans.dropWaiting();
  assert.equal(ended(), [0]);
  const [textless] = open();
  textless?.end({ ok: false, thrown: Object.create(null) });
  spans.dropWaiting();
  assert.equal(ended(), [0], 'what it threw has no text');
});

test.run();
