/**
 * The one frozen object with the settings of a process, made from its command line and its program's
 * defaults.
 */

import type { RotationSettings } from '../../audit/write/rotation.js';
import type { DemandFlags } from './demand-flags.js';
import type { NatsCredentials } from './nats-flags.js';
import type { Flags } from './program-flags.js';
import type { ServerPlace } from './server-flags.js';
import type { GivenFlag } from './split-arguments.js';
import type { TlsSettings } from './tls-flags.js';

/** The flags on one side of `--resource-file`. */
export interface SlaveCoordinates {
  readonly masterHost?: string | undefined;
  readonly masterPort?: number | undefined;
  readonly memberId?: string | undefined;
}

export interface Configuration {
  readonly role: 'master' | 'slave';
  /** With a resource file, a slave asks `slaveTarget` instead, as for host and port. */
  readonly memberId: string;
  readonly masterHost: string;
  /**
   * 0 on a master means any free one; on a slave it is allowed only if there is another way to find its
   * master.
   */
  readonly masterPort: number;
  readonly resourceFile:
    | {
        readonly path: string;
        /** Given after `--resource-file`: overrides the file. */
        readonly overrides: SlaveCoordinates;
        /** Given before it, or in the program's defaults: used if there is no file. */
        readonly fallback: SlaveCoordinates;
      }
    | undefined;
  readonly resourceFileUpdateIntervalMs: number;
  readonly slaveTaskGroup: number | 'auto';
  readonly slaveResultGroup: number | 'auto';
  readonly auditFile: string | undefined;
  /** `--audit-file -`: the whole trail on standard error, terminal or not. */
  readonly auditToStandardError: boolean;
  readonly auditFormat: 'text' | 'json';
  /** Undefined if the audit file is not rotated. */
  readonly auditRotation: RotationSettings | undefined;
  /** A master tells each run. */
  readonly auditRuns: boolean;
  readonly clientTimeoutMs: number;
  /** `Infinity` means forever: compare with it, but do not pass it to a timer, which would fire at once. */
  readonly connectTimeoutMs: number;
  /** The most local slaves, all of which are started if there is no demand; 0 on a slave. */
  readonly slaves: number;
  /** Standing servers that a master dials. */
  readonly servers: readonly ServerPlace[];
  /** That they ask for. */
  readonly serverToken: string | undefined;
  /** The farm file. */
  readonly farm: string | undefined;
  /** Undefined if each machine has all its slaves all the time. */
  readonly demand: DemandFlags | undefined;
  /** For this slave, or for a master's local ones. */
  readonly slaveConcurrency: number;
  /** Bytes; for this slave, or for a master's local ones. */
  readonly shareCache: number;
  readonly slaveExecutable: string | undefined;
  readonly nats: NatsCredentials & {
    /** As `nats://HOST:PORT` or `tls://HOST:PORT`; empty is the broker inside the master. */
    readonly urls: readonly string[];
  };
  readonly tls: TlsSettings;
  /** TLS is not required beyond loopback. */
  readonly insecure: boolean;
  /** On a master the port to listen at, on a slave the one to dial; `none` for data through the broker. */
  readonly dataPort: number | 'none' | undefined;
  readonly maxMessageBytes: number;
  readonly allowVersionSkew: boolean;
  /** Tasks that take too long get a second run. */
  readonly backupTasks: boolean;
  /** Slaves of this machine read large shared values from files. */
  readonly shareCopies: boolean;
  /** The folder of results; undefined on a slave. */
  readonly checkpoint: string | undefined;
  readonly progress: NonNullable<Flags['progress']>;
  readonly forwardOutput: NonNullable<Flags['forwardOutput']>;
  /** Where people look at a master; port 0 is any free one. */
  readonly dashboard:
    | {
        readonly host: string;
        readonly port: number;
        /** It may cancel tasks, and add and stop slaves. */
        readonly control: boolean;
        /** Arguments are shown, not only their sizes. */
        readonly showValues: boolean;
      }
    | undefined;
  /** Where a master serves metrics; port 0 is any free one. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  readonly metricsFile: string | undefined;
  /** Tasks that a master algorithm leaves behind count as its failure. */
  readonly strict: boolean;
  /** A master's flags and its program's defaults that its slaves get, as given: see `slaveArguments`. */
  readonly forSlaves: readonly GivenFlag[];
  /** The arguments that are not flags of the library, in their order. */
  readonly argv: readonly string[];
  /** One line each, for the audit trail. */
  readonly warnings: readonly string[];
  /** The warnings about flags that are nearly ours. */
  readonly mistyped: readonly string[];
}
