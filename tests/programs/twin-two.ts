/** As `twin-one`, with an algorithm of the same name and other code. */
import { defineAlgorithm, initialize } from 'ts-mw';

defineAlgorithm('greet', (name: string) => `Good morning ${name}`);

await initialize();
