/** A master with everything around it, from its start to its end: ends all of its parts in the right order. */

import { UsageError } from '../../errors.js';
import type { BrokerAddress } from '../../link/ports.js';
import type { SlaveProcessName } from '../../machines/farm/farm.js';
import { areAny, describeLeftovers, firstSubmission } from '../../master/fates/leftovers.js';
import type { Master } from '../../master/master.js';
import type { MasterEnd } from '../../master/program/master-end.js';
import type { MasterHandle } from '../../master/program/master-handle.js';
import { type MasterParts, openParts, type RunMasterParams } from './open-parts.js';
import type { OutputReader } from './output-reader.js';

export class RunningMaster {
  readonly params: RunMasterParams;
  readonly #parts: MasterParts;
  #leftBehind: string | undefined;
  #ended: Promise<void> | undefined;

  private constructor(params: RunMasterParams, parts: MasterParts) {
    this.params = params;
    this.#parts = parts;
  }

  /** Throws UsageError, and the errors of its parts. */
  static async start(params: RunMasterParams): Promise<RunningMaster> {
    return new RunningMaster(params, await openParts(params));
  }

  get master(): Master {
    return this.#parts.master;
  }

  get handle(): MasterHandle {
    return this.#parts.master.handle;
  }

  get address(): BrokerAddress {
    return this.#parts.address;
  }

  /** Of the embedded broker; 0 if there is none. */
  get port(): number {
    return this.#parts.broker?.port ?? 0;
  }

  /** Ends everything, the program's side at once. May be called twice; the first reason counts. */
  end(end: MasterEnd): Promise<void> {
    this.#ended ??= this.#end(end);
    return this.#ended;
  }

  /**
   * In words: the tasks that the program had not waited for, and the fates that it had not taken, when the
   * master ended; undefined if there were none.
   */
  get leftBehind(): string | undefined {
    return this.#leftBehind;
  }

  async #end(end: MasterEnd): Promise<void> {
    const { audit, configuration } = this.params;
    const { master, farm, resources, others, output, dataPort, broker, checkpoint } = this.#parts;
    const leftovers = master.halt(end);
    const finished = end.by === 'return' || end.by === 'stop';
    if (areAny(leftovers)) {
      const how = end.by === 'return' ? 'the master algorithm returned' : 'the master was stopped';
      this.#leftBehind = `${how} with ${describeLeftovers(leftovers)}${firstSubmission(leftovers)}`;
    }
    farm?.beginEnding();
    await resources?.end(finished ? 'finished' : 'in-progress');
    await master.stop(end);
    await farm?.end(master.leavingPids);
    await others.close();
    await output?.end();
    await dataPort?.stop();
    await broker?.stop();
    await checkpoint?.close();
    audit.emit({ type: 'master-finished', memberId: configuration.memberId });
  }

  /** Starts one more local slave; returns its pid, undefined if it could not be started. */
  addSlave(): number | undefined {
    if (this.#parts.farm === undefined) throw new UsageError('this master does not know what its slaves run');
    return this.#parts.farm.addLocal();
  }

  /** Kills a local slave, which is not started again; false if it is not one of this master's. */
  killSlave(slave: SlaveProcessName): boolean {
    return this.#parts.farm?.killLocal(slave) ?? false;
  }

  /** Lets a local slave leave when it has run what it has begun, as `killSlave` otherwise. */
  drainSlave(slave: SlaveProcessName): boolean {
    return this.#parts.farm?.drainLocal(slave) ?? false;
  }

  /** The reader of what slaves print; undefined if they have the streams of the master. */
  get output(): OutputReader | undefined {
    return this.#parts.output;
  }

  /** For a process that is ending now. */
  killLocalSlaves(): void {
    this.#parts.farm?.killAllNow();
  }
}
