/** Types of collections: each call is typed from its task, and each wrong one must not compile. */
import {
  type Channel,
  chain,
  type Delayed,
  delay,
  type EncodeError,
  type Fulfillable,
  type Future,
  force,
  fulfill,
  type MessageSizeError,
  makeChannel,
  pcount,
  pevery,
  pfind,
  plet,
  pmap,
  pmapInto,
  pmapIterable,
  pmapReduce,
  pmapSettled,
  portable,
  preduce,
  preducePartial,
  premove,
  promise,
  psome,
  psort,
  type Received,
  share,
  speculate,
  type TaskError,
  type UnrunnableError,
  type Zip,
  zip,
} from 'ts-mw';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  add,
  ageOf,
  byAge,
  compare,
  isAscending,
  isEven,
  itself,
  join,
  late,
  lateCompare,
  mul3,
  nothing,
  seven,
  square,
} from './tasks.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(verdict: Same<A, B>): void => void verdict;

const numbers = [1, 2, 3];
const texts = ['a', 'b'];
const later = portable(async (n: number) => `${n}`);
const show = portable((n: number, unit: string) => `${n} ${unit}`);
const isLong = portable(async (text: string) => text.length > 9);
const optional = portable((n: number, by?: number) => n * (by ?? 1));
const noted = portable((text: string): { readonly text: string } | undefined => ({ text }));
const people = [{ age: 3, name: 'Ada' }];

async function* stream(): AsyncGenerator<number> {
  yield 1;
}

/** Compiled and never run: the compiler is the test. */
export async function rightMaps(): Promise<void> {
  const squares = await pmap(square, numbers);
  same<typeof squares, number[]>(true);
  const awaited = await pmap(later, new Set(numbers), { size: 2, parts: 3, stopOnError: false });
  same<typeof awaited, string[]>(true);
  const whole = await pmap(noted, texts);
  same<typeof whole, ({ readonly text: string } | undefined)[]>(true);
  const nothings = await pmap(itself, [1, 'a', null]);
  same<typeof nothings, unknown[]>(true);
  const empty = await pmap(square, []);
  same<typeof empty, number[]>(true);
  const pairs = zip(numbers, texts);
  same<typeof pairs, Zip<[number, string]>>(true);
  const shown = await pmap(show, pairs);
  same<typeof shown, string[]>(true);
  const single = zip(numbers);
  same<typeof single, Zip<[number]>>(true);
  await pmap(square, single);
  await pmap(mul3, zip(numbers, new Float64Array(2), new Set(numbers)));
  await pmap(optional, numbers);
  await pmap(optional, zip(numbers, numbers));
  const withTable = await pmap(
    add,
    zip(
      numbers,
      numbers.map(() => share(1)),
    ),
  );
  same<typeof withTable, number[]>(true);
  await pmap(square, [share(1), 2]);
  for await (const text of pmapIterable(show, zip(numbers, [share('a')]))) same<typeof text, string>(true);
  await pmapReduce(add, add, zip(numbers, [share(1)]));
  await pmapReduce(square, add, [share(1), 2]);
  // @ts-expect-error another type
  await pmapReduce(square, add, [share('x')]);
  // @ts-expect-error a shared value of another type
  await pmap(add, zip(numbers, [share('a')]));
  const spread: [number, string][] = [...pairs];
  void spread;

  const fates = await pmapSettled(later, numbers);
  for (const fate of fates) {
    // @ts-expect-error no packet before the status is known
    void fate.packet;
    if (fate.status === 'ok') same<typeof fate.packet, string>(true);
    else if (fate.status === 'error')
      same<typeof fate.error, TaskError | EncodeError | MessageSizeError>(true);
    else same<typeof fate.error, UnrunnableError>(true);
    if (fate.status !== 'ok') same<typeof fate.error.index, number | undefined>(true);
  }

  const filled = await pmapInto(new Float64Array(3), square, numbers);
  same<typeof filled, Float64Array<ArrayBuffer>>(true);
  const list: string[] = [];
  const written = await pmapInto(list, later, numbers, { size: 2 });
  same<typeof written, string[]>(true);
  await pmapInto(list, show, pairs);
  await pmapInto(new Uint8Array(9), seven);
  await pmapInto(new Uint8Array(9), seven, { size: 3 });
  await pmapInto(
    new BigInt64Array(1),
    portable((n: number) => BigInt(n)),
    numbers,
  );
  await pmapInto([] as (number | string)[], square, numbers);

  for await (const value of pmapIterable(later, stream(), { ordered: false, window: 3 }))
    same<typeof value, string>(true);
  for await (const value of pmapIterable(show, pairs)) same<typeof value, string>(true);
  for await (const value of pmapIterable(square, numbers)) same<typeof value, number>(true);
}

