/** A master that lets nobody in: its last argument is the reason. */
import { defineMaster, initialize } from 'ts-mw';
import { square } from './algorithms.js';

defineMaster(() => square.future(2), { authorizeSlave: () => process.argv.at(-1) ?? false });

await initialize();
