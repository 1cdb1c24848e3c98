/** The messages between main and the sentinel's thread. */

import type { MessagePort } from 'node:worker_threads';
import type { BrokerAddress, SentinelEvent, SentinelRequest } from '../ports.js';
import type { SharedBuffers } from '../shared/shared-state.js';

/** The initial data of the thread. */
export interface SentinelThreadData {
  readonly role: 'master' | 'slave';
  readonly address: BrokerAddress;
  readonly memberId: string;
  readonly run: string;
  readonly clientTimeoutMs: number;
  readonly broker: 'embedded' | 'external';
  readonly connectTimeoutMs: number;
  readonly buffers: SharedBuffers;
  readonly parentPipeFd?: number | undefined;
  readonly mayKill: boolean;
  readonly auditFile?: string | undefined;
  readonly killLine: string;
  readonly killNotice?: string | undefined;
}

export type ToSentinelThread =
  /** Sent once, before anything else. */
  | { readonly type: 'begin'; readonly data: SentinelThreadData }
  | { readonly type: 'request'; readonly request: SentinelRequest }
  /** For a master: there somebody asks for profiles, as in `profile-messages.ts`. */
  | { readonly type: 'profiles'; readonly port: MessagePort }
  /** Main has read the last batch of events, so it may get another one; these are the requests that followed from them. */
  | { readonly type: 'taken'; readonly requests: readonly SentinelRequest[] };

export type FromSentinelThread =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly reason: string | undefined; readonly message: string }
  | { readonly type: 'events'; readonly events: readonly SentinelEvent[] };
