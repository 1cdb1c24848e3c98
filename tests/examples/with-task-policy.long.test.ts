/** with-task-policy prints what the catalogue of the examples shows. */
import { suite } from 'uvu';
import { runAsDocumented } from './catalogue.js';

const test = suite('with-task-policy');

test('it prints what the catalogue shows', async () => {
  await runAsDocumented('with-task-policy');
});

test.run();
