/** The ports between the cores and the network: a data connection, and a sentinel beside it. */

import type { Command, Farewell } from '../wire/messages/messages.js';
import type { SessionAddress } from '../wire/messages/subjects.js';

/** How to reach a broker. */
export interface BrokerAddress {
  readonly urls: readonly string[];
  readonly token?: string | undefined;
  /** For messages. */
  readonly tokenFrom?: 'flag' | 'environment' | 'resource-file' | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Path of a `.creds` file. */
  readonly creds?: string | undefined;
  /** Path of a file that holds an nkey seed. */
  readonly nkeyFile?: string | undefined;
  /** For URLs that begin with `tls:`. */
  readonly tls?: BrokerTrust | undefined;
  /** Token and password may travel unencrypted beyond this machine. */
  readonly insecure?: boolean | undefined;
}

/** Whom we trust and what we show, in PEM. */
export interface BrokerTrust {
  /** Authorities one of which must have signed the broker's certificate; the system's if there are none. */
  readonly ca?: string | undefined;
  /** The broker has exactly this certificate, by whatever name it is reached; goes before `ca`. */
  readonly certificate?: string | undefined;
  /** Our own, for a broker that asks for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Paths, for messages: of `--tls-ca`, of `--tls-cert`, and of the resource file that says whom to trust. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly resourceFile?: string | undefined;
}

export type LinkStatus =
  /** At first, and after each reconnection: what was published before may be gone. */
  | { readonly status: 'connected' }
  | { readonly status: 'disconnected' }
  /** There is room again after `send` refused. */
  | { readonly status: 'drained' }
  /** Something went wrong that ends nothing: a subject the broker forbids, a handler that threw. */
  | { readonly status: 'error'; readonly error: Error }
  /** For good: closed by us, or refused for a reason that no retry cures. */
  | { readonly status: 'closed'; readonly reason?: string | undefined };

/** One payload that came in; it is a view of the client's buffer, valid during the call only. */
export type MessageHandler = (
  subject: string,
  payload: Uint8Array,
  info: { readonly noResponders: boolean; readonly reply: string },
) => void;

export interface DataLink {
  /**
   * False if nothing was sent: not connected, or 1 MB handed over since the last flush came back.
   * The payload is read until the end of the current tick, so leave it alone until then.
   */
  send(subject: string, payload: Uint8Array, reply?: string): boolean;
  readonly connected: boolean;
  /** The id of the server that it leads to, or led to last. */
  readonly server: string | undefined;
  /** Returns what ends the subscription. A handler that throws ends nothing; its error is a status. */
  subscribe(subject: string, handler: MessageHandler): () => void;
  /** Resolves when the broker has taken all subscriptions so far; rejects if the connection breaks. */
  ready(): Promise<void>;
  onStatus(listener: (status: LinkStatus) => void): void;
  /** Sends what was handed over, then closes. */
  close(): Promise<void>;
}

/** A peer that the sentinel beats to and judges. */
export interface WatchedPeer extends SessionAddress {
  readonly run: string;
  readonly sid: number;
  /** Which slot of the shared counters main keeps for this peer. */
  readonly slot: number;
  /** A slave's: the generation of its claims that belongs to this session. */
  readonly generation?: number | undefined;
}

/** What main tells its sentinel. */
export type SentinelRequest =
  /**
   * A slave's, before it says hello: listens to the control subject of a session to come, answers its
   * master's beats from now on, also while main is busy. `listening` comes back.
   */
  | { readonly op: 'listen'; readonly user: string; readonly nonce: string }
  /**
   * Beat to this peer and judge it. A master asks before it sends its welcome; a slave when it has one,
   * with the timeout and the kind of broker that the welcome told.
   */
  | {
      readonly op: 'watch';
      readonly peer: WatchedPeer;
      readonly clientTimeoutMs?: number | undefined;
      readonly broker?: 'embedded' | 'external' | undefined;
    }
  | { readonly op: 'forget'; readonly nonce: string }
  /** A master's: no other master was found, so it may tell the slaves of earlier runs that they are stale. */
  | { readonly op: 'established' }
  /** Repeated to the peer until it acknowledges or is forgotten. */
  | { readonly op: 'command'; readonly nonce: string; readonly id: number; readonly body: Command }
  /** A master's: `evidence` that needs no network, such as the exit of a local slave. */
  | { readonly op: 'evidence'; readonly nonce: string; readonly evidence: string }
  /** Main has heard: it will end by itself, so do not kill the process. */
  | { readonly op: 'ending' }
  | { readonly op: 'stop' };

/** What a sentinel tells main; beats are coalesced, the newest of a peer wins. */
export type SentinelEvent =
  | {
      readonly type: 'beat';
      readonly nonce: string;
      readonly sent: number;
      readonly received: number;
      readonly limit: number;
      readonly begun?: number | undefined;
      readonly running?: number | undefined;
      readonly runningMs?: number | undefined;
      readonly memoryBytes?: number | undefined;
    }
  | { readonly type: 'suspect'; readonly nonce: string; readonly evidence: string }
  | { readonly type: 'cleared'; readonly nonce: string }
  /** A master's: this slave is lost. A slave's: its master is dead. */
  | { readonly type: 'lost'; readonly nonce: string; readonly evidence: string }
  | {
      readonly type: 'acknowledged';
      readonly nonce: string;
      readonly id: number;
      readonly from?: number | undefined;
      readonly found?: 'waiting' | 'running' | 'gone' | undefined;
    }
  /** The peer ends this session of its own will. */
  | { readonly type: 'bye'; readonly nonce: string; readonly farewell: Farewell }
  /** A slave's: the peer does not know this session any more. */
  | { readonly type: 'stale'; readonly nonce: string }
  /** A slave's: its master told it to shut down. */
  | { readonly type: 'shutdown'; readonly nonce: string }
  /** A slave's: a task that runs is not wanted any more. */
  | { readonly type: 'cancel'; readonly nonce: string; readonly index: number }
  /** A master's: this task did not stop in time, and its slave's sentinel ends the process. */
  | { readonly type: 'overdue'; readonly nonce: string; readonly index: number }
  /** A master's: another master of this member id asks whether one is there. */
  | { readonly type: 'other-master'; readonly run: string }
  | { readonly type: 'link'; readonly connected: boolean }
  /** A slave's: the broker has taken the subscription of `listen`. */
  | { readonly type: 'listening'; readonly nonce: string }
  /** Something went wrong that ends nothing. */
  | { readonly type: 'warning'; readonly text: string }
  /** The thread has ended against our will: nothing beats or watches any more. */
  | { readonly type: 'crashed'; readonly error: Error };

/** Main's side of its sentinel. */
export interface SentinelHandle {
  request(request: SentinelRequest): void;
  onEvent(listener: (event: SentinelEvent) => void): void;
  /** Ends the thread and its connection; may be called twice. */
  stop(): Promise<void>;
}
