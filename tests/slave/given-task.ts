/** A task as a slave has it, with no more to it than a test says. */
import type { GivenTask } from '../../src/slave/core/given-task.js';

export function givenTask(number: number, fields: Partial<GivenTask> = {}): GivenTask {
  return {
    index: number,
    number,
    attempt: 1,
    sid: 0,
    generation: 1,
    definition: undefined,
    json: [],
    meta: undefined,
    raws: [],
    shares: undefined,
    trace: undefined,
    timeoutMs: 0,
    isTimed: (fields.timeoutMs ?? 0) > 0,
    ordered: false,
    endOfGroup: false,
    ...fields,
  };
}
