/** Damaged input for what targets/frame.ts names. */
import { testTarget } from './fuzz-suite.js';
import { frameTarget } from './targets/frame.js';

testTarget(frameTarget);
