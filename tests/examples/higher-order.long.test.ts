/** higher-order prints what the catalogue of the examples shows. */
import { suite } from 'uvu';
import { runAsDocumented } from './catalogue.js';

const test = suite('higher-order');

test('it prints what the catalogue shows', async () => {
  await runAsDocumented('higher-order');
});

test.run();
