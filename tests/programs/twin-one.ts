/** A program that greets; `twin-two` has an algorithm of the same name with other code. */
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

const greet = defineAlgorithm('greet', (name: string) => `Hello ${name}`);

defineMaster(async () => {
  console.log(await greet.future('twin'));
  return 0;
});

await initialize();
