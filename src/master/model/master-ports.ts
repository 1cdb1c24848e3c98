/** The effects that a master's core needs, and its settings. */

import type { CellDefinition } from '../../algorithms/cell-holder.js';
import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import type { AwaitedMachine } from '../../audit/why/task-why.js';
import type { SlotText } from '../../link/shared/cell-slots.js';
import type { Command, HandshakeMessage, OfferedPort } from '../../wire/messages/messages.js';
import type { SessionAddress } from '../../wire/messages/subjects.js';
import type { TraceContext } from '../../wire/messages/trace-context.js';
import type { CopyPort } from './copy-port.js';
import type { ResultStore } from './result-store.js';
import type { SlaveIdentity } from './slave-identity.js';
import type { SlaveRecord } from './slave-record.js';

/** The machine that the master runs on. */
export interface OwnMachine {
  readonly host: string;
  /** Shared by the master and the slaves there. */
  readonly processors: number;
}

export interface MasterPorts {
  /** A data frame to one slave, on the way of its session; false if that takes none now. */
  readonly send: (slave: SlaveRecord, frame: Buffer) => boolean;
  /** `memberId` is the slave's, if it differs from the master's. */
  readonly sendHandshake: (address: SessionAddress, message: HandshakeMessage, memberId?: string) => void;
  /** Makes the sentinel send beats to a slave and judge it, from before its welcome until `forget`. */
  readonly watch: (slave: SlaveRecord) => void;
  readonly forget: (slave: SlaveRecord) => void;
  /** The data port that a watched slave is offered, if there is one for it. */
  readonly dataPort?: ((slave: SlaveRecord) => OfferedPort | undefined) | undefined;
  /** Ends the connection to a slave's data port; `losePort` follows. */
  readonly closePort?: ((slave: SlaveRecord) => void) | undefined;
  readonly command: (slave: SlaveRecord, id: number, body: Command) => void;
  /**
   * Evidence without the network, such as the exit of a process; `lost` follows, unless the slave has said
   * goodbye.
   */
  readonly condemn: (slave: SlaveRecord, evidence: string) => void;
  /** A cell has a new value, for all slaves; one that was offered may wait for other offers that have come. */
  readonly publishCell?: ((at: number, slot: SlotText, isOffered: boolean) => void) | undefined;
  /** The offers of this message are in the cells; call it after `publishCell`. */
  readonly offersTaken?: ((slave: SlaveRecord, id: number) => void) | undefined;
  /** Copies of shared values for slaves of this machine; `flush` must follow each answer. */
  readonly copies?: CopyPort | undefined;
  /** The positions of a session have changed. */
  readonly positions: (slave: SlaveRecord) => void;
  /**
   * Asks the program whether a slave may join; `takeAuthorization` brings the answer under the same number,
   * later or never. Without this port, every valid slave joins.
   */
  readonly authorize?: ((identity: SlaveIdentity, id: number) => void) | undefined;
  /**
   * Whether a slave that joins is on trial: it runs nothing of the program, which is not told of it, until its trial
   * is ended. Without this port, none is.
   */
  readonly isOnTrial?: ((host: string, pid: number) => boolean) | undefined;
  /** For answers about tasks and slaves: the machines on which slaves are started, and the name of that of a slave. */
  readonly machines?: (() => readonly AwaitedMachine[]) | undefined;
  readonly machineOf?: ((host: string, pid: number) => string | undefined) | undefined;
  /** A slave has joined, perhaps on trial. */
  readonly joined?: ((slave: SlaveRecord) => void) | undefined;
  /** At least one fate was decided, or a slave came or went. */
  readonly news: () => void;
  /**
   * `dispatch` is called at this time of its clock, or within some milliseconds; a later call replaces an earlier one.
   * Without it, `tick` finds what is due.
   */
  readonly dispatchAt?: (at: number) => void;
  /** `dispatch` is called in this turn of the event loop. Without it, `tick` finds what may run. */
  readonly dispatchSoon?: () => void;
  /** Milliseconds for which the master's main thread has not been waiting; without it, all slaves get quick tasks. */
  readonly busyMs?: () => number;
  /** Without it, all slaves have processors of their own. */
  readonly machine?: OwnMachine;
  /** Unix milliseconds, for histories; without it they have 0. */
  readonly wallClock?: () => number;
  /** `takeTurn` is called once the event loop has turned; requested only with a store. */
  readonly askTurn?: () => void;
}

export interface MasterCoreOptions {
  readonly run: string;
  readonly memberId: string;
  readonly algorithms: readonly AlgorithmDefinition[];
  readonly cells?: readonly CellDefinition[] | undefined;
  readonly taskGroup: number | 'auto';
  readonly resultGroup: number | 'auto';
  readonly maxMessageBytes: number;
  readonly clientTimeoutMs: number;
  readonly allowVersionSkew: boolean;
  /** Whether tasks that take too long get a second run, unless their policy says otherwise. */
  readonly backupTasks?: boolean | undefined;
  /** Whether each run is told to the audit trail. */
  readonly auditRuns?: boolean | undefined;
  readonly broker: 'embedded' | 'external';
  readonly audit: AuditSink;
  /** Added to the warning that no slave comes: the likely mistake on the command line. */
  readonly slaveHint?: string | undefined;
  readonly ports: MasterPorts;
  /** The trace context of a task that is submitted now; without it, tasks carry none. */
  readonly takeTrace?: ((how: 'link' | 'parent') => TraceContext | undefined) | undefined;
  /** The store in which results outlive this master; the shell reports commits to the core. */
  readonly store?: ResultStore | undefined;
}
