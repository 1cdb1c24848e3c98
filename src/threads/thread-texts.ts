/**
 * The text of each thread, for programs that a bundler makes one file of. The packed library has them here;
 * otherwise the threads are files of `dist`, which nobody bundles.
 */

export type ThreadName = 'sentinel' | 'broker';

export const THREAD_TEXTS: Readonly<Record<ThreadName, string>> | undefined = undefined;
