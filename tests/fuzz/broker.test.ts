/** Damaged input for what targets/broker.ts names. */
import { testTarget } from './fuzz-suite.js';
import { brokerTarget } from './targets/broker.js';

testTarget(brokerTarget);
