/**
 * The text of each thread, for programs that a bundler turns into one file. The packed library has them here.
 * Otherwise the threads are files in `dist`, and are not bundled.
 */

export type ThreadName = 'sentinel' | 'broker' | 'dashboard' | 'dial';

export const THREAD_TEXTS: Readonly<Record<ThreadName, string>> | undefined = undefined;
