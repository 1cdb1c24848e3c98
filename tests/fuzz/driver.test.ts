/** The fuzzing loop itself: it finds what is planted, makes it small, and goes the same way again. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FuzzFailure, type FuzzTarget, fuzz, LIMIT_MS, runOnce } from './driver.js';

const driver = suite('fuzzing loop');

const planted = (run: (input: Buffer) => string): FuzzTarget => ({
  name: 'planted',
  seeds: () => ['a seed of some length, so that there is something to leave out'],
  dictionary: ['needle', 'hay'],
  run,
});

const breaksOnNeedle = planted((input) => {
  if (input.includes('needle')) throw new Error(`found at ${input.indexOf('needle')}`);
  return input.includes('hay') ? 'hay' : '';
});

driver('finds an input that breaks its target, and leaves out the rest of it', async () => {
  const { failure } = await fuzz(breaksOnNeedle, { seed: 1, seconds: 20 });
  assert.is(failure?.input?.toString(), 'needle');
  assert.match(String(failure?.error), /found at 0$/);
});

driver('goes the same way with the same seed', async () => {
  const inputsOf = async (seed: number): Promise<string[]> => {
    const inputs: string[] = [];
    await fuzz(breaksOnNeedle, { seed, seconds: 20, onInput: (input) => inputs.push(input.toString('hex')) });
    return inputs;
  };
  const first = await inputsOf(7);
  assert.equal(await inputsOf(7), first);
  assert.not.equal(await inputsOf(8), first);
});

driver('takes an addition to a built-in prototype for a fault, and takes it away', async () => {
  const polluting = planted(() => {
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true });
    return '';
  });
  await rejects(runOnce(polluting, Buffer.from('x')), /Object.prototype was changed/);
  assert.is(({} as { polluted?: unknown }).polluted, undefined);
});

driver('takes an input for a fault that takes too long', async () => {
  const slow = planted(() => {
    const begun = process.cpuUsage();
    for (let spent = 0; spent < 1.2 * LIMIT_MS; ) {
      let sum = 0;
      for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i);
      const { user, system } = process.cpuUsage(begun);
      spent = sum > 0 ? (user + system) / 1_000 : 0;
    }
    return '';
  });
  await rejects(runOnce(slow, Buffer.from('x')), /ms of processor time/);
});

driver('takes memory that grows with the inputs for a fault of none of them', async () => {
  const kept: Uint8Array[] = [];
  const growing = planted((input) => {
    kept.push(new Uint8Array(2_000).fill(input.length));
    return '';
  });
  let failure: FuzzFailure | undefined;
  // On a busy machine there may be few inputs in that time
  for (let tries = 0; tries < 5 && failure === undefined; tries++)
    ({ failure } = await fuzz(growing, { seed: 1, seconds: 0.8, mostGrowth: 500_000 }));
  assert.match(String(failure?.error), /memory grew/);
  assert.is(failure?.input, undefined);
});

async function rejects(promise: Promise<void>, pattern: RegExp): Promise<void> {
  try {
    await promise;
  } catch (error) {
    assert.match((error as Error).message, pattern);
    return;
  }
  assert.unreachable('it was no fault');
}

driver.run();
