/** The messages between a master and the agent that it has started on a machine, as types. */

import type { SlaveOrder, SlaveReport } from '../slave-messages.js';

/** The first message to the agent; the program follows, unless `program` says where it is. */
export interface AgentSettings {
  /** Variables of all slaves, and of the agent itself. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables of slaves that the machine may set otherwise. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Variables of slaves alone. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Texts that the arguments of slaves name, such as certificates, by the names of their files. */
  readonly files: Readonly<Record<string, string>>;
  /** The variable that ties a slave to the process that started it. */
  readonly parentVariable: string;
  /** The folder of all slaves; an empty one for each without it. */
  readonly cwd?: string | undefined;
  /** The program's file on the machine. */
  readonly program?: string | undefined;
  /** A port of the machine that leads through the connection: it answers or closes while that stands. */
  readonly probePort?: number | undefined;
  /** The agent ends once the connection has been dead for that long; it can tell by the port alone. */
  readonly lostAfterMs: number;
}

export type AgentOrder =
  | SlaveOrder
  | { readonly type: 'clock' }
  /** The master is there. */
  | { readonly type: 'beat' };

export type AgentReport =
  /** Before the agent is sent: the version of Node. */
  | { readonly type: 'node'; readonly version: string }
  | {
      readonly type: 'ready';
      readonly hostname: string;
      readonly platform: string;
      readonly cores: number;
      readonly memoryBytes: number;
      /** The folder of the files that came with the settings. */
      readonly filesFolder: string;
    }
  /** It cannot do its work there, and ends. */
  | { readonly type: 'failed'; readonly what: string; readonly code?: string | undefined }
  /** In milliseconds since 1970. */
  | { readonly type: 'clock'; readonly now: number }
  | SlaveReport;
