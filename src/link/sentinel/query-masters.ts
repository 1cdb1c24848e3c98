/**
 * A starting master asks whether its member id is taken; the sentinel of a live master answers, busy or not.
 */

import { giveUpAfter } from '../../structures/give-up-after.js';
import type { MasterQuery } from '../../wire/messages/messages.js';
import { Subjects } from '../../wire/messages/subjects.js';
import type { DataLink } from '../ports.js';
import { formatControl, parseControl } from './control-text.js';

export interface MasterQueryOptions {
  readonly memberId: string;
  readonly run: string;
  /** As in subjects, not encoded. */
  readonly user: string;
  /** 32 hex digits, used for this query only. */
  readonly nonce: string;
  /** The time to wait for answers when there is a listener. */
  readonly waitMs: number;
}

export type OtherMaster =
  /** There is no listener on the subject of masters. */
  | { readonly found: 'nobody' }
  /** A listener did not answer: only ourselves, or a frozen master. */
  | { readonly found: 'silence' }
  /** `first`: it takes precedence, because it was there before or has the smaller run id. */
  | {
      readonly found: 'master';
      readonly run: string;
      readonly established: boolean;
      readonly first: boolean;
    };

/**
 * Ask twice. First before the sentinel listens: then `nobody` comes back at once, and any master found was
 * there before. Then after it, because two masters may start at the same time: only the one whose answer says
 * `first` goes on, and the other one must end.
 */
export async function queryOtherMasters(link: DataLink, options: MasterQueryOptions): Promise<OtherMaster> {
  const subjects = new Subjects(options.memberId);
  const { user, nonce } = options;
  const address = { user, nonce };
  const here = subjects.slaveControl(address);
  const query: MasterQuery = { type: 'master-query', run: options.run, established: false };
  return new Promise((resolve, reject) => {
    let best: OtherMaster = { found: 'silence' };
    let isOver = false;
    let stopWaiting = (): void => {};
    const settle = (other: OtherMaster): void => {
      isOver = true;
      stopWaiting();
      unsubscribe();
      resolve(other);
    };
    /** For the whole time from now on. */
    const wait = (): void => {
      stopWaiting();
      stopWaiting = giveUpAfter(options.waitMs, () => settle(best));
    };
    const unsubscribe = link.subscribe(here, (_subject, payload, { noResponders }) => {
      if (noResponders) return settle({ found: 'nobody' });
      const answer = parseControl(Buffer.from(payload).toString());
      if (answer?.type !== 'master-here' || answer.run === options.run) return;
      const { run, established } = answer;
      const first = established || run < options.run;
      if (first) settle({ found: 'master', run, established, first });
      else best = { found: 'master', run, established, first };
    });
    const ask = (): void => {
      if (isOver) return;
      // The time that the broker took to be ready does not count.
      wait();
      link.send(subjects.masterControl(address), Buffer.from(formatControl(query)), here);
    };
    wait();
    link.ready().then(ask, (error: unknown) => {
      stopWaiting();
      unsubscribe();
      reject(error);
    });
  });
}
