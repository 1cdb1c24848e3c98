/** A program without a master algorithm. */
import { defineAlgorithm, initialize } from '../../src/index.js';

defineAlgorithm('echo', (value: unknown) => value);
await initialize();