export async function wrongMaps(): Promise<void> {
  // @ts-expect-error elements are numbers
  await pmap(square, texts);
  // @ts-expect-error a mixed list
  await pmap(square, [1, 'a']);
  // @ts-expect-error characters are no numbers
  await pmap(square, 'abc');
  // @ts-expect-error no iterable
  await pmap(square, 3);
  // @ts-expect-error an asynchronous source is for pmapIterable
  await pmap(square, stream());
  // @ts-expect-error one parameter too many
  await pmap(add, numbers);
  // @ts-expect-error a list of pairs does not spread
  await pmap(add, [[1, 2]]);
  // @ts-expect-error one source too few
  await pmap(mul3, zip(numbers, numbers));
  // @ts-expect-error one source too many
  await pmap(square, zip(numbers, numbers));
  // @ts-expect-error the second source is of texts
  await pmap(add, zip(numbers, texts));
  // @ts-expect-error sources in the other order
  await pmap(show, zip(texts, numbers));
  // @ts-expect-error a bare function is on no slave
  await pmap((n: number) => n, numbers);
  // @ts-expect-error no task
  await pmap('square', numbers);
  // @ts-expect-error without elements
  await pmap(square);
  // @ts-expect-error values are numbers
  (await pmap(square, numbers))[0]?.trim();
  // @ts-expect-error values are awaited
  (await pmap(later, numbers))[0]?.then;
  // @ts-expect-error unknown option
  await pmap(square, numbers, { part: 3 });
  // @ts-expect-error parts are a number or 'auto'
  await pmap(square, numbers, { parts: 'many' });
  // @ts-expect-error a signal, not its controller
  await pmap(square, numbers, { signal: new AbortController() });
  // @ts-expect-error unknown key of a policy
  await pmap(square, numbers, { policy: { retries: 1 } });
  // @ts-expect-error progress has no percent
  await pmap(square, numbers, { onProgress: ({ percent }) => percent });
  // @ts-expect-error zip needs a source
  zip();
  // @ts-expect-error zip takes iterables
  zip(numbers, 3);
  // @ts-expect-error zip takes no asynchronous source
  zip(numbers, stream());

  // @ts-expect-error all are computed
  await pmapSettled(square, numbers, { stopOnError: false });
  // @ts-expect-error elements are numbers
  await pmapSettled(square, texts);
  // @ts-expect-error one source too few
  await pmapSettled(mul3, zip(numbers, numbers));

  // @ts-expect-error texts do not go into numbers
  await pmapInto(new Float64Array(3), later, numbers);
  // @ts-expect-error nor numbers into texts
  await pmapInto(texts, square, numbers);
  // @ts-expect-error nor numbers into bigints
  await pmapInto(new BigInt64Array(3), square, numbers);
  // @ts-expect-error a target has places
  await pmapInto(new Set<number>(), square, numbers);
  // @ts-expect-error no target
  await pmapInto(square, numbers);
  // @ts-expect-error a task with a parameter needs elements
  await pmapInto(new Float64Array(3), square);
  // @ts-expect-error elements are numbers
  await pmapInto(new Float64Array(3), square, texts);
  // @ts-expect-error one source too few
  await pmapInto(new Float64Array(3), mul3, zip(numbers, numbers));
  // @ts-expect-error unknown option
  await pmapInto(new Float64Array(3), seven, { length: 3 });

  // @ts-expect-error elements are numbers
  pmapIterable(square, texts);
  // @ts-expect-error a stream of numbers
  pmapIterable(isLong, stream());
  // @ts-expect-error it has no parts
  pmapIterable(square, numbers, { parts: 2 });
  // @ts-expect-error values are texts
  for await (const value of pmapIterable(later, numbers)) value.toFixed();
}

