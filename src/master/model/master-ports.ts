/** What a master's core needs done, and what it is made with. */

import type { AlgorithmDefinition } from '../../algorithms/types.js';
import type { AuditSink } from '../../audit/audit-trail.js';
import type { Command, HandshakeMessage } from '../../wire/messages/messages.js';
import type { SessionAddress } from '../../wire/messages/subjects.js';
import type { ResultStore } from './result-store.js';
import type { SlaveIdentity } from './slave-identity.js';
import type { SlaveRecord } from './slave-record.js';

export interface MasterPorts {
  /** A data frame to one slave; false if the link takes none now. */
  readonly send: (slave: SlaveRecord, frame: Buffer) => boolean;
  /** `memberId` is that of the slave, where it is not the master's. */
  readonly sendHandshake: (address: SessionAddress, message: HandshakeMessage, memberId?: string) => void;
  /** Have the sentinel beat to a slave and judge it, from before its welcome until `forget`. */
  readonly watch: (slave: SlaveRecord) => void;
  readonly forget: (slave: SlaveRecord) => void;
  readonly command: (slave: SlaveRecord, id: number, body: Command) => void;
  /** Evidence that needs no network, such as the exit of a process; `lost` follows, unless it has said goodbye. */
  readonly condemn: (slave: SlaveRecord, evidence: string) => void;
  /** The positions of a session have changed. */
  readonly positions: (slave: SlaveRecord) => void;
  /**
   * Asks the program whether a slave may join; `takeAuthorization` brings the answer under the same number,
   * later or never. Who is not asked about joins.
   */
  readonly authorize?: ((identity: SlaveIdentity, id: number) => void) | undefined;
  /** At least one fate was decided, or a slave came or went. */
  readonly news: () => void;
  /** Unix milliseconds, for histories; without it they have 0. */
  readonly wallClock?: () => number;
  /** `takeTurn` is to be called once the event loop has gone round; asked for with a store only. */
  readonly askTurn?: () => void;
}

export interface MasterCoreOptions {
  readonly run: string;
  readonly memberId: string;
  readonly algorithms: readonly AlgorithmDefinition[];
  readonly taskGroup: number | 'auto';
  readonly resultGroup: number | 'auto';
  readonly maxMessageBytes: number;
  readonly clientTimeoutMs: number;
  readonly allowVersionSkew: boolean;
  readonly broker: 'embedded' | 'external';
  readonly audit: AuditSink;
  /** Told beside the news that no slave comes: what is likely wrong with the command line. */
  readonly slaveHint?: string | undefined;
  readonly ports: MasterPorts;
  /** Where results outlive this master; the shell tells the core what was committed. */
  readonly store?: ResultStore | undefined;
}
