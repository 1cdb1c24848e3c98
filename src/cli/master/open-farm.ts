/** Makes the farm of a master from its configuration: its local machine, those of the farm file, and the demand. */

import { resolve } from 'node:path';
import type { AuditSink } from '../../audit/audit-trail.js';
import type { DataPort } from '../../broker/data-port.js';
import type { Broker } from '../../broker/start-broker.js';
import type { BrokerAddress } from '../../link/ports.js';
import { Farm } from '../../machines/farm/farm.js';
import { kindOf, type Machine } from '../../machines/farm/machine.js';
import type { MachineHost } from '../../machines/machine-host.js';
import type { ServerAuth } from '../../machines/protocol/auth.js';
import type { Master } from '../../master/master.js';
import type { Configuration } from '../flags/configuration.js';
import { localHost } from './local-host.js';
import { localSlaveArguments, tellLocalSlave } from './local-slaves.js';
import type { OtherMachines } from './other-machines.js';
import type { OutputReader } from './output-reader.js';
import type { SlaveCommand } from './spawn-slave.js';
import { validationsOf } from './validations.js';

interface OpenFarmParams {
  readonly configuration: Configuration;
  readonly audit: AuditSink;
  readonly program: string | undefined;
  readonly slaveAuditFile?: string | undefined;
  readonly address: BrokerAddress;
  readonly master: Master;
  /** Undefined with a nats-server. */
  readonly broker: Broker | undefined;
  readonly dataPort: Pick<DataPort, 'port' | 'take'> | undefined;
  /** The ways to machines by ssh and by servers. */
  readonly others: OtherMachines;
  readonly serverAuth?: ServerAuth | undefined;
  /** Reads the output of slaves on this machine. */
  readonly output: OutputReader | undefined;
  /** Of the farm file. */
  readonly machines: readonly Machine[];
  /** Each machine proves that it runs the program. */
  readonly isChecked?: boolean | undefined;
}

/** Undefined if the program of slaves is not known. Throws UsageError for a machine that there is no way to. */
export function openFarm(params: OpenFarmParams): Farm | undefined {
  const { configuration, audit, program, master, machines, output, isChecked } = params;
  if (program === undefined) return undefined;
  const { demand } = configuration;
  const farm = new Farm({
    audit,
    control: master,
    validations: validationsOf(master),
    hostOf: (machine) => hostOf(machine, program, params),
    local: {
      slots: configuration.slaves,
      tell(event) {
        if (event.type === 'started') output?.place(event.pid, event.number);
        tellLocalSlave(event, audit, master);
      },
    },
    machines,
    demand: demand && {
      least: demand.minSlaves,
      most: demand.maxSlaves,
      deadline: demand.finishWithinMs && performance.now() + demand.finishWithinMs,
    },
    concurrency: configuration.slaveConcurrency,
    isChecked,
  });
  master.keepSlaves(farm);
  return farm;
}

function hostOf(machine: Machine, program: string, params: OpenFarmParams): MachineHost {
  const kind = kindOf(machine);
  switch (kind) {
    case 'local':
      return localHost(commandOf(machine, program, params), machine);
    case 'ssh':
    case 'server':
      return params.others.hostOf(machine, params);
    default:
      return kind satisfies never;
  }
}

function commandOf(
  { cwd }: Machine,
  program: string,
  { configuration, broker, slaveAuditFile, address, output }: OpenFarmParams,
): SlaveCommand {
  const pathOf = (path: string): string => (cwd === undefined ? path : resolve(path));
  return {
    program: pathOf(program),
    args: localSlaveArguments(configuration, broker, slaveAuditFile, pathOf),
    token: address.token,
    password: address.password,
    certificate: address.tls?.certificate,
    output,
  };
}
