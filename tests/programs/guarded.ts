/** A master that lets nobody in: its last argument is the reason. It prints whom it hears refused. */
import { defineMaster, initialize } from 'ts-mw';
import { square } from './algorithms.js';

defineMaster(() => square.future(2), {
  authorizeSlave: () => process.argv.at(-1) ?? false,
  onAudit: (event) => {
    if (event.type === 'init') console.log(`heard ${event.role}`);
    if (event.type === 'hello-refused') console.log(`heard ${event.pid} refused`);
  },
});

await initialize();
