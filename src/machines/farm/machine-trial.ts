/** The trial of one machine: how it is qualified, and by which slave. Says whether it is fit, and knows nothing of its life. */

import { cutAlike } from '../../audit/format/cut-alike.js';
import { thrownText, valueText } from '../../structures/value-text.js';
import type { MachineFacts } from '../machine-host.js';
import type { Machine } from './machine.js';
import type { Validations } from './slave-control.js';

interface MachineTrialParams {
  readonly machine: Machine;
  readonly validations: Validations;
  /** Its first slave is always on trial, also without a validation. */
  readonly isChecked: boolean;
}

/** Of a reason, which goes to the trail. */
const MOST_CHARACTERS = 1_000;

/** Undefined if it is fit, or why it is not. */
export type Verdict = string | undefined;

export class MachineTrial {
  readonly #params: MachineTrialParams;
  /** The judge: a function on the master, a task on its first slave, or that slave's joining; undefined without a trial. */
  readonly kind: 'on-master' | 'on-slave' | 'join' | undefined;

  /** Throws UsageError for a validation by an algorithm that there is not. */
  constructor(params: MachineTrialParams) {
    const { machine, validations, isChecked } = params;
    this.#params = params;
    this.kind = validations.kindOf(machine) ?? (isChecked ? 'join' : undefined);
  }

  /** Asks the master's function. Never rejects. */
  judge(facts: MachineFacts): Promise<Verdict> {
    const { machine, validations } = this.#params;
    return verdictOf(async () => validations.onMaster(machine, facts));
  }

  /** Asks its first slave, which has joined; given up if `signal` aborts. Never rejects. */
  tryOn(sid: string, facts: MachineFacts, signal: AbortSignal): Promise<Verdict> {
    const { machine, validations } = this.#params;
    return verdictOf(async () =>
      this.kind === 'join' ? true : validations.onSlave(machine, facts, sid, signal),
    );
  }
}

/** A validation says yes with `true` or nothing, and no with anything else. */
async function verdictOf(judge: () => Promise<unknown>): Promise<Verdict> {
  let said: unknown;
  try {
    said = await judge();
  } catch (error) {
    said = thrownText(error);
  }
  if (said === true || said === undefined) return undefined;
  if (said === '') return 'it gave an empty text as its reason';
  const reason = typeof said === 'string' ? said : `it returned ${valueText(said)}`;
  const cut = cutAlike(reason, MOST_CHARACTERS);
  return cut === reason ? reason : `${cut}…`;
}
