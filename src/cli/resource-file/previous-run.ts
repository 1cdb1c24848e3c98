/** Finds out whether the master in a resource file is still alive: by its broker, then by its process. */

import { randomBytes } from 'node:crypto';
import { stateOf } from '../../audit/write/file-owner.js';
import { ConnectError } from '../../link/connection/connect-error.js';
import { subjectUser } from '../../link/connection/credentials.js';
import { connectData } from '../../link/connection/data-connection.js';
import type { BrokerAddress, DataLink } from '../../link/ports.js';
import { queryOtherMasters } from '../../link/sentinel/query-masters.js';
import { giveUpAfter } from '../../structures/give-up-after.js';
import type { ResourceFile } from './resource-file.js';

const CONNECT_MS = 2_000;
const ANSWER_MS = 2_000;
/** Several URLs are tried one after the other. */
const ASK_WITHIN_MS = 5_000;

export type PreviousRun =
  /** `evidence` is the sign of life. */
  | { readonly state: 'alive'; readonly evidence: string }
  | { readonly state: 'over' }
  /** It cannot be judged from here; `evidence` is what was found. */
  | { readonly state: 'unclear'; readonly evidence: string };

/** `mute`: there was no answer, as from a frozen master. `absent`: it is not at the address in the file. */
type Answer = { readonly kind: 'here' | 'absent' | 'mute'; readonly evidence: string };

/** Takes at most five seconds. `address` is the address of the file's broker, with its credentials. */
export async function findPreviousRun(file: ResourceFile, address: BrokerAddress): Promise<PreviousRun> {
  if (file['computation-status'] === 'finished') return { state: 'over' };
  const answer = await askInTime(file, address);
  if (answer.kind === 'here') return { state: 'alive', evidence: answer.evidence };
  const known = file['master-process'];
  const process = known === undefined ? 'unknown' : stateOf(known);
  if (process === 'ended') return { state: 'over' };
  if (process === 'running' && answer.kind === 'mute') {
    return { state: 'alive', evidence: `its process runs, and ${answer.evidence}` };
  }
  return { state: 'unclear', evidence: answer.evidence };
}

async function askInTime(file: ResourceFile, address: BrokerAddress): Promise<Answer> {
  let stopWaiting = (): void => {};
  const late = new Promise<Answer>((resolve) => {
    const evidence = `its broker gave no answer within ${ASK_WITHIN_MS / 1000} s`;
    stopWaiting = giveUpAfter(ASK_WITHIN_MS, () => resolve({ kind: 'mute', evidence }));
  });
  try {
    return await Promise.race([ask(file, address), late]);
  } finally {
    stopWaiting();
  }
}

async function ask(file: ResourceFile, address: BrokerAddress): Promise<Answer> {
  let link: DataLink | undefined;
  try {
    link = await connectData(address, { name: `ts-mw question ${process.pid}`, timeoutMs: CONNECT_MS });
    const other = await queryOtherMasters(link, {
      memberId: file['member-id'],
      run: newRun(),
      user: subjectUser(address),
      nonce: randomBytes(16).toString('hex'),
      waitMs: ANSWER_MS,
    });
    if (other.found === 'silence') return { kind: 'mute', evidence: 'its broker passes on no answer of it' };
    if (other.found === 'master' && other.run === file['run-id']) {
      return { kind: 'here', evidence: `it answered at ${address.urls.join(', ')}` };
    }
    return { kind: 'absent', evidence: 'its broker knows no master of that run' };
  } catch (error) {
    const evidence = error instanceof Error ? error.message : String(error);
    const isElsewhere =
      error instanceof ConnectError && (error.reason === 'refused' || error.reason === 'credentials');
    return { kind: isElsewhere ? 'absent' : 'mute', evidence };
  } finally {
    await link?.close();
  }
}

function newRun(): string {
  return randomBytes(8).toString('hex');
}
