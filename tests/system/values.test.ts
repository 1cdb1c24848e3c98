/** Values on their way to a slave process and back: every kind, large ones, and those that cannot travel. */

import {
  type EmbeddedMaster,
  type EmbeddedMasterOptions,
  EncodeError,
  MessageSizeError,
  master,
  TaskError,
} from 'ts-mw';
import * as assert from 'uvu/assert';
import { bytes, echo, misreturn, sizeOf, square } from '../programs/algorithms.js';
import { type BrokerOfTest, overEachBroker, overEachBrokerAtLength } from '../support/each-broker.js';
import { programPath, until, within } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';
import { difference } from '../wire/values/same-value.js';

const test = suiteInTurns('values');
const MB = 1024 * 1024;

/** With local slave processes, whose audit trail goes to a file. */
async function withSlaves(
  { flags }: BrokerOfTest,
  folder: string,
  options: EmbeddedMasterOptions,
  body: (mw: EmbeddedMaster) => Promise<void>,
): Promise<void> {
  const mw = await master({
    slaves: 1,
    program: programPath('worker.js'),
    auditFile: `${folder}/audit`,
    ...flags,
    ...options,
  });
  try {
    await mw.run(() => body(mw));
  } finally {
    await mw.stop();
  }
}

function circular(): unknown {
  const shared = { name: 'shared' };
  const value: Record<string, unknown> = {
    one: shared,
    two: shared,
    map: new Map([[shared, new Set([shared])]]),
  };
  value.self = value;
  return value;
}

const VALUES: Readonly<Record<string, unknown>> = {
  numbers: [Number.NaN, -0, 0, Infinity, -Infinity, 1e21, Number.MIN_VALUE],
  'undefined and null': [undefined, null, { a: undefined }],
  bigints: [0n, -1n, 2n ** 100n],
  dates: [new Date(0), new Date(8.64e15), new Date(Number.NaN)],
  'regular expressions': [/a\/b/giu, /^$/],
  maps: new Map<unknown, unknown>([
    [1n, new Map([['x', new Date(1)]])],
    [undefined, Number.NaN],
  ]),
  sets: new Set<unknown>([1, '1', new Set([-0]), undefined]),
  urls: new URL('https://user:p%40ss@example.org:8443/a?b=c#d'),
  errors: [new TypeError('t', { cause: new Error('c') }), Object.assign(new Error('own'), { own: [1n] })],
  'typed arrays': [
    new Float64Array([Number.NaN, -0, 1.5]),
    new Uint8Array([0, 255]).subarray(1),
    new BigInt64Array([-1n]),
    new DataView(new ArrayBuffer(3), 1),
    new ArrayBuffer(2),
    Buffer.from('bytes'),
    Buffer.alloc(0),
  ],
  // Alone, so that no other part's bytes are in the message.
  'an empty Buffer': Buffer.alloc(0),
  'an empty ArrayBuffer': new ArrayBuffer(0),
  'an empty DataView': new DataView(new ArrayBuffer(0)),
  'empty typed arrays of all kinds': [
    ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
  ].map((kind) => new kind(0)),
  'empty binaries, nested': [
    new Map([[Buffer.alloc(0), new Set([new Float32Array(0)])]]),
    Object.assign(new Error('e', { cause: new Uint8Array(0) }), { own: new ArrayBuffer(0) }),
  ],
  'shared and circular references': circular(),
  'texts of all kinds': ['', '\0', 'größe 日本 🎈', '\ud800', 'a\nb'],
  'keys that are weapons elsewhere': JSON.parse(
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"prototype":3}',
  ),
  'awkward keys': { 'a.b': 1n, '': undefined, '\\': new Date(0), 7: 'seven' },
};

overEachBroker(
  test,
  'every kind arrives as it left, as argument, as result and as args',
  async (broker, { folder }) => {
    await withSlaves(broker, folder, {}, async (mw) => {
      const names = Object.keys(VALUES);
      const tags = new Map(
        names.map((name) => [echo.withTaskPolicy({ tag: VALUES[name] })(VALUES[name]), name]),
      );
      let count = 0;
      for await (const fate of mw.results(echo)) {
        const name = tags.get(fate.taskId) ?? '';
        if (fate.status !== 'ok') throw fate.error;
        assert.is(
          difference(VALUES[name], fate.packet),
          undefined,
          `${name}: ${difference(VALUES[name], fate.packet)}`,
        );
        assert.is(difference([VALUES[name]], fate.args), undefined, `${name} as argument`);
        assert.is(fate.tag, VALUES[name]);
        count++;
      }
      assert.is(count, names.length);
      assert.is(({} as { polluted?: unknown }).polluted, undefined);
    });
  },
);

