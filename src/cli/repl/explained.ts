/** Answers about tasks and slaves, as sentences for a terminal. */

import { inspect } from 'node:util';
import type { SlaveId, TaskId } from '../../algorithms/types.js';
import { sayWhy } from '../../audit/why/say-why.js';
import type { SlaveWhy } from '../../audit/why/slave-why.js';
import type { TaskWhy } from '../../audit/why/task-why.js';
import type { MasterHandle } from '../../master/program/master-handle.js';

/** The answer about a task or a slave, which a REPL shows in words. */
export function explain(master: MasterHandle, id: TaskId | SlaveId): TaskWhy | SlaveWhy {
  const why = /^SLAVE-/.test(String(id)) ? master.whySlave(id as SlaveId) : master.why(id as TaskId);
  return Object.defineProperty(why, inspect.custom, { value: () => sayWhy(why) });
}
