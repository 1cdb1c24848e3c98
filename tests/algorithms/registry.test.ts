/** The registry of definitions, and their fingerprints. */
import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defineAlgorithm } from '../../src/algorithms/define-algorithm.js';
import { fingerprintOf } from '../../src/algorithms/fingerprint.js';
import { definitionOf, listAlgorithms, namedAlgorithms } from '../../src/algorithms/registry.js';
import { UsageError } from '../../src/errors.js';

const registry = suite('registry');
const definitionNamed = (name: string) => definitionOf(namedAlgorithms().get(name));
const HERE = /registry\.test\.[jt]s:\d+:\d+/g;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

registry('finds a definition by its name and by its algorithm', () => {
  const fn = (x: number): number => x * x;
  const square = defineAlgorithm('square', fn);
  const definition = definitionNamed('square');
  assert.ok(definition);
  assert.is(definition.fn, fn);
  assert.is(definitionOf(square), definition);
  assert.is(namedAlgorithms().get('square'), square);
  assert.is(definitionNamed('cube'), undefined);
  assert.is(definitionOf(fn), undefined);
  assert.is(definitionOf('square'), undefined);
  assert.match(definition.place, /^file:.*registry\.test\.js:\d+:\d+$/);
});

registry('lists definitions by name', () => {
  defineAlgorithm('zeta', () => 0);
  defineAlgorithm('Alpha', () => 0);
  const listed = listAlgorithms().map(({ name }) => name);
  assert.equal(listed, [...listed].sort());
  assert.ok(listed.includes('zeta') && listed.includes('Alpha'));
});

registry('refuses names that no line can show', () => {
  for (const [name, part] of [
    ['  ', /^the name " {2}" of an algorithm at file:.*:\d+ is blank; give it one that can be read$/],
    ['a\nb', /^the name "a\\nb" of an algorithm at .* has the character U\+000A, which no line can show/],
  ] as const) {
    assert.throws(
      () => defineAlgorithm(name, () => 0),
      (error: unknown) => error instanceof UsageError && part.test(error.message),
    );
  }
});

registry('refuses a second algorithm of a name, naming both places', () => {
  const first = (): number => 1;
  const twin = defineAlgorithm('twin', first);
  let message = '';
  try {
    defineAlgorithm('twin', () => 2);
  } catch (error) {
    assert.instance(error, UsageError);
    message = (error as Error).message;
  }
  const places = message.match(HERE);
  assert.is(places?.length, 2);
  assert.is.not(places?.[0], places?.[1]);
  assert.match(message, 'algorithm "twin" is defined twice');
  assert.is(definitionNamed('twin')?.fn, first);
  assert.is(twin(), 1);
});

registry('refuses names that are none, naming the place', () => {
  const untyped = defineAlgorithm as (name: unknown, fn: () => number) => unknown;
  const cases: [unknown, RegExp][] = [
    ['', /it is empty/],
    [undefined, /it is undefined/],
    [null, /it is null/],
    [7, /it is number/],
    ['x'.repeat(201), /at most 200 characters; .* it has 201/],
  ];
  for (const [name, pattern] of cases) {
    assert.throws(
      () => untyped(name, () => 1),
      (error: unknown) =>
        error instanceof UsageError && pattern.test(error.message) && error.message.match(HERE)?.length === 1,
    );
  }
  for (const name of ['x'.repeat(200), 'Zwölf Boxkämpfer', 'a.b>*', ' a b', '__proto__', 'constructor']) {
    defineAlgorithm(name, () => 1);
    assert.is(definitionNamed(name)?.name, name);
  }
});

registry('fingerprints the source, or the version alone', () => {
  const one = (x: number): number => x + 1;
  const two = (x: number): number => x + 2;
  assert.is(fingerprintOf(one), sha256(one.toString()));
  assert.is.not(fingerprintOf(one), fingerprintOf(two));
  assert.is(fingerprintOf(one, 'v1'), sha256('v1'));
  assert.is(fingerprintOf(two, 'v1'), fingerprintOf(one, 'v1'));
  assert.is.not(fingerprintOf(one, 'v2'), fingerprintOf(one, 'v1'));
  const disguised = Object.assign((x: number): number => x + 3, { toString: () => one.toString() });
  assert.is.not(fingerprintOf(disguised), fingerprintOf(one));
  defineAlgorithm('versioned', one, { version: 'v1' });
  assert.is(definitionNamed('versioned')?.fingerprint, sha256('v1'));
});

registry.run();
