/** Which objects of a class are data, and which live in their process. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  refuseInstance,
  refuseOwnProperty,
  refusePrimitive,
  refuseSymbol,
} from '../../../src/wire/values/cannot-travel.js';

const test = suite('cannot travel');

/** An instance of a class with data of its own and these methods. */
function withMethods(...names: readonly string[]): object {
  class Thing {
    size = 1;
  }
  for (const name of names) Object.defineProperty(Thing.prototype, name, { value: () => undefined });
  return new Thing();
}

for (const handle of [
  ['emit', 'on'],
  ['emit', 'addListener'],
  ['addEventListener', 'removeEventListener'],
  ['postMessage', 'close'],
  ['getReader', 'cancel'],
  ['getWriter', 'abort'],
  ['unref', 'ref'],
]) {
  test(`what can ${handle.join(' and ')} is a live handle, and what can do one of these is data`, () => {
    assert.match(String(refuseInstance(withMethods(...handle))), /^is an instance of Thing, a live handle/);
    for (const name of handle) assert.is(refuseInstance(withMethods(name)), undefined, name);
  });
}

test('methods of several handles do not make one', () => {
  assert.is(
    refuseInstance(
      withMethods('on', 'addListener', 'addEventListener', 'postMessage', 'getReader', 'getWriter', 'ref'),
    ),
    undefined,
  );
  assert.is(refuseInstance(Object.assign(withMethods(), { emit: 1, on: 2 })), undefined, 'these are data');
});

test('a promise by its "then" and an object with a JSON form of its own do not travel', () => {
  assert.match(
    String(refuseInstance(withMethods('then'))),
    /^is an instance of Thing, a promise by its "then"/,
  );
  assert.match(String(refuseInstance(withMethods('toJSON'))), /Thing with a toJSON method/);
});

test('an instance without data travels where its class has nothing to hide behind', () => {
  class Nothing {}
  class Still extends Nothing {}
  class Hiding {
    read(): number {
      return 1;
    }
  }
  class Heir extends Hiding {}
  for (const empty of [new Nothing(), new Still()]) assert.is(refuseInstance(empty), undefined);
  for (const hiding of [new Hiding(), new Heir()]) {
    assert.match(String(refuseInstance(hiding)), /whose state is private/);
  }
  assert.is(refuseInstance(Object.assign(new Hiding(), { n: 1 })), undefined);
  assert.match(String(refuseInstance(Object.assign(new Nothing(), { [Symbol('s')]: 1 }))), /private/);
});

test('an object is named by its class, or by what it says it is', () => {
  const named = (value: object): string => String(refuseInstance(value)).replace(/, a promise.*/, '');
  assert.is(named(withMethods('then')), 'is an instance of Thing');
  const anonymous = Object.create({ constructor: Object.defineProperty(() => {}, 'name', { value: '' }) });
  for (const without of [anonymous, Object.create({ constructor: 5 })]) {
    // biome-ignore lint/suspicious/noThenProperty: a thenable is the subject
    assert.is(named(Object.assign(without, { then: () => {} })), 'is an instance of Object');
  }
});

test('what lives in its process by its kind is refused with the cure', () => {
  for (const [value, reason] of [
    [Promise.resolve(), /^is a Promise.*await it first/],
    [new WeakMap(), /^is a WeakMap.*send a Map/],
    [new WeakSet(), /^is a WeakSet.*send a Set/],
    [new WeakRef({}), /^is a WeakRef.*deref/],
    [Object('x'), /^is a String object; send the primitive/],
    [[1].values(), /^is a Array Iterator.*send an array/],
    [(function* () {})(), /^is a Generator.*send an array/],
    [new EventTarget(), /a live handle/],
  ] as const) {
    assert.match(String(refuseInstance(value)), reason);
  }
  const tagged = Object.assign(withMethods(), { [Symbol.toStringTag]: 'toString' });
  assert.is(refuseInstance(tagged), undefined, 'a tag that is no kind says nothing');
});

test('functions, symbols and properties are named', () => {
  assert.match(
    refusePrimitive(function click() {}),
    /^is the function click, and functions do not travel/,
  );
  assert.match(
    refusePrimitive(() => 1),
    /^is a function, and/,
  );
  assert.match(refusePrimitive(Symbol('s')), /^is Symbol\(s\), and symbols do not travel/);
  assert.match(refuseSymbol(Symbol('s')), /named Symbol\(s\)/);
  assert.match(refuseSymbol(Symbol.asyncDispose), /such as an actor, and lives in this process only/);
  assert.match(refuseOwnProperty('zone'), /named zone/);
});

test.run();
