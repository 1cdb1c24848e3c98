/** Machines that have no slave for a task, in words. */

import { counted } from '../../structures/counted.js';
import { inSeconds, list } from './plain-text.js';
import type { AwaitedMachine, AwaitedMachines } from './task-why.js';

/** In one sentence, a few are enough; the facts list the others. */
const MOST_SAID = 3;

/** Such as `; machine big is being validated`; empty without machines. */
export function awaitedWords({ machines, moreMachines }: AwaitedMachines): string {
  if (machines.length === 0) return '';
  const said = machines.slice(0, MOST_SAID).map(machineWords);
  return `; ${list(said, moreMachines + Math.max(0, machines.length - MOST_SAID))}`;
}

/** Lines of the facts, if the sentence does not have them all. */
export function awaitedLines({ machines, moreMachines }: AwaitedMachines): string[] {
  if (machines.length <= MOST_SAID) return [];
  const lines = machines.map(machineWords);
  return moreMachines === 0 ? lines : [...lines, `and ${counted(moreMachines, 'more machine')}`];
}

/** Whether one of them may have a slave without anybody doing anything. */
export function isAnyComing({ machines, moreMachines }: AwaitedMachines): boolean {
  return moreMachines > 0 || machines.some(({ state }) => state !== 'given-up' && state !== 'draining');
}

function machineWords({ name, state, reason, againInSeconds, processes }: AwaitedMachine): string {
  const failed = reason === undefined ? '' : ` (it failed before: ${reason})`;
  const why = reason === undefined ? '' : ` (${reason})`;
  switch (state) {
    case 'unknown':
      return `machine ${name} has not begun yet`;
    case 'starting':
      return `machine ${name} is being reached${failed}`;
    case 'validating':
      return `machine ${name} is being validated${failed}`;
    case 'failing':
      return `machine ${name} fails${why} and is tried again${againInSeconds === undefined ? '' : ` in ${inSeconds(againInSeconds)}`}`;
    case 'given-up':
      return `machine ${name} was given up${why}`;
    case 'draining':
      return `machine ${name} is unregistered`;
    case 'ready':
      return processes === 0
        ? `machine ${name} is ready and has no slave process`
        : `machine ${name} is ready and ${counted(processes, 'slave process starts', 'slave processes start')} there`;
    default:
      return state satisfies never;
  }
}
