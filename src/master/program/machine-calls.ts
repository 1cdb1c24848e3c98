/** The program's calls about machines, which the farm answers. */

import type { Machine, MachineView } from '../../machines/farm/machine.js';
import type { UnregisterOptions } from './master-handle.js';

export interface MachineCalls {
  registerMachine(machine: Machine): string;
  unregisterMachine(name: string, options: UnregisterOptions): Promise<void>;
  machines(): MachineView[];
}
