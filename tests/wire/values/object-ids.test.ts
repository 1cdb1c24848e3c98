/** The numbers of objects, in the order in which they are met. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ObjectIds } from '../../../src/wire/values/object-ids.js';

const test = suite('object ids');

test('a new object has no number yet, and one met before has its place', () => {
  const ids = new ObjectIds();
  const [first, second, third, fourth] = [{}, [], {}, {}];
  for (const object of [first, second, third]) assert.is(ids.meet(object), undefined);
  assert.equal([ids.meet(second), ids.meet(first), ids.meet(third)], [1, 0, 2]);
  assert.is(ids.meet(fourth), undefined, 'also after one was met again');
  assert.equal([ids.meet(fourth), ids.meet(second)], [3, 1]);
});

test.run();
