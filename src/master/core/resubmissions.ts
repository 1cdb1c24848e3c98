/** Submits failed tasks again, as new ones: one fate's, for the program, or all that failed in one way, for people. */

import { policyInScope, resolvePolicy } from '../../algorithms/policy.js';
import { submissionScope } from '../../algorithms/submission-scope.js';
import type { ResolvedPolicy, TaskId, TaskPolicy } from '../../algorithms/types.js';
import { UsageError } from '../../errors.js';
import { FailedTasks, type Failure } from '../fates/failed-tasks.js';
import type { Task } from '../model/task.js';
import type { Roster } from '../slaves/roster.js';
import type { Intake } from './intake.js';

/** Failed tasks were to be submitted again. */
export interface Resubmitted {
  /** Of the new tasks. */
  readonly taskIds: readonly TaskId[];
  /** Why others were not, and how many. */
  readonly refused: ReadonlyMap<string, number>;
  /** Failed tasks of any kind that the master has forgotten. */
  readonly forgotten: number;
}

interface ResubmissionsParams {
  readonly intake: Intake;
  readonly roster: Roster;
}

export class Resubmissions {
  readonly #intake: Intake;
  readonly #roster: Roster;
  #failed: FailedTasks | undefined;

  constructor({ intake, roster }: ResubmissionsParams) {
    this.#intake = intake;
    this.#roster = roster;
  }

  /** Tasks that fail from now on can be submitted again by `resubmitFailed`. */
  keepFailed(): FailedTasks {
    this.#failed ??= new FailedTasks();
    return this.#failed;
  }

  /** Fields that `policy` leaves out come from the task's old one. Throws UsageError as `Intake.resubmit`. */
  resubmit(task: Task, policy: TaskPolicy | undefined): TaskId {
    const taskId = this.#intake.resubmit(task, policyAgain(task.policy, policy));
    this.#failed?.forget(task.number);
    return taskId;
  }

  /** All that failed in one way and are known. Those that could only fail again at once are refused. */
  resubmitFailed(wanted: (failure: Failure) => boolean): Resubmitted {
    const taskIds: TaskId[] = [];
    const refused = new Map<string, number>();
    const refuse = (reason: string): unknown => refused.set(reason, (refused.get(reason) ?? 0) + 1);
    for (const { task } of this.#failed?.select(wanted) ?? []) {
      const obstacle = task === undefined ? AWAITED : this.#obstacleOf(task);
      if (task === undefined || obstacle !== undefined) {
        refuse(obstacle ?? AWAITED);
        continue;
      }
      try {
        taskIds.push(this.resubmit(task, undefined));
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        refuse(error.message);
      }
    }
    return { taskIds, refused, forgotten: this.#failed?.numForgotten ?? 0 };
  }

  #obstacleOf({ policy: { signal, sid, doItAnyway } }: Task): string | undefined {
    if (signal?.aborted) return 'the signal of its policy has aborted';
    if (sid === undefined || doItAnyway) return undefined;
    const slave = this.#roster.findByNumber(Number(sid.slice('SLAVE-'.length)));
    return slave?.takesOrdered ? undefined : `it may run on ${sid} alone, which takes no ordered tasks`;
  }
}

const AWAITED = 'the program awaited it, as a future or in a call such as pmap, and was told of its failure';

/** The scope is that of the new submission, not of the old one. */
function policyAgain(old: ResolvedPolicy, policy: TaskPolicy | undefined): ResolvedPolicy {
  const scope = submissionScope();
  if (policy === undefined && scope === undefined && old.scopeSignal === undefined) return old;
  const resolved = resolvePolicy(policy ?? {}, old);
  return scope === undefined ? resolved : policyInScope(resolved, scope.signal);
}
