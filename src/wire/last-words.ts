/**
 * Learns about servers from the peers that are heard: another peer's 503s mean more while its server is
 * there.
 */

export interface Speaker {
  /** The server of its own connection, as last reported, and the time of the report. */
  readonly server: string | undefined;
  readonly spokeAt: number;
  /** The last time that it was away. */
  readonly nobodyAt: number;
}

/**
 * By server: the last time that a peer there spoke. A peer that was away since `presentSince` may have gone
 * with its server.
 */
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
