/** A nats-server that is stopped and started again in the midst of a collection: the answer is that of an array. */
import { type EmbeddedMaster, master, pmap, pmapIterable, portable, preduce } from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ifNatsServer, type NatsServer, startNatsServer } from '../support/nats-server.js';
import { programPath, within, withPrograms } from '../support/programs.js';

const test = suite('collections over a broker that restarts');
const it = ifNatsServer(test);
const LIMIT_MS = 60_000;
const LENGTH = 150;

const slowly = portable(async (n: number) => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return n * n;
});
const join = portable(async (a: string, b: string) => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return a + b;
});
const numbers = Array.from({ length: LENGTH }, (_, n) => n);
const squares = numbers.map((n) => n * n);

/** Restarts the broker once, when it is called first; `over` resolves when that is done. */
function restartOnce(nats: NatsServer): { readonly begin: () => void; readonly over: () => Promise<void> } {
  let restarted: Promise<void> | undefined;
  return {
    begin: () => {
      restarted ??= (async () => {
        await nats.kill();
        await nats.restart();
      })();
    },
    over: async () => {
      if (restarted === undefined) throw new Error('nothing was computed before the end');
      await restarted;
    },
  };
}

it('pmap, pmapIterable and preduce have every value, in order and once', () =>
  withPrograms(async ({ folder }) => {
    const nats = await startNatsServer();
    const counts = new Map<string, number>();
    let mw: EmbeddedMaster | undefined;
    try {
      mw = await master({
        natsUrl: nats.url,
        program: programPath('worker.js'),
        auditFile: `${folder}/audit`,
        slaves: 2,
        onAudit: ({ type }) => counts.set(type, (counts.get(type) ?? 0) + 1),
      });
      const computed = mw.run(async () => {
        const mapping = restartOnce(nats);
        const values = await pmap(slowly, numbers, { onProgress: mapping.begin });
        await mapping.over();
        assert.equal(values, squares);

        const folding = restartOnce(nats);
        const letters = numbers.map((n) => String.fromCharCode(97 + (n % 26)));
        const text = await preduce(join, letters, { parts: 30, onProgress: folding.begin });
        await folding.over();
        assert.is(text, letters.join(''));

        const iterating = restartOnce(nats);
        const taken: number[] = [];
        for await (const value of pmapIterable(slowly, numbers, { window: 40 })) {
          iterating.begin();
          taken.push(value);
        }
        await iterating.over();
        assert.equal(taken, squares);
      });
      await within(LIMIT_MS, computed, () => 'the end of the collections');
      assert.is(counts.get('broker-back'), 3);
      assert.is(counts.get('slave-lost') ?? 0, 0, 'no slave is lost by it');
    } finally {
      await mw?.stop();
      await nats.stop();
    }
  }));

test.run();
