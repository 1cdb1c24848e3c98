/** Damaged input for what targets/session.ts names. */
import { testTarget } from './fuzz-suite.js';
import { sessionTarget } from './targets/session.js';

testTarget(sessionTarget);
