/** The parts of a master that answers are read from. Nothing here is written for them. */

import type { AwaitedMachine } from '../../audit/why/task-why.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { FateBox, UntakenLoad } from '../fates/fate-box.js';
import type { TaskJar } from '../jar/task-jar.js';
import type { SlaveRecord } from '../model/slave-record.js';
import type { Task } from '../model/task.js';
import type { Roster } from '../slaves/roster.js';
import type { EndedTask } from './ended-tasks.js';

export interface WhyParams {
  readonly jar: TaskJar;
  readonly fates: FateBox;
  readonly roster: Roster;
  readonly dispatcher: Dispatcher;
  readonly checkpoint: Checkpoint | undefined;
  /** Whether a slave leaves once it has run what it has begun. */
  readonly isRetiring: (slave: SlaveRecord) => boolean;
  /** Whether a slave has no group yet, since its machine is being validated. */
  readonly isOnTrial: (slave: SlaveRecord) => boolean;
  /** The name of a slave's machine in the farm, if it has one. */
  readonly machineOf: (slave: SlaveRecord) => string | undefined;
  /** The machines on which slaves of this master are started, or would be. */
  readonly machines: () => readonly AwaitedMachine[];
  /** Why a task waits until the program takes fates; undefined if it does not. */
  readonly findHold: (task: Task) => UntakenLoad | undefined;
  /** The error with which the master ended. */
  readonly findEnd: () => Error | undefined;
  /** A task whose fate the program has; undefined if it is not kept. */
  readonly findEnded: (number: number) => EndedTask | undefined;
  /** Milliseconds for which the master's event loop has not turned, beyond the usual; undefined if it turns. */
  readonly findBlock: (now: number) => number | undefined;
  /** Unix milliseconds. */
  readonly wallClock: (() => number) | undefined;
}
