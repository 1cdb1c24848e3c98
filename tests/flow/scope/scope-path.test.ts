/** How components are called in messages. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ScopeCancelledError, StoppedError, scopePathOf } from '../../../src/errors.js';
import { Cancellation } from '../../../src/flow/scope/cancellation.js';
import { FlowScope, pathWithin, ScopeCall } from '../../../src/flow/scope/scope.js';
import { componentName, nextMoment, tellScope } from '../../../src/flow/scope/scope-path.js';

const it = suite('paths of scopes');

it('have names as a program would write them', () => {
  const names = [
    ['build', 'parallel.build'],
    ['größe_2', 'parallel.größe_2'],
    ['a-b', 'parallel.a-b'],
    ['', 'parallel[""]'],
    ['a b', 'parallel["a b"]'],
    ['2nd', 'parallel["2nd"]'],
    ['line\nfeed', 'parallel["line\\nfeed"]'],
    [2, 'parallel[2]'],
  ] as const;
  for (const [key, name] of names) assert.is(componentName('parallel', key), name);
});

it('lead from the outermost scope to the innermost, and leave the middle out where there are many', () => {
  const path = (depth: number): string => {
    let scope: FlowScope | undefined;
    for (let at = 1; at < depth; at++) {
      const cancellation = new Cancellation(
        undefined,
        () => '',
        () => [],
      );
      scope = new FlowScope(new ScopeCall({ nameOf: (n) => `${n}`, parent: scope, cancellation }), at);
    }
    return pathWithin(scope, `${depth}`);
  };
  const numbers = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
  for (const depth of [1, 2, 8, 9, 19, 20]) assert.is(path(depth), numbers(1, depth).join(' > '));
  for (const depth of [21, 22, 100]) {
    const names = [...numbers(1, 8), `(${depth - 20} more)`, ...numbers(depth - 11, depth)];
    assert.is(path(depth), names.join(' > '));
  }
});

it('have names of bounded length', () => {
  assert.is(componentName('parallel', 'k'.repeat(1_000)), `parallel["${'k'.repeat(200)}"…]`);
});

it('are given to errors once, by the innermost', () => {
  const error = new RangeError('no');
  const outer = nextMoment();
  tellScope(error, () => 'inner', nextMoment());
  tellScope(error, () => 'outer', outer);
  assert.is(scopePathOf(error), 'inner');
  const later = nextMoment();
  tellScope(error, () => 'later', later);
  assert.is(scopePathOf(error), 'later', 'it is thrown again');
  tellScope(error, () => 'around the later one', later);
  assert.is(scopePathOf(error), 'later');
  Object.freeze(error);
  tellScope(error, () => 'no more', nextMoment());
  assert.is(scopePathOf(error), 'later');
  const cancelled = new ScopeCancelledError('its own', 'for a test');
  tellScope(cancelled, () => 'inner', nextMoment());
  assert.is(scopePathOf(cancelled), 'its own');
  const stopped = new StoppedError('the master', { pending: 0, untaken: 0 });
  for (const value of [stopped, 'text', undefined, null, 3, Object.freeze(new Error('frozen'))]) {
    const path = (): string => {
      throw new Error('it has no path');
    };
    tellScope(value, path, nextMoment());
    assert.is(scopePathOf(value), undefined);
  }
});

it.run();
