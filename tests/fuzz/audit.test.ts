/** Damaged input for what targets/audit.ts names. */
import { testTarget } from './fuzz-suite.js';
import { auditTarget } from './targets/audit.js';

testTarget(auditTarget);
