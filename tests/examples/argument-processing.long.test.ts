/** argument-processing prints what the catalogue of the examples shows. */
import { suite } from 'uvu';
import { runAsDocumented } from './catalogue.js';

const test = suite('argument-processing');

test('it prints what the catalogue shows', async () => {
  await runAsDocumented('argument-processing');
});

test.run();
