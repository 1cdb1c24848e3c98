/** The notices that masters and slaves share. */

import type { AuditEvent } from '../events.js';
import { bad, NO_NOTICES, type Notice, plain, warning } from './notice.js';
import type { Repeats } from './repeats.js';

export function commonNotices(event: AuditEvent, repeats: Repeats): readonly Notice[] {
  switch (event.type) {
    case 'broker-lost':
      return repeats.tell(
        warning(`the connection to ${event.url} is lost: ${event.reason}; it is tried again`),
      );
    case 'broker-back':
      return repeats.tell(plain(`connected to ${event.url} again, after ${event.awaySeconds.toFixed(1)} s`));
    case 'wrong-exit-code':
      return [bad(`exits with 255: the algorithm returned ${event.value}, not an integer from 0 to 255`)];
    case 'still-open':
      return [warning(`exits, although the program has left this open: ${event.what}`)];
    case 'frame-dropped':
      return repeats.tell(warning(`a message of ${event.peer} was dropped: ${event.reason}`));
    case 'warning':
      return repeats.tell(warning(event.text));
    case 'error':
      return repeats.tell(bad(event.text));
    default:
      return NO_NOTICES;
  }
}

/** The effect of a signal, and how to ask for it again. */
export function stopping(signal: string, what: string): Notice {
  const name = signal === 'SIGINT' ? 'Ctrl-C' : signal;
  return warning(`stopping (${name}): ${what}; again ${name} to end at once`);
}
