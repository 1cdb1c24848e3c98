/** Reads what a request wants to change. */

import type { ControlAction, GroupName } from '../messages.js';

/** In words, for a request that wants something else. */
export const FORMS =
  '{"do":"cancel","taskId":"TASK-1"}, {"do":"resubmit","group":GROUP} with a group of the page failures, ' +
  '{"do":"add-slave"}, {"do":"drain-slave","sid":"SLAVE-1"} or {"do":"stop-slave","sid":"SLAVE-1"}';

/** Characters of each text of a group. */
const MOST_CHARACTERS = 1_000;

/** Undefined if it is not one of these. */
export function actionOf(body: unknown): ControlAction | undefined {
  if (!isObject(body)) return undefined;
  const { do: verb, taskId, sid, kill, group } = body;
  switch (verb) {
    case 'add-slave':
      return { do: 'add-slave' };
    case 'cancel':
      return isId('TASK', taskId) ? { do: 'cancel', taskId, kill: kill === true } : undefined;
    case 'drain-slave':
    case 'stop-slave':
      return isId('SLAVE', sid) ? { do: verb, sid } : undefined;
    case 'resubmit': {
      const name = groupOf(group);
      return name && { do: 'resubmit', group: name };
    }
    default:
      return undefined;
  }
}

/** Runs that are repeated anyway are no tasks to submit again. */
function groupOf(group: unknown): GroupName | undefined {
  if (!isObject(group)) return undefined;
  const { kind, algorithm, errorClass, frame } = group;
  if (kind !== 'threw' && kind !== 'unrunnable') return undefined;
  return isText(algorithm) && isText(errorClass) && isText(frame)
    ? { kind, algorithm, errorClass, frame }
    : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MOST_CHARACTERS;
}

function isId(kind: 'TASK' | 'SLAVE', value: unknown): value is string {
  return typeof value === 'string' && new RegExp(`^${kind}-\\d{1,15}$`).test(value);
}
