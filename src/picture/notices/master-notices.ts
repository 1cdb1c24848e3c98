/** The notices at a master's terminal, folded from its audit events. */

import type { AuditEvent, AuditEventOf } from '../../audit/events.js';
import { commonNotices, stopping } from '../../audit/notices/common-notices.js';
import { bad, NO_NOTICES, type Notice, type NoticeFold, plain, warning } from '../../audit/notices/notice.js';
import { Repeats } from '../../audit/notices/repeats.js';
import { ThrownNotices } from '../../audit/notices/thrown-notices.js';
import { Together } from '../../audit/notices/together.js';
import { troubleOf } from '../../audit/notices/trouble.js';
import { counted } from '../../structures/counted.js';
import { Picture } from '../picture.js';
import { closingNotice } from './closing-notice.js';

export class MasterNotices implements NoticeFold {
  readonly #together = new Together();
  readonly #repeats = new Repeats();
  readonly #thrown = new ThrownNotices();
  readonly #picture = new Picture();
  /** Processes of local slaves that have not joined yet. */
  readonly #starting = new Set<number>();
  #needsToken = true;
  #joinCommand: string | undefined;
  #previousSid: string | undefined;
  #hasResults = false;
  #isEnding = false;
  #signals = 0;

  get dueMs(): number | undefined {
    return this.#together.dueMs;
  }

  take(event: AuditEvent, timeMs: number): readonly Notice[] {
    const notices = this.#fold(event, timeMs);
    // Keeps the order of events, also where one of them was gathered
    if (notices.length > 0 && this.#together.dueMs !== undefined) {
      return [...this.#together.take(), ...notices];
    }
    return notices;
  }

  tick(timeMs: number): readonly Notice[] {
    const { dueMs } = this.#together;
    return dueMs !== undefined && dueMs <= timeMs ? this.#together.take() : NO_NOTICES;
  }

  end(): readonly Notice[] {
    return this.#together.take();
  }

  #fold(event: AuditEvent, timeMs: number): readonly Notice[] {
    this.#picture.take(event, timeMs);
    switch (event.type) {
      case 'results-received':
        // The program's text about the first one should appear below the notice of its slave
        if (this.#hasResults) return NO_NOTICES;
        this.#hasResults = true;
        return this.#together.take();
      case 'no-token':
        this.#needsToken = false;
        return NO_NOTICES;
      case 'master-ready':
        return [
          plain(`ready at ${event.address}${this.#needsToken ? '' : ', for all users of this machine'}`),
        ];
      case 'join-command':
        this.#joinCommand = event.command;
        return [plain(`to add a slave: ${event.command}`)];
      case 'machine-granted':
        return [plain(`machine ${event.machine} lends ${event.slots} of ${counted(event.wanted, 'slot')}`)];
      case 'checkpoint-opened':
        return [plain(`the checkpoint ${event.path} holds ${counted(event.results, 'result')}`)];
      case 'slave-rejoined':
        this.#previousSid = event.previousSid;
        return NO_NOTICES;
      case 'slave-connecting':
        return this.#joined(event, timeMs);
      case 'slave-lost':
        this.#together.add('lost', event.sid, event.evidence, timeMs);
        return NO_NOTICES;
      case 'slave-left':
        this.#together.add('left', event.sid, event.reason, timeMs);
        return NO_NOTICES;
      case 'shutdown-sent':
        this.#isEnding = true;
        return NO_NOTICES;
      case 'shutdown-unanswered':
        this.#together.add('unanswered', event.sid, '', timeMs);
        return NO_NOTICES;
      case 'slaves-missing':
        return [warning(this.#waiting(event))];
      case 'metrics-ready':
        return [plain(`metrics at ${event.url}`)];
      case 'progress':
        return [plain(howFar(event))];
      case 'task-threw':
        return [this.#thrown.first(event)];
      case 'tasks-threw':
        this.#thrown.count(event);
        return NO_NOTICES;
      case 'interrupted':
        return this.#interrupted(event);
      case 'master-finished':
        return [...this.#thrown.end(), closingNotice(this.#picture, timeMs)];
      default: {
        const notice = troubleOf(event);
        if (notice !== undefined) return this.#repeats.tell(notice);
        return this.#localSlave(event);
      }
    }
  }

  #joined({ sid, host, pid }: AuditEventOf<'slave-connecting'>, timeMs: number): readonly Notice[] {
    const previous = this.#previousSid;
    this.#previousSid = undefined;
    if (previous !== undefined) {
      this.#together.add('joined-again', sid, previous, timeMs);
      return NO_NOTICES;
    }
    this.#together.add('joined', sid, host, timeMs);
    // No more are expected, and a short program should report them before it ends
    return this.#starting.delete(pid) && this.#starting.size === 0 ? this.#together.take() : NO_NOTICES;
  }

  #waiting({ queued, waitedSeconds, hint }: AuditEventOf<'slaves-missing'>): string {
    const how = this.#joinCommand ?? 'the program with --slave, or the master with --slaves N';
    const since = `for ${waitedSeconds.toFixed(0)} s${hint === undefined ? '' : ` (${hint})`}`;
    return `WAITING: ${counted(queued, 'task')} and no slave ${since}; start ${how}`;
  }

  #interrupted({ signal }: AuditEventOf<'interrupted'>): readonly Notice[] {
    this.#isEnding = true;
    if (++this.#signals > 1) return [warning('ends at once')];
    const { busy } = this.#picture.slaves.countStates();
    const compute = busy === 1 ? '1 slave still computes' : `${busy} slaves still compute`;
    return [stopping(signal, busy === 0 ? 'no slave computes' : compute)];
  }

  #localSlave(event: AuditEvent): readonly Notice[] {
    switch (event.type) {
      case 'local-slave-started':
        this.#starting.add(event.pid);
        return NO_NOTICES;
      case 'local-slave-unstarted':
        return this.#repeats.tell(bad(`a local slave cannot be started: ${event.reason}; it is tried again`));
      case 'local-slave-exited': {
        // If it had joined, its loss is reported
        const { pid, code, signal, note } = event;
        if (!this.#starting.delete(pid) || this.#isEnding || note !== undefined) return NO_NOTICES;
        const how = signal === undefined ? `with ${code}` : `by ${signal}`;
        return this.#repeats.tell(
          bad(`a local slave ended ${how} before it had joined; it is started again`),
        );
      }
      default:
        return commonNotices(event, this.#repeats);
    }
  }
}

function howFar({
  done,
  submitted,
  failed,
  slaves,
  busy,
  remainingSeconds,
}: AuditEventOf<'progress'>): string {
  const left = remainingSeconds === undefined ? '' : `, about ${remainingSeconds.toFixed(0)} s left`;
  return `${done} of ${counted(submitted, 'task')}, ${failed} failed, ${counted(slaves, 'slave')}, ${busy} busy${left}`;
}
