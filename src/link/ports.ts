/** The ports between the cores and the network: a data connection, and a sentinel beside it. */

import type { MessagePort } from 'node:worker_threads';
import type { CellOffer, Command, Farewell, RunKill } from '../wire/messages/messages.js';
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
  /** Whether token and password may travel unencrypted beyond this machine. */
  readonly insecure?: boolean | undefined;
}

/** The authorities that we trust and the certificate that we show, in PEM. */
export interface BrokerTrust {
  /** Authorities, one of which must have signed the broker's certificate; the system's if there are none. */
  readonly ca?: string | undefined;
  /** The broker has exactly this certificate, under any name; overrides `ca`. */
  readonly certificate?: string | undefined;
  /** Our own, for a broker that asks for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /**
   * Paths for messages: of `--tls-ca`, of `--tls-cert`, and of the resource file that names the trusted
   * certificate.
   */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly resourceFile?: string | undefined;
}

export type LinkStatus =
  /** Initially, and after each reconnection: earlier messages may be lost. */
  | { readonly status: 'connected' }
  | { readonly status: 'disconnected' }
  /** There is room again after `send` refused. */
  | { readonly status: 'drained' }
  /** An error that ends nothing: a forbidden subject, a handler that threw. */
  | { readonly status: 'error'; readonly error: Error }
  /** Final: closed by us, or refused for a reason that no retry can cure. */
  | { readonly status: 'closed'; readonly reason?: string | undefined };

/** One received payload: a view of the client's buffer, valid only during the call. */
export type MessageHandler = (
  subject: string,
  payload: Uint8Array,
  info: { readonly noResponders: boolean; readonly reply: string },
) => void;

export interface DataLink {
  /**
   * False if nothing was sent: not connected, or 1 MB handed over since the last completed flush. The payload
   * is read until the end of the current tick, so do not change it until then.
   */
  send(subject: string, payload: Uint8Array, reply?: string): boolean;
  readonly connected: boolean;
  /** The id of the current or last server of the connection. */
  readonly server: string | undefined;
  /**
   * Returns a function that ends the subscription. A handler that throws ends nothing; its error becomes a
   * status.
   */
  subscribe(subject: string, handler: MessageHandler): () => void;
  /**
   * Resolves when the broker has taken all subscriptions so far, on the next connection if this one breaks; rejects
   * when no other is made.
   */
  ready(): Promise<void>;
  /** A listener that comes while the link is down, or closed, is told so at once. */
  onStatus(listener: (status: LinkStatus) => void): void;
  /** Sends all handed-over data, then closes. */
  close(): Promise<void>;
}

/** Events of one slave's connection to the data port. */
export interface PortPeer {
  onFrame(payload: Uint8Array): void;
  /** The slave is connected, and hears what is sent. */
  onOpened(): void;
  onClosed(): void;
  /** There is room again after `send` refused. */
  onDrained(): void;
}

/** One slave's right to a data port. */
export interface PortPass {
  readonly secret: string;
  /** False if nothing was sent: not connected, or 1 MB unsent. The payload is read until the end of the tick. */
  send(payload: Uint8Array): boolean;
  /** Ends the connection; the slave may make another one. */
  hangUp(): void;
  /** Ends the right, and the connection. */
  revoke(): void;
}

/** A port of this process at which slaves bring frames past the broker. */
export interface DataPort {
  readonly port: number;
  readonly encrypted: boolean;
  /** Undefined if there are as many passes as it bears. */
  admit(
    subjects: { readonly toMaster: string; readonly toSlave: string },
    peer: PortPeer,
  ): PortPass | undefined;
}

/** A peer that gets beats from the sentinel and is judged by it. */
export interface WatchedPeer extends SessionAddress {
  readonly run: string;
  readonly sid: number;
  /** The slot of the shared counters that main keeps for this peer. */
  readonly slot: number;
  /** A slave's: the generation of its claims that belongs to this session. */
  readonly generation?: number | undefined;
}

