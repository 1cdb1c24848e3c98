/** Damaged input for what targets/messages.ts names. */
import { testTarget } from './fuzz-suite.js';
import { messagesTarget } from './targets/messages.js';

testTarget(messagesTarget);
