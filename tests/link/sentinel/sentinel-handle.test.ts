/** Main's side of a sentinel, whose thread the test plays: what it is told, and what main hears of it. */
import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { JoinError } from '../../../src/errors.js';
import { ConnectError } from '../../../src/link/connection/connect-error.js';
import type { SentinelEvent, SentinelHandle } from '../../../src/link/ports.js';
import { type SentinelOptions, startSentinel } from '../../../src/link/sentinel/sentinel.js';
import type { FromSentinelThread, ToSentinelThread } from '../../../src/link/sentinel/sentinel-messages.js';
import { SharedState } from '../../../src/link/shared/shared-state.js';
import type { SpareThread } from '../../../src/threads/spare-thread.js';

const test = suite('link/sentinel');

class Thread extends EventEmitter {
  readonly heard: ToSentinelThread[] = [];
  /** Whether it keeps the process alive; `ref` and `unref` as they came. */
  readonly refs: string[] = [];
  terminations = 0;

  postMessage(message: ToSentinelThread): void {
    this.heard.push(message);
  }

  ref(): void {
    this.refs.push('ref');
  }

  unref(): void {
    this.refs.push('unref');
  }

  terminate(): void {
    this.terminations++;
    this.emit('exit', 1);
  }

  say(message: FromSentinelThread): void {
    this.emit('message', message);
  }

  /** The requests that came, and what was said of events. */
  get requests(): unknown[] {
    return this.heard.flatMap((message) => {
      if (message.type === 'begin' || message.type === 'profiles') return [];
      return message.type === 'request' ? [message.request] : [message.type, ...message.requests];
    });
  }
}

