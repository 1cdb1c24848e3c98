/**
 * One master at a time writes to an audit file. It claims the file by another one beside it, FILE.master, which names
 * its process; the claim of a process that has ended counts no more. Where that cannot be told, as of a process on
 * another machine, nobody is refused: a claim is advice, and must never keep a master from starting.
 */

import {
  linkSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { FlagError } from '../../errors.js';
import { type FileOwner, parseOwner, stateOf, thisOwner } from './file-owner.js';
import { errorCode } from './unwritable.js';

/** Each time another process was quicker. */
const MOST_TRIES = 5;
/** A claim without a name is just being written, or its process died meanwhile. */
const WRITTEN_WITHIN_MS = 50;

export interface TrailClaim {
  /** May be called twice; the end of the process does it too. */
  release(): void;
}

const NO_CLAIM: TrailClaim = { release() {} };

/** Throws a FlagError if another master on this machine writes to the file. Only regular files are claimed. */
export function claimTrail(path: string): TrailClaim {
  const file = fileOf(path);
  if (file === undefined) return NO_CLAIM;
  const claim = `${file}.master`;
  const owner = thisOwner();
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const made = create(claim, owner);
    if (made === 'impossible') return NO_CLAIM;
    if (made === 'made') return claimOf(claim, owner);
    const holder = holderOf(claim);
    if (holder !== undefined && stateOf(holder) === 'running') throw refusal(path, holder);
    if (!remove(claim, holder, owner)) return NO_CLAIM;
  }
  return NO_CLAIM;
}

function claimOf(claim: string, { token }: FileOwner): TrailClaim {
  const release = (): void => {
    process.off('exit', release);
    if (read(claim)?.token === token) attempt(() => unlinkSync(claim));
  };
  process.on('exit', release);
  return { release };
}

/** Undefined for a pipe or a device, which several may write to. A link stands for its target. */
function fileOf(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? realpathSync(path) : undefined;
  } catch {
    return attempt(() => join(realpathSync(dirname(path)), basename(path)));
  }
}

function create(claim: string, owner: FileOwner): 'made' | 'there' | 'impossible' {
  try {
    writeFileSync(claim, JSON.stringify(owner), { flag: 'wx' });
    return 'made';
  } catch (error) {
    return errorCode(error) === 'EEXIST' ? 'there' : 'impossible';
  }
}

/** Undefined if no name is in it after the time that it takes to write one. */
function holderOf(claim: string): FileOwner | undefined {
  const holder = read(claim);
  if (holder !== undefined) return holder;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WRITTEN_WITHIN_MS);
  return read(claim);
}

/** Moves the claim out of the way, and back if it is another one by now. False if the folder does not allow it. */
function remove(claim: string, holder: FileOwner | undefined, { token }: FileOwner): boolean {
  const aside = `${claim}.${token}`;
  try {
    renameSync(claim, aside);
  } catch (error) {
    return errorCode(error) === 'ENOENT';
  }
  if (read(aside)?.token !== holder?.token) attempt(() => linkSync(aside, claim));
  attempt(() => unlinkSync(aside));
  return true;
}

function read(claim: string): FileOwner | undefined {
  const text = attempt(() => readFileSync(claim, 'utf8'));
  return text === undefined ? undefined : parseOwner(text);
}

function refusal(path: string, { pid }: FileOwner): FlagError {
  const who = pid === process.pid ? 'another master of this process' : `the master with process id ${pid}`;
  const ending = extname(path);
  const other = `${path.slice(0, path.length - ending.length)}-2${ending}`;
  return new FlagError(
    '--audit-file',
    `${who} writes to ${path}, and the lines of two masters cannot be told apart; type for example --audit-file ${other}`,
  );
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
