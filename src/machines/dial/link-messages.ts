/** Between a master's main thread, which decides, and the thread that has the connections to its servers. */

import type { LeaseRequest, Way, Welcome } from '../protocol/messages.js';
import type { SlaveOrder, SlaveReport } from '../slave-messages.js';
import type { ServerTarget } from './connect.js';

/** Where the connections of a server's slaves end: the ports of the master. */
export type WaysOfMaster = Readonly<Partial<Record<Way, { readonly host: string; readonly port: number }>>>;

export interface LinkOrder {
  readonly target: ServerTarget;
  readonly request: LeaseRequest;
  readonly bundle: Uint8Array;
  readonly ways: WaysOfMaster;
  /** The main thread dials the streams to the data port. */
  readonly dataInMain: boolean;
}

/** Lasting: another attempt would end in the same way. */
export interface Failure {
  readonly reason: string;
  readonly lasting: boolean;
}

export type LinkCommand =
  | ({ readonly type: 'open' } & LinkOrder)
  /** Of the proof: a value to send, the wish for the next one, and its end. */
  | { readonly type: 'auth-send'; readonly value: unknown }
  | { readonly type: 'auth-receive' }
  | { readonly type: 'auth-done'; readonly error?: Failure | undefined }
  | SlaveOrder
  /** A stream that the main thread was to dial. */
  | { readonly type: 'undialled'; readonly key: string }
  | { readonly type: 'close' };

export type LinkEvent =
  | { readonly type: 'asked'; readonly method: string; readonly binding: Uint8Array }
  | { readonly type: 'auth-received'; readonly value: unknown }
  | ({ readonly type: 'auth-failed' } & Failure)
  | { readonly type: 'bundle-sent'; readonly seconds: number }
  /** Slaves may be started. */
  | {
      readonly type: 'ready';
      readonly welcome: Welcome;
      readonly clockOffsetMs: number;
      readonly ports: Readonly<Partial<Record<Way, number>>>;
    }
  | { readonly type: 'granted'; readonly slots: number; readonly wanted: number }
  | SlaveReport
  /** The main thread dials a stream to the data port. */
  | { readonly type: 'dial'; readonly key: string }
  /** The last event: it did not open, or it is over. */
  | ({ readonly type: 'over' } & Failure);
