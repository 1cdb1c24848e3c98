/** CL-MW's first example: ten tasks go out, ten greetings come back. */
import { defineAlgorithm, defineMaster, initialize } from 'ts-mw';

const hello = defineAlgorithm('hello', (name: string) => `Hello World: ${name}`);

defineMaster(async (master) => {
  for (let i = 0; i < 10; i++) hello.funcall(`Task ${i}`);
  for await (const result of master.results(hello)) {
    if (result.status === 'ok') console.log('Got result from slave:', result.packet);
    else console.error(`${result.taskId} failed:`, result.error);
  }
  return 0;
});

await initialize();