export async function rightFolds(): Promise<void> {
  const sum = await preduce(add, numbers, { initial: 0, start: 1, end: 2, fromEnd: true });
  same<typeof sum, number>(true);
  const text = await preduce(join, texts);
  same<typeof text, string>(true);
  const years = await preduce(add, people, { key: ageOf });
  same<typeof years, number>(true);
  const words = await preduce(join, numbers, { key: later, initial: '' });
  same<typeof words, string>(true);
  const literals = await preduce(join, ['a', 'b'] as const);
  same<typeof literals, string>(true);
  const joined = portable((a: number | string, b: number | string) => `${a}${b}`);
  const wider = await preduce<number | string>(joined, numbers);
  same<typeof wider, number | string>(true);
  const partial = await preducePartial(add, people, { key: ageOf, parts: 3 });
  same<typeof partial, number[]>(true);
  const both = await pmapReduce(later, join, numbers, { initial: '>', size: 3 });
  same<typeof both, string>(true);
  const all = await pmapReduce(show, join, zip(numbers, texts));
  same<typeof all, string>(true);

  const found = await pfind(isEven, numbers);
  same<typeof found, number | undefined>(true);
  const pair = await pfind(isAscending, zip(numbers, new Set(numbers)));
  same<typeof pair, [number, number] | undefined>(true);
  const long = await pfind(isLong, texts, { parts: 2 });
  same<typeof long, string | undefined>(true);
  const some = [await psome(isEven, numbers), await pevery(isLong, texts)];
  same<typeof some, boolean[]>(true);
  const count = await pcount(isAscending, zip(numbers, numbers));
  same<typeof count, number>(true);
  const kept = await premove(isLong, texts);
  same<typeof kept, string[]>(true);
  const keptPairs = await premove(isAscending, zip(numbers, numbers));
  same<typeof keptPairs, [number, number][]>(true);

  const sorted = await psort(compare, new Set(numbers), { parts: 3 });
  same<typeof sorted, number[]>(true);
  const byYears = await psort(compare, people, { key: ageOf });
  same<typeof byYears, { age: number; name: string }[]>(true);
  const inOrder = await psort(byAge, people);
  same<typeof inOrder, { age: number; name: string }[]>(true);
}

export async function wrongFolds(): Promise<void> {
  // @ts-expect-error elements are numbers
  await preduce(add, texts);
  // @ts-expect-error the initial value is a number
  await preduce(add, numbers, { initial: '0' });
  // @ts-expect-error a fold has two parameters
  await preduce(mul3, numbers);
  // @ts-expect-error it returns what it takes
  await preduce(isAscending, numbers);
  // @ts-expect-error people are no numbers without a key
  await preduce(add, people);
  // @ts-expect-error the key gives texts
  await preduce(add, numbers, { key: later });
  // @ts-expect-error the key is of people
  await preduce(add, numbers, { key: ageOf });
  // @ts-expect-error the initial value is what the key gives
  await preduce(join, numbers, { key: later, initial: 0 });
  // @ts-expect-error partial values have no initial one
  await preducePartial(add, numbers, { initial: 0 });
  // @ts-expect-error elements are numbers
  await preducePartial(add, texts);
  // @ts-expect-error texts are mapped, and numbers folded
  await pmapReduce(later, add, numbers);
  // @ts-expect-error elements are numbers
  await pmapReduce(square, add, texts);
  // @ts-expect-error the initial value is a number
  await pmapReduce(square, add, numbers, { initial: '' });
  // @ts-expect-error the second source is of texts
  await pmapReduce(add, add, zip(numbers, texts));

  // @ts-expect-error a number is no answer
  await pfind(square, numbers);
  // @ts-expect-error nor a text
  await psome(later, numbers);
  // @ts-expect-error elements are numbers
  await pevery(isEven, texts);
  // @ts-expect-error one source too few
  await pcount(isAscending, numbers);
  // @ts-expect-error searches end by themselves
  await pfind(isEven, numbers, { stopOnError: false });
  // @ts-expect-error there may be none
  (await pfind(isEven, numbers)).toFixed();
  // @ts-expect-error elements are texts
  await premove(isLong, numbers);

  // @ts-expect-error elements are numbers
  await psort(compare, texts);
  // @ts-expect-error people are no numbers without a key
  await psort(compare, people);
  // @ts-expect-error a comparison returns a number
  await psort(isAscending, numbers);
  // @ts-expect-error ... and no promise
  await psort(lateCompare, numbers);
  // @ts-expect-error the key gives texts
  await psort(compare, numbers, { key: later });
  // @ts-expect-error the order is that of all
  await psort(compare, numbers, { size: 3 });
}

