/** Notices of repeated problems on a master: refusals, failed runs, files. */

import { counted } from '../../structures/counted.js';
import type { AuditEvent, AuditEventOf } from '../events.js';
import { bad, type Notice, warning } from './notice.js';

/** Undefined for an event that is not a problem of this kind. */
export function troubleOf(event: AuditEvent): Notice | undefined {
  switch (event.type) {
    case 'hello-refused':
      return bad(`refused a slave on ${event.host} (process ${event.pid}): ${event.reason}`);
    case 'member-refused':
      return bad(
        `refused a slave on ${event.host} (process ${event.pid}): its --member-id is ${event.got}, ` +
          `that of this master ${event.expected}`,
      );
    case 'auth-failed':
      return bad(`refused ${event.address}: ${event.reason}`);
    case 'auth-failures':
      return bad(`refused ${event.address} ${counted(event.count, 'time')} more: ${event.reason}`);
    case 'dashboard-refused':
      return bad(`the dashboard refused ${event.address}, ${counted(event.count, 'time')}: ${event.reason}`);
    case 'skew-accepted':
      return warning(`${event.sid} runs other code of ${event.algorithms}`);
    case 'task-unrunnable':
      return bad(unrunnable(event));
    case 'task-retried':
      // Its exception is reported as such
      if (event.evidence.startsWith('it threw')) return undefined;
      return warning(`${event.taskId} on ${event.sid}: ${event.evidence}; it is run again`);
    case 'retry-undecided':
      return bad(
        `the retryErrors of ${event.algorithm} failed for ${event.taskId}, whose error is its fate: ${event.reason}`,
      );
    case 'offer-dropped':
      return warning(`an offer of ${event.sid} to cell ${event.cell} changes nothing: ${event.reason}`);
    case 'resource-file-unwritten':
      return warning(`cannot write ${event.path}: ${event.reason}; it is tried again`);
    case 'machine-state':
      if (event.state === 'failing') return warning(`${failed(event)}; it is tried again`);
      return event.state === 'given-up' ? bad(`${failed(event)}; it is given up`) : undefined;
    case 'master-algorithm-missing':
      return bad('exits with 255: the program has no master algorithm; call defineMaster before initialize');
    case 'other-master-found':
      return bad(`exits with 255: another master of member ${event.memberId} is alive (${event.evidence})`);
    default:
      return undefined;
  }
}

function failed({ machine, reason }: AuditEventOf<'machine-state'>): string {
  return `machine ${machine} fails: ${reason}`;
}

function unrunnable({ taskId, algorithm, reason, history }: AuditEventOf<'task-unrunnable'>): string {
  const last = history.at(-1);
  const how = last === undefined ? '' : `; the last run on ${last.sid}: ${last.evidence}`;
  return `${taskId} of ${algorithm} will not run again (${reason}${how})`;
}
