/** Events at the entrance of the broker, as plain values that can cross threads. */
export type BrokerEvent =
  | { readonly type: 'client-connected'; readonly address: string }
  | { readonly type: 'client-closed'; readonly address: string; readonly reason: string }
  | { readonly type: 'auth-failed'; readonly address: string; readonly reason: string }
  /**
   * Further failures of this peer, without its port, since the last such event; the reason is the last one's.
   */
  | {
      readonly type: 'auth-failures';
      readonly address: string;
      readonly count: number;
      readonly reason: string;
    }
  /** This guest tried for the first time something that guests may not do. */
  | { readonly type: 'forbidden'; readonly address: string; readonly reason: string }
  /**
   * A connection was closed at once, because the process has almost no files left; reported once per minute.
   */
  | { readonly type: 'turned-away'; readonly address: string; readonly limit: number }
  /** Too many connections to the data port failed, so it is shut for a while; reported once per minute. */
  | { readonly type: 'port-shut'; readonly port: number; readonly failures: number }
  | { readonly type: 'crashed'; readonly error: string };
