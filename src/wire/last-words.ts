/** What peers tell of their servers by being heard: another peer's 503s mean more where the server is there. */

export interface Speaker {
  /** Of its own connection, as it said last; and when it said so. */
  readonly server: string | undefined;
  readonly spokeAt: number;
  /** When it was away last. */
  readonly nobodyAt: number;
}

/** By server: when a peer there spoke last. One that was away since `presentSince` may have gone with its server. */
export function lastWordsByServer(
  peers: Iterable<Speaker>,
  presentSince: number,
): ReadonlyMap<string, number> {
  const words = new Map<string, number>();
  for (const { server, spokeAt, nobodyAt } of peers) {
    if (server === undefined || nobodyAt > presentSince) continue;
    words.set(server, Math.max(spokeAt, words.get(server) ?? spokeAt));
  }
  return words;
}
