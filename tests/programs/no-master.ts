/** A program without a master algorithm. */
import { defineAlgorithm, initialize } from 'ts-mw';

defineAlgorithm('echo', (value: unknown) => value);
await initialize();
