/** Damaged input for what targets/flags.ts names. */
import { testTarget } from './fuzz-suite.js';
import { flagsTarget } from './targets/flags.js';

testTarget(flagsTarget);
