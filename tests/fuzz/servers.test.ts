/** Damaged input for what targets/servers.ts names. */
import { testTarget } from './fuzz-suite.js';
import { serversTarget } from './targets/servers.js';

testTarget(serversTarget);