export async function rightValues(): Promise<void> {
  const { area, text, both } = await plet({
    area: [square, 3],
    text: async () => 'here',
    both: [show, 3, 'm'],
  });
  same<typeof area, number>(true);
  same<typeof text, string>(true);
  same<typeof both, string>(true);
  const early = speculate(later, 3);
  same<typeof early, Future<string>>(true);
  early.cancel();
  const given = promise<number>();
  same<typeof given, Fulfillable<number>>(true);
  same<ReturnType<typeof given.fulfill>, boolean>(true);
  const value = await given;
  same<typeof value, number>(true);
  const delayed = delay(async () => 3);
  same<typeof delayed, Delayed<number>>(true);
  const chained = chain(chain(square.future(3)));
  same<typeof chained, Delayed<number>>(true);
  const forced = await force(delayed);
  same<typeof forced, number>(true);
  fulfill(given, 3);

  const channel = makeChannel<number | string>({ fixedCapacity: 3 });
  same<typeof channel, Channel<string | number>>(true);
  channel.submitTask(square, 3);
  channel.submitTask(later, 3);
  channel.submitTask(show, 3, 'm');
  channel.submitTimeout(1, 'over');
  const result = await channel.receiveResult({ timeout: 1 });
  same<typeof result, string | number>(true);
  const tried = await channel.tryReceiveResult();
  same<typeof tried, Received<string | number>>(true);
  if (tried.received) same<typeof tried.value, string | number>(true);
  for await (const one of channel) same<typeof one, string | number>(true);
  const open = makeChannel();
  open.submitTask(nothing);
  same<Awaited<ReturnType<typeof open.receiveResult>>, unknown>(true);
}

export async function wrongValues(): Promise<void> {
  // @ts-expect-error the argument is a number
  await plet({ area: [square, 'x'] });
  // @ts-expect-error an argument is missing
  await plet({ area: [square] });
  // @ts-expect-error one argument too many
  await plet({ area: [square, 3, 4] });
  // @ts-expect-error a bare function with arguments is on no slave
  await plet({ area: [(n: number) => n, 3] });
  // @ts-expect-error a value is no binding
  await plet({ area: 3 });
  // @ts-expect-error a binding that is not there
  (await plet({ area: [square, 3] })).aera;
  // @ts-expect-error the argument is a number
  speculate(square, 'x');
  // @ts-expect-error an argument is missing
  speculate(late, 3);
  // @ts-expect-error a bare function is on no slave
  speculate((n: number) => n, 3);
  // @ts-expect-error the value is a number
  promise<number>().fulfill('3');
  // @ts-expect-error a value is no function
  delay(3);
  // @ts-expect-error what it gives is a number
  (await delay(() => 3)).trim();

  const channel = makeChannel<number>();
  // @ts-expect-error results are numbers
  channel.submitTask(later, 3);
  // @ts-expect-error the argument is a number
  channel.submitTask(square, 'x');
  // @ts-expect-error an argument is missing
  channel.submitTask(square);
  // @ts-expect-error a bare function is on no slave
  channel.submitTask((n: number) => n, 3);
  // @ts-expect-error results are numbers
  channel.submitTimeout(1, 'over');
  // @ts-expect-error it may not have been received
  (await channel.tryReceiveResult()).value;
  // @ts-expect-error a result is a number
  (await channel.receiveResult()).trim();
  // @ts-expect-error seconds are a number
  await channel.receiveResult({ timeout: '1' });
  // @ts-expect-error counted by the channel
  channel.pending = 3;
  // @ts-expect-error unknown option
  makeChannel({ capacity: 3 });
}

const types = suite('collections/types');

types('what the type tests call behaves as typed', async () => {
  assert.equal(
    [...zip(numbers, texts)],
    [
      [1, 'a'],
      [2, 'b'],
    ],
  );
  const given = promise<number>();
  assert.equal([given.fulfill(3), fulfill(given, 4), await given], [true, false, 3]);
  assert.is(await force(chain(delay(async () => 3))), 3);
});

types.run();
