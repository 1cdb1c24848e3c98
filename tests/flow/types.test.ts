/** Types of control flow: values have those of their components, and wrong calls must not compile. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { firstWins } from '../../src/flow/first-wins.js';
import { atomic, makeMutex } from '../../src/flow/mutex.js';
import { parallel, sequential } from '../../src/flow/parallel.js';
import { spawnThread, type Thread } from '../../src/flow/threads.js';
import { rejection } from './held-tasks.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(verdict: Same<A, B>): void => void verdict;

const it = suite('types of control flow');

it('are those of the components', async () => {
  const tuple = parallel([() => 1, async () => 'a', () => undefined]);
  same<typeof tuple, Promise<[number, string, undefined]>>(true);
  const record = sequential({ n: () => 1, text: async () => 'a' });
  same<typeof record, Promise<{ n: number; text: string }>>(true);
  const list: (() => Promise<number>)[] = [async () => 1];
  const many = parallel(list, { limit: 2 });
  same<typeof many, Promise<number[]>>(true);
  const winner = firstWins([() => 1, async () => 'a']);
  same<typeof winner, Promise<string | number>>(true);
  const named = firstWins({ a: () => true, b: async () => 'b' });
  same<typeof named, Promise<string | boolean>>(true);
  const thread = spawnThread(async () => [1]);
  same<typeof thread, Thread<number[]>>(true);
  const section = atomic(async () => 1);
  same<typeof section, Promise<number>>(true);
  const run = makeMutex().run(() => 'a');
  same<typeof run, Promise<string>>(true);
  assert.equal(await Promise.all([tuple, record, many, named]), [
    [1, 'a', undefined],
    { n: 1, text: 'a' },
    [1],
    true,
  ]);
  assert.equal(await Promise.all([winner, thread, section, run]), [1, [1], 1, 'a']);
});

it('refuse anything but functions without parameters', async () => {
  const one = (): number => 1;
  // @ts-expect-error a promise has begun already
  await rejection(parallel([Promise.resolve(1)]));
  // @ts-expect-error nobody gives it an argument
  await rejection(sequential([(n: number) => n]));
  // @ts-expect-error one function is no list
  await rejection(firstWins(() => 1));
  // @ts-expect-error the components come in one argument
  await rejection(parallel(one, one));
  // @ts-expect-error there is no such option
  await rejection(parallel([() => 1], { concurrency: 2 }));
});

it.run();
