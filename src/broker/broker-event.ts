/** What happened at the door of the broker, as plain values that can cross threads. */
export type BrokerEvent =
  | { readonly type: 'client-connected'; readonly address: string }
  | { readonly type: 'client-closed'; readonly address: string; readonly reason: string }
  | { readonly type: 'auth-failed'; readonly address: string; readonly reason: string }
  /** More of them from this peer, without its port, since the last such event; the reason is the last one's. */
  | {
      readonly type: 'auth-failures';
      readonly address: string;
      readonly count: number;
      readonly reason: string;
    }
  /** The first time that this guest wanted what guests may not. */
  | { readonly type: 'forbidden'; readonly address: string; readonly reason: string }
  /** A connection was closed at once, as the process has hardly a file left; said once a minute. */
  | { readonly type: 'turned-away'; readonly address: string; readonly limit: number }
  | { readonly type: 'crashed'; readonly error: string };
