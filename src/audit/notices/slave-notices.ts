/** The notices at a slave's terminal, folded from its audit events. */

import { counted } from '../../structures/counted.js';
import type { AuditEvent, AuditEventOf } from '../events.js';
import { commonNotices, stopping } from './common-notices.js';
import { bad, good, NO_NOTICES, type Notice, type NoticeFold, plain, warning } from './notice.js';
import { Repeats } from './repeats.js';

export class SlaveNotices implements NoticeFold {
  readonly dueMs = undefined;
  readonly #repeats = new Repeats();
  #beganMs: number | undefined;
  #results = 0;
  #signals = 0;

  take(event: AuditEvent, timeMs: number): readonly Notice[] {
    switch (event.type) {
      case 'results-sent':
        this.#results += event.count;
        return NO_NOTICES;
      case 'version':
        this.#beganMs ??= timeMs;
        return NO_NOTICES;
      case 'connected-to-broker':
        return this.#repeats.tell(plain(`connected to the broker at ${event.address}; no master yet`));
      case 'master-unheard':
        return this.#repeats.tell(warning(`${event.reason}; it is asked again`));
      case 'id-received':
        this.#repeats.forget();
        return [good(`joined as ${event.sid}`)];
      case 'connect-refused':
        return this.#repeats.tell(
          warning(`no connection to ${event.address}: ${event.reason}; it is tried again`),
        );
      case 'data-port-unreachable':
        return [
          warning(
            `the master's data port at ${event.url} cannot be reached: ${event.reason}; all goes through its broker, a little slower`,
          ),
        ];
      case 'resource-file-unusable':
        return this.#repeats.tell(warning(`${event.reason}; it is looked at again`));
      case 'resource-file-finished':
        return [plain(`the computation of ${event.path} is finished; nothing is left to do`)];
      case 'master-not-found':
        return [bad(notFound(event))];
      case 'refused-by-master':
        return [bad(`refused by the master: ${event.reason}`)];
      case 'stale-received':
        return [warning('the master has given this slave up; it joins again')];
      case 'master-lost':
        return [bad(`the master is lost: ${event.evidence}`)];
      case 'interrupted':
        if (++this.#signals > 1) return [warning('ends at once')];
        return [stopping(event.signal, 'leaves the master, which gives its tasks to others')];
      case 'slave-finished':
        return [this.#closing(event, timeMs)];
      default:
        return commonNotices(event, this.#repeats);
    }
  }

  tick(): readonly Notice[] {
    return NO_NOTICES;
  }

  end(): readonly Notice[] {
    return NO_NOTICES;
  }

  #closing({ outcome }: AuditEventOf<'slave-finished'>, timeMs: number): Notice {
    const seconds = (timeMs - (this.#beganMs ?? timeMs)) / 1000;
    const why = outcome === 'master-shutdown' ? ', told by its master' : '';
    return plain(`ended${why}: ${counted(this.#results, 'result')}, ${seconds.toFixed(1)} s`);
  }
}

function notFound({ memberId, url, waitedSeconds, reason }: AuditEventOf<'master-not-found'>): string {
  const where = url === undefined ? '' : ` at ${url}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return `exits with 255: no master of member ${memberId}${where} within ${waitedSeconds.toFixed(0)} s${why}`;
}

/** For local slaves of a master that reports all that it can see: only events that the slave alone knows. */
export class LocalSlaveNotices implements NoticeFold {
  readonly dueMs = undefined;
  readonly #repeats = new Repeats();

  take(event: AuditEvent): readonly Notice[] {
    switch (event.type) {
      case 'wrong-exit-code':
      case 'still-open':
      case 'error':
        return commonNotices(event, this.#repeats);
      case 'connect-refused':
        return this.#repeats.tell(
          warning(`a local slave has no connection to ${event.address}: ${event.reason}`),
        );
      default:
        return NO_NOTICES;
    }
  }

  tick(): readonly Notice[] {
    return NO_NOTICES;
  }

  end(): readonly Notice[] {
    return NO_NOTICES;
  }
}
