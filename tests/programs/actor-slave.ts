/** A slave that has the classes of the tests of actors. */
import { initialize } from 'ts-mw';
import '../actors/classes.js';

await initialize();