overEachBroker(
  test,
  'what cannot travel throws at the call, or spoils its own result only',
  async (broker, { folder }) => {
    await withSlaves(broker, folder, {}, async (mw) => {
      const value = { a: [{ deep: () => 1 }] };
      for (const call of [
        () => echo.funcall(value),
        () => echo.future(value),
        () => echo.withTaskPolicy({})(value),
      ]) {
        try {
          call();
          assert.unreachable();
        } catch (error) {
          if (!(error instanceof EncodeError)) throw error;
          assert.is(error.path, '[0].a[0].deep');
          assert.ok(error.message.includes('[0].a[0].deep'), error.message);
        }
      }
      assert.is(mw.pendingTasks, 0);
      misreturn.funcall();
      square.funcall(7);
      const fates = [];
      for await (const fate of mw.results(misreturn, square)) fates.push(fate);
      const bad = fates.find(({ algorithm }) => algorithm === 'misreturn');
      if (bad?.status !== 'error') throw new Error('it came through');
      assert.is(bad.error.name, 'EncodeError');
      assert.match(bad.error.message, /list\[1\]/);
      assert.is(fates.find(({ algorithm }) => algorithm === 'square')?.status, 'ok');
      assert.is(await square.future(8), 64, 'the slave goes on');
    });
  },
);

overEachBrokerAtLength(
  test,
  '40 MB go out and come back while small tasks are answered',
  async (broker, { folder }) => {
    await withSlaves(broker, folder, { slaves: 3 }, async (mw) => {
      await square.future(1);
      const large = Buffer.alloc(40 * MB, 5);
      const futures = [sizeOf.future(large), bytes.future(40 * MB)];
      let settled = 0;
      for (const future of futures)
        void future.then(
          () => settled++,
          () => settled++,
        );
      let small = 0;
      while (settled < futures.length) {
        assert.is(await within(30_000, square.future(small), () => 'a small task starved'), small * small);
        small++;
      }
      const [size, result] = await Promise.all(futures);
      assert.is(size, 40 * MB);
      assert.instance(result, Uint8Array);
      assert.is((result as Uint8Array).length, 40 * MB);
      assert.ok((result as Uint8Array).every((byte) => byte === 7));
      assert.ok(small >= 3, `only ${small} small tasks were answered meanwhile`);
      assert.is(mw.pendingTasks, 0);
    });
  },
);

overEachBroker(
  test,
  'above --max-message-size the one task fails, with its size and the flag',
  async (broker, { folder }) => {
    await withSlaves(broker, folder, { maxMessageSize: '1m' }, async (mw) => {
      try {
        sizeOf.funcall(Buffer.alloc(MB));
        assert.unreachable();
      } catch (error) {
        if (!(error instanceof MessageSizeError)) throw error;
        assert.ok(error.size > MB && error.limit === MB);
        assert.match(error.message, /sizeOf.*\d{7} bytes.*--max-message-size is 1048576/);
      }
      assert.is(mw.pendingTasks, 0);
      const tooLarge = bytes.future(MB);
      const fits = bytes.future(MB - 8192);
      const error = await within(
        30_000,
        tooLarge.then(
          () => undefined,
          (error: unknown) => error,
        ),
        () => 'no error',
      );
      if (!(error instanceof TaskError)) throw new Error(`it came through: ${String(error)}`);
      assert.is(error.name, 'MessageSizeError');
      assert.match(error.message, /bytes task takes \d{7} bytes, and --max-message-size is 1048576/);
      assert.is((await fits).length, MB - 8192);
      assert.is(await sizeOf.future(Buffer.alloc(MB - 8192)), MB - 8192);
      const many = Array.from({ length: 30 }, () => bytes.future(MB / 4));
      await until('many together above the limit', async () => (await Promise.all(many)).length === 30);
    });
  },
);

test.run();
