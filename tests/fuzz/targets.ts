/** All targets, in the order in which `npm run fuzz` takes them. */
import type { FuzzTarget } from './driver.js';
import { auditTarget } from './targets/audit.js';
import { brokerTarget } from './targets/broker.js';
import { codecTarget } from './targets/codec.js';
import { flagsTarget } from './targets/flags.js';
import { frameTarget } from './targets/frame.js';
import { messagesTarget } from './targets/messages.js';
import { resourceFileTarget } from './targets/resource-file.js';
import { resultLogTarget } from './targets/result-log.js';
import { serversTarget } from './targets/servers.js';
import { sessionTarget } from './targets/session.js';

export const TARGETS: readonly FuzzTarget[] = [
  frameTarget,
  sessionTarget,
  codecTarget,
  messagesTarget,
  brokerTarget,
  resourceFileTarget,
  auditTarget,
  flagsTarget,
  resultLogTarget,
  serversTarget,
];
