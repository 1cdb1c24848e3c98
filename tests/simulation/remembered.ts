/** Counts what a quiet cluster still remembers, in the heap itself: what is not there cannot have leaked. */

import { queryObjects } from 'node:v8';
import { SentinelPeer } from '../../src/link/sentinel/sentinel-peer.js';
import { QueueState } from '../../src/master/jar/queue-state.js';
import { SlaveRecord } from '../../src/master/model/slave-record.js';
import { Task } from '../../src/master/model/task.js';
import { TaskFate } from '../../src/master/model/task-fate.js';
import { Session } from '../../src/wire/session/session.js';
import { must } from './invariants.js';

// The first look warns that it is experimental, and that warning remembers who looked for a while.
queryObjects(Task);

/** Throws when more is left than `slaves` living ones and their master need once all fates are taken. */
export function checkRemembered(slaves: number): void {
  const allowed = [
    { kind: Task, most: 0 },
    { kind: TaskFate, most: 0 },
    { kind: QueueState, most: 0 },
    { kind: SlaveRecord, most: slaves },
    { kind: Session, most: 2 * slaves },
    { kind: SentinelPeer, most: 2 * slaves },
  ];
  for (const { kind, most } of allowed) {
    const count = Number(queryObjects(kind));
    must(count <= most, `${count} objects of ${kind.name} are left; ${slaves} slaves need ${most}`);
  }
}
