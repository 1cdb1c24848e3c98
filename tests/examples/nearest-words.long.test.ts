/** nearest-words prints what the catalogue of the examples shows. */
import { suite } from 'uvu';
import { runAsDocumented } from './catalogue.js';

const test = suite('nearest-words');

test('it prints what the catalogue shows', async () => {
  await runAsDocumented('nearest-words');
});

test.run();
