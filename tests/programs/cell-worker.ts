/** A slave with the tasks of cell-tasks.ts. */
import { initialize } from 'ts-mw';
import './cell-tasks.js';

process.env.TS_MW_FRAGILE = 'slave';
await initialize();
