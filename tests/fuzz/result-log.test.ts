/** Damaged input for what targets/result-log.ts names. */
import { testTarget } from './fuzz-suite.js';
import { resultLogTarget } from './targets/result-log.js';

testTarget(resultLogTarget);
