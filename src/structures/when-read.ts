/** Expired timers run before sockets are read: after a stall of this thread, what came meanwhile still waits there. */

/** Calls back when what waits now has been read, also by a connection that has to be accepted first. */
export function whenRead(then: () => void): void {
  setImmediate(() => setImmediate(then));
}
