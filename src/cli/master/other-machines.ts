/**
 * The machines of a master other than its own, by ssh and by servers. The code for them is loaded when the first of them is
 * wanted, and what they share is made then: see `RemoteMeans`.
 */

import { UsageError } from '../../errors.js';
import { kindOf, type Machine } from '../../machines/farm/machine.js';
import type { MachineHost } from '../../machines/machine-host.js';
import { LateHost } from './late-host.js';
import type { AroundMachines, MeansParams, RemoteMeans } from './remote-means.js';

export class OtherMachines {
  readonly #params: MeansParams;
  #means: Promise<RemoteMeans> | undefined;

  constructor(params: MeansParams) {
    this.#params = params;
  }

  /** Begins what these need and what takes long: the script of the program. A failure is that of the first use. */
  begin(machines: readonly Machine[]): void {
    if (!machines.some(needsScript)) return;
    const servers = machines.some((machine) => kindOf(machine) === 'server');
    this.#get()
      .then((means) => {
        if (servers) means.beginToDial();
        return means.script();
      })
      .catch(() => undefined);
  }

  /** Resolves when the script of the program is made. Throws as its making does. */
  async ready(): Promise<void> {
    await (await this.#get()).script();
  }

  /** The way to a machine by ssh or by a server. Throws UsageError for one that slaves of this master cannot run on. */
  hostOf(machine: Machine, around: AroundMachines): MachineHost {
    const { broker, address, configuration } = around;
    const isOpenToAll = broker !== undefined && address.token === undefined;
    if (broker !== undefined && configuration.tls.verify) {
      throw new UsageError(
        'slaves on other machines have no certificate, and the key of the broker is not sent to them; leave --tls-verify out',
      );
    }
    if (isOpenToAll) {
      throw new UsageError(
        `the broker of this master asks for no token, so all users of ${machine.ssh ?? machine.server} could reach it; ` +
          'name the machine in --farm FILE, or start the master with --resource-file FILE or --nats-token-file FILE',
      );
    }
    return new LateHost(async () => (await this.#get()).hostOf(machine, around));
  }

  /** Call it when all ways are closed. */
  async close(): Promise<void> {
    await (await this.#means?.catch(() => undefined))?.close();
  }

  #get(): Promise<RemoteMeans> {
    this.#means ??= import('./remote-means.js').then(({ RemoteMeans }) => new RemoteMeans(this.#params));
    return this.#means;
  }
}

function needsScript(machine: Machine): boolean {
  return kindOf(machine) !== 'local' && machine.program === undefined;
}
