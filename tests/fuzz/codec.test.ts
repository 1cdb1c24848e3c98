/** Damaged input for what targets/codec.ts names. */
import { testTarget } from './fuzz-suite.js';
import { codecTarget } from './targets/codec.js';

testTarget(codecTarget);
