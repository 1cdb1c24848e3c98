/** How the farm of a program qualifies its machines: by a function on the master, or by a task on their first slave. */

import { policyOfBroadcast, resolvePolicy } from '../../algorithms/policy.js';
import { definitionOf, listAlgorithms } from '../../algorithms/registry.js';
import type { AlgorithmDefinition } from '../../algorithms/types.js';
import { UsageError } from '../../errors.js';
import type { JudgeMachine, Machine } from '../../machines/farm/machine.js';
import { nameOf } from '../../machines/farm/machine.js';
import { VALIDATE_WITHIN_MS } from '../../machines/farm/machine-life.js';
import type { Validations } from '../../machines/farm/slave-control.js';
import type { Master } from '../../master/master.js';

export function validationsOf(master: Pick<Master, 'runOn'>): Validations {
  return {
    kindOf: (machine) => {
      if (machine.validate === undefined) return undefined;
      return taskOf(machine) === undefined ? 'on-master' : 'on-slave';
    },
    onMaster: ({ validate }, facts) => (validate as JudgeMachine)(facts),
    onSlave: (machine, facts, sid, signal) =>
      master.runOn(sid, {
        definition: taskOf(machine) as AlgorithmDefinition,
        args: [facts],
        policy: policyOfBroadcast(resolvePolicy({ timeoutSeconds: VALIDATE_WITHIN_MS / 1000, signal })),
      }),
  };
}

function taskOf(machine: Machine): AlgorithmDefinition | undefined {
  const { validate } = machine;
  if (typeof validate !== 'string') return definitionOf(validate);
  const known = listAlgorithms();
  const definition = known.find(({ name }) => name === validate);
  if (definition !== undefined) return definition;
  const names = known
    .filter(({ name }) => !name.startsWith('ts-mw:'))
    .map(({ name }) => JSON.stringify(name));
  throw new UsageError(
    `the machine ${nameOf(machine)} is validated by ${JSON.stringify(validate)}, which is not a task algorithm of this ` +
      `program; ${names.length === 0 ? 'it has none' : `those are ${names.join(', ')}`}`,
  );
}
