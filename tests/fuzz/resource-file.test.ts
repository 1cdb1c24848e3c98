/** Damaged input for what targets/resource-file.ts names. */
import { testTarget } from './fuzz-suite.js';
import { resourceFileTarget } from './targets/resource-file.js';

testTarget(resourceFileTarget);