/** Messages from main to its sentinel. */
export type SentinelRequest =
  /**
   * For a slave before its hello: listens to the control subject of the coming session, and answers its
   * master's beats from now on, also while main is busy. `listening` is the reply.
   */
  | { readonly op: 'listen'; readonly user: string; readonly nonce: string }
  /**
   * Sends beats to this peer and judges it. A master asks for this before it sends its welcome; a slave after
   * its welcome, which contains the timeout and the kind of broker.
   */
  | {
      readonly op: 'watch';
      readonly peer: WatchedPeer;
      readonly clientTimeoutMs?: number | undefined;
      readonly broker?: 'embedded' | 'external' | undefined;
    }
  | { readonly op: 'forget'; readonly nonce: string }
  /** For a master: no other master was found, so it may tell slaves of earlier runs that they are stale. */
  | { readonly op: 'established' }
  /** Repeated to the peer until it acknowledges or is forgotten. */
  | { readonly op: 'command'; readonly nonce: string; readonly id: number; readonly body: Command }
  /** For a master: `evidence` without the network, such as the exit of a local slave. */
  | { readonly op: 'evidence'; readonly nonce: string; readonly evidence: string }
  /** For a slave: runs with a time limit begin. Repeated each second while further ones do. */
  | { readonly op: 'limited' }
  /** Main has written to the cells that it shares. */
  | { readonly op: 'cells' }
  /** For a master: the offers of these messages are in the cells that it shares. */
  | {
      readonly op: 'offers-taken';
      readonly taken: readonly (readonly [nonce: string, id: number])[];
    }
  /** Main knows and will end by itself, so the process must not be killed. */
  | { readonly op: 'ending' }
  | { readonly op: 'stop' };

/** Messages from a sentinel to main. Beats are merged: the newest one of a peer wins. */
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
      readonly processorPercent?: number | undefined;
    }
  | { readonly type: 'suspect'; readonly nonce: string; readonly evidence: string }
  | { readonly type: 'cleared'; readonly nonce: string }
  /** For a master: this slave is lost. For a slave: its master is dead. */
  | { readonly type: 'lost'; readonly nonce: string; readonly evidence: string }
  | {
      readonly type: 'acknowledged';
      readonly nonce: string;
      readonly id: number;
      readonly from?: number | undefined;
      readonly found?: 'waiting' | 'running' | 'gone' | undefined;
    }
  /** The peer ends this session by itself. */
  | { readonly type: 'bye'; readonly nonce: string; readonly farewell: Farewell }
  /** For a slave: the peer does not know this session any more. */
  | { readonly type: 'stale'; readonly nonce: string }
  /** For a slave: its master asked it to shut down. */
  | { readonly type: 'shutdown'; readonly nonce: string }
  /** For a slave: a running task is no longer wanted, and perhaps must end. */
  | {
      readonly type: 'cancel';
      readonly nonce: string;
      readonly index: number;
      readonly kill?: RunKill | undefined;
    }
  /** For a master: this task did not stop in time, and its slave's sentinel ends the process. */
  | { readonly type: 'overdue'; readonly nonce: string; readonly index: number }
  /** For a master: what a slave offers to cells; `offers-taken` is the answer. Repeated until then. */
  | {
      readonly type: 'offers';
      readonly nonce: string;
      readonly id: number;
      readonly offers: readonly CellOffer[];
    }
  /** For a master: another master of this member id asks whether one is there. */
  | { readonly type: 'other-master'; readonly run: string }
  | { readonly type: 'link'; readonly connected: boolean }
  /** For a slave: the broker has accepted the subscription of `listen`. */
  | { readonly type: 'listening'; readonly nonce: string }
  /** An error that ends nothing. */
  | { readonly type: 'warning'; readonly text: string }
  /** The thread has ended unexpectedly: nothing sends beats or watches any more. */
  | { readonly type: 'crashed'; readonly error: Error };

/** Main's side of its sentinel. */
export interface SentinelHandle {
  request(request: SentinelRequest): void;
  onEvent(listener: (event: SentinelEvent) => void): void;
  /**
   * For a master: a port at which another thread asks for profiles, as in `profile-messages.ts`. It closes with the
   * sentinel.
   */
  openProfiles(): MessagePort;
  /** Ends the thread and its connection; may be called twice. */
  stop(): Promise<void>;
}
