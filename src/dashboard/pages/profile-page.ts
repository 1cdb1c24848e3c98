/** The processes of which a profile can be taken, and the profiles that there are. */

import type { DashboardModel } from '../model/dashboard-model.js';
import type { SlaveLife } from '../model/slave-lives.js';
import type { ProfileDesk, ProfileFault, ProfileSeen, ProfileUnderWay } from '../profile/profile-desk.js';

export interface ProcessChoice {
  /** `master`, or a sid. */
  readonly process: string;
  readonly host: string;
  readonly state: string;
  /** The task that it runs. */
  readonly runs: string;
}

export interface ProfilePage {
  /** The master, then its slaves, busy ones first. */
  readonly processes: readonly ProcessChoice[];
  /** Slaves that are not among them. */
  readonly more: number;
  readonly underWay: ProfileUnderWay | undefined;
  readonly fault: ProfileFault | undefined;
  readonly kept: readonly ProfileSeen[];
}

export const MOST_CHOICES = 200;

/** `wanted` is a slave that is among them in any case, if it is connected. */
export function profilePage(
  model: DashboardModel,
  { underWay, fault, kept }: Pick<ProfileDesk, 'fault' | 'kept' | 'underWay'>,
  wanted: string,
): ProfilePage {
  const { living } = model.slaves;
  const first = living.get(wanted);
  const others = Array.from(living.values()).filter((life) => life !== first);
  const slaves = [
    ...(first === undefined ? [] : [first]),
    ...others.filter(({ state }) => state === 'busy'),
    ...others.filter(({ state }) => state !== 'busy'),
  ].slice(0, MOST_CHOICES);
  const master = { process: 'master', host: '', state: 'the program', runs: '' };
  return {
    processes: [master, ...slaves.map(choiceOf)],
    more: living.size - slaves.length,
    underWay,
    fault,
    kept,
  };
}

function choiceOf({ sid, host, state, seen }: SlaveLife): ProcessChoice {
  const [run] = seen?.runs ?? [];
  return { process: sid, host, state, runs: run === undefined ? '' : `${run.algorithm} ${run.taskId}` };
}
