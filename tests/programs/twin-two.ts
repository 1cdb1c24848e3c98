/** As `twin-one`, with an algorithm of the same name and other code. */
import { defineAlgorithm, initialize } from '../../src/index.js';

defineAlgorithm('greet', (name: string) => `Good morning ${name}`);

await initialize();
