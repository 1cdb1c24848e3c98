/** The messages between the dashboard's thread and the sentinel's about profiles: they pass main, which may be blocked. */

/** Take a profile of a slave's main, or of this process's. The sentinel takes one at a time. */
export interface ProfileOrder {
  /** Names it in the answers. */
  readonly key: number;
  /** The number of a slave's session; undefined for this process. */
  readonly slave: number | undefined;
  /** 1 to 30. */
  readonly seconds: number;
}

/** How far it is: until `done` or `failed`, which is the last news of its key. */
export type ProfileNews =
  | { readonly key: number; readonly state: 'running' }
  | { readonly key: number; readonly state: 'fetching'; readonly pieces: number; readonly of: number }
  /** A compressed .cpuprofile, of at most 8 MB. It is what a process says, and not checked. */
  | { readonly key: number; readonly state: 'done'; readonly bytes: Uint8Array }
  /** The reason is a sentence without its subject, the process: `has not answered for 10 s`. */
  | { readonly key: number; readonly state: 'failed'; readonly reason: string };
