/** Owns the names of the reasons why a slave gets no more tasks for now. */

/**
 * The first of these that holds:
 *
 * - `not-joined`: it connects, shuts down or is gone.
 * - `suspected`: its sentinel is not heard.
 * - `may-end`: its process is ended for a run that does not stop, or may be.
 * - `leaving`: it has said goodbye.
 * - `cancelled-runs`: cancelled runs that go on have all its places.
 * - `runs-alone`: it runs a task that must run alone.
 * - `asked-back`: it was asked for tasks that it has not begun, and has not answered.
 * - `full`: it has as many tasks as it may.
 * - `unsent`: earlier tasks still wait for the link or for credit.
 * - `no-credit`: it has not granted room for more bytes.
 */
export type SlaveObstacle =
  | 'not-joined'
  | 'suspected'
  | 'may-end'
  | 'leaving'
  | 'cancelled-runs'
  | 'runs-alone'
  | 'asked-back'
  | 'full'
  | 'unsent'
  | 'no-credit';

/**
 * The same for one task: `mail-first`, its own tasks go before; `reserved`, it is kept free for one that must run alone;
 * `fetching`, it fetches the shared values of tasks before it; `resting`, other slaves keep up with tasks that are so quick.
 */
export type TaskObstacle = SlaveObstacle | 'mail-first' | 'reserved' | 'fetching' | 'resting';
