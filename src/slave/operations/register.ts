/** Enters the operations in the registry of this process, in which master and slaves look, and what keeps actors. */

import { defineOperation } from '../../algorithms/define-operation.js';
import type { TaskReference } from '../../algorithms/operations.js';
import { keepActorsInSlot } from './actor-slot.js';
import { mapPart } from './map-part.js';
import { callOf } from './named-task.js';
import { mergeParts, sortPart } from './order-part.js';
import { reducePart } from './reduce-part.js';
import { testPart } from './test-part.js';

defineOperation('ts-mw:call', 1, (task: TaskReference, ...args: unknown[]) => callOf(task)(...args));
defineOperation('ts-mw:map', 1, mapPart);
defineOperation('ts-mw:test', 1, testPart);
defineOperation('ts-mw:reduce', 1, reducePart);
defineOperation('ts-mw:sort', 1, sortPart);
defineOperation('ts-mw:merge', 1, mergeParts);
keepActorsInSlot();