const shared = SharedState.create({ peers: 1 });
const LEAST = {
  role: 'slave',
  address: { urls: ['nats://h:1'] },
  memberId: 'm',
  clientTimeoutMs: 7_000,
  broker: 'external',
  shared,
} as const;
/** The handlers of a promise that is resolved already have run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function begin(options: Partial<SentinelOptions> = {}): Promise<{
  readonly thread: Thread;
  readonly starting: Promise<SentinelHandle>;
}> {
  const thread = new Thread();
  const take = async (): Promise<Worker> => {
    thread.ref();
    return thread as unknown as Worker;
  };
  const spare = { take } as unknown as SpareThread;
  const starting = startSentinel({ ...LEAST, ...options, spare });
  starting.catch(() => {});
  await settled();
  return { thread, starting };
}

async function start(): Promise<{ readonly thread: Thread; readonly handle: SentinelHandle }> {
  const { thread, starting } = await begin();
  thread.say({ type: 'ready' });
  return { thread, handle: await starting };
}

function listen(handle: SentinelHandle): SentinelEvent[] {
  const events: SentinelEvent[] = [];
  handle.onEvent((event) => events.push(event));
  return events;
}

const event = (text: string): SentinelEvent => ({ type: 'warning', text });

test('a thread that ends before it is ready is waited for no longer', async () => {
  const { thread, starting } = await begin();
  thread.emit('exit', 7);
  const thrown = await Promise.race([starting.catch((error: unknown) => error), settled()]);
  assert.match(String(thrown), /the sentinel's thread ended with code 7/);
});

test('its thread is told all that it was given, and what is left out', async () => {
  const { memberId, clientTimeoutMs, broker, address, role } = LEAST;
  const common = { memberId, clientTimeoutMs, broker, address, buffers: shared.buffers };
  const { thread } = await begin();
  assert.equal(thread.heard, [
    {
      type: 'begin',
      data: {
        ...{ ...common, role, run: '', connectTimeoutMs: 5_000, parentPipeFd: undefined, mayKill: false },
        ...{ auditFile: undefined, killNotice: undefined },
        killLine: '{localTime} [A] SENTINEL Killing main: {evidence}',
      },
    },
  ]);
  const given = {
    role: 'master',
    ...{ run: 'r', connectTimeoutMs: 1, parentPipeFd: 4, mayKill: true },
    ...{ auditFile: 'a', killLine: 'k', killNotice: 'n' },
  } as const;
  const master = await begin(given);
  assert.equal(master.thread.heard, [{ type: 'begin', data: { ...common, ...given } }]);
});

test('it has started when its thread is ready, which keeps the process alive until then', async () => {
  const { thread, starting } = await begin();
  let isStarted = false;
  void starting.then(() => {
    isStarted = true;
  });
  await settled();
  assert.equal([isStarted, thread.refs], [false, ['ref']]);
  thread.say({ type: 'ready' });
  await settled();
  assert.equal([isStarted, thread.refs], [true, ['ref', 'unref']]);
});

test('a thread that cannot start says why', async () => {
  const refused = await begin();
  refused.thread.say({ type: 'failed', reason: 'refused', message: 'nothing there' });
  refused.thread.emit('exit', 0);
  const error = await refused.starting.catch((reason: unknown) => reason);
  assert.ok(error instanceof ConnectError && error.reason === 'refused');
  assert.is(error.message, 'nothing there');
  const odd = await begin();
  odd.thread.say({ type: 'failed', reason: undefined, message: 'odd' });
  const other = await odd.starting.catch((reason: unknown) => reason);
  assert.ok(other instanceof JoinError && !(other instanceof ConnectError));
  assert.is(other.message, 'odd');
  const broken = await begin();
  const cause = new Error('no memory');
  broken.thread.emit('error', cause);
  assert.is(await broken.starting.catch((reason: unknown) => reason), cause);
});

test('events wait for a listener, then come to all of them in their order', async () => {
  const { thread, handle } = await start();
  thread.say({ type: 'events', events: [event('1'), event('2')] });
  await settled();
  assert.equal(thread.requests, ['taken']);
  const first = listen(handle);
  const second = listen(handle);
  thread.say({ type: 'events', events: [event('3')] });
  await settled();
  thread.say({ type: 'events', events: [] });
  await settled();
  assert.equal(thread.requests, ['taken', 'taken', 'taken']);
  assert.equal(first, [event('1'), event('2'), event('3')]);
  assert.equal(second, [event('3')], 'what has been heard once is not told again');
});

test('what follows from events is one message to the thread, and the rest are others', async () => {
  const { thread, handle } = await start();
  const cells = { op: 'cells' } as const;
  const ending = { op: 'ending' } as const;
  handle.onEvent(() => {
    handle.request(cells);
    queueMicrotask(() => handle.request(ending));
  });
  thread.say({ type: 'events', events: [event('1')] });
  await settled();
  handle.request(cells);
  assert.equal(thread.heard.slice(-2), [
    { type: 'taken', requests: [cells, ending] },
    { type: 'request', request: cells },
  ]);
  thread.say({ type: 'events', events: [event('2')] });
  void handle.stop();
  thread.emit('exit', 0);
  assert.equal(thread.requests.slice(-3), ['taken', cells, { op: 'stop' }], 'stop is the last one');
});

test('a listener that throws keeps no event from the others, and its error is not lost', async () => {
  const { thread, handle } = await start();
  handle.onEvent(({ type }) => {
    throw new Error(type);
  });
  const events = listen(handle);
  const thrown: string[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', ({ message }) => thrown.push(message));
  try {
    thread.say({ type: 'events', events: [event('1'), event('2')] });
    await settled();
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  }
  assert.equal(
    [events, thrown],
    [
      [event('1'), event('2')],
      ['warning', 'warning'],
    ],
  );
});

test('requests are passed on while the thread lives', async () => {
  const { thread, handle } = await start();
  handle.request({ op: 'forget', nonce: 'n' });
  assert.equal(thread.requests, [{ op: 'forget', nonce: 'n' }]);
  thread.emit('exit', 0);
  handle.request({ op: 'forget', nonce: 'n' });
  assert.is(thread.requests.length, 1);
});

test('a thread that ends against our will is told once', async () => {
  const ended = await start();
  const events = listen(ended.handle);
  ended.thread.emit('exit', 3);
  assert.equal(
    events.map((one) => one.type === 'crashed' && one.error.message),
    ["the sentinel's thread ended with code 3"],
  );
  const broken = await start();
  const told = listen(broken.handle);
  const error = new Error('out of memory');
  broken.thread.emit('error', error);
  broken.thread.emit('exit', 1);
  assert.is(told.length, 1);
  assert.ok(told[0]?.type === 'crashed' && told[0].error === error);
});

for (const [how, stop] of [
  ['stop, which may be called twice', (handle: SentinelHandle) => [handle.stop(), handle.stop()]],
  ['a request to stop', (handle: SentinelHandle) => [handle.request({ op: 'stop' })]],
] as const) {
  test(`after ${how} the thread ends by itself, which the process waits for`, async () => {
    const { thread, handle } = await start();
    const events = listen(handle);
    let hasStopped = false;
    const stopping = Promise.all(stop(handle)).then(() => {
      hasStopped = true;
    });
    await settled();
    assert.equal(thread.requests, [{ op: 'stop' }], 'it is told once');
    assert.equal(thread.refs.slice(0, 3), ['ref', 'unref', 'ref']);
    assert.is(hasStopped, how === 'a request to stop', 'a request does not wait');
    thread.emit('exit', 0);
    await stopping;
    const { refs } = thread;
    const count = refs.length;
    await handle.stop();
    assert.is(refs.length, count, 'nothing is asked of a thread that is gone');
    assert.equal([events, thread.terminations], [[], 0]);
  });
}

test('a thread that does not end by itself is ended after two seconds', async () => {
  const [slow, quick] = [await start(), await start()];
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const waiting = new Map<unknown, () => void>();
  const waits: unknown[] = [];
  const fake = {
    setTimeout: (run: () => void, ms: number) => waiting.set(waits.push(ms), run) && waits.length,
    clearTimeout: (timer: number) => waiting.delete(timer),
  };
  Object.assign(globalThis, fake);
  try {
    const stopping = [slow.handle.stop(), quick.handle.stop()];
    quick.thread.emit('exit', 0);
    await stopping[1];
    assert.equal([waits, waiting.size], [[2_000, 2_000], 1], 'who has ended is not ended again');
    for (const run of waiting.values()) run();
    await stopping[0];
    assert.equal([slow.thread.terminations, waiting.size], [1, 0]);
  } finally {
    Object.assign(globalThis, real);
  }
});

test('an error of a thread that is being stopped is no crash', async () => {
  const { thread, handle } = await start();
  const events = listen(handle);
  const stopping = handle.stop();
  thread.emit('error', new Error('late'));
  thread.emit('exit', 1);
  await stopping;
  assert.equal(events, []);
});

test.run();
