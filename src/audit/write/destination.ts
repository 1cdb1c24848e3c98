/** Owns the opening of an audit trail's destination: a file, or standard error. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { FlagError } from '../../errors.js';
import { whyUnwritable } from './unwritable.js';

/** An open destination. `chunkLength` is the number of characters that may go into one write. */
export interface Destination {
  readonly fd: number;
  readonly chunkLength: number;
}

/** One write per turn of the event loop must keep up with the events of the turn. */
const FILE_CHUNK = 1024 * 1024;

/**
 * A master and its local slaves share one pipe: only writes up to PIPE_BUF are never split by lines of
 * another process. (Characters, not bytes: lines that are not ASCII may exceed it.)
 */
const PIPE_CHUNK = 4096;

const STDERR = 2;

/**
 * Opens an audit file for appending. The file is created, its folder is not. Throws a FlagError that names
 * `--audit-file` and the remedy. It opens without blocking: a named pipe without a reader is an error, and a
 * slow reader delays nothing.
 */
export function openAuditFile(path: string): Destination {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  let fd: number | undefined;
  try {
    fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o666);
    return { fd, chunkLength: fstatSync(fd).isFile() ? FILE_CHUNK : PIPE_CHUNK };
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw new FlagError('--audit-file', whyUnwritable(path, error), { cause: error });
  }
}

/** Standard error, made non-blocking where it is a pipe: a reader that stops reading must not stop an exit. */
export function openStandardError(): Destination {
  try {
    const stat = fstatSync(STDERR);
    if (stat.isFile()) return { fd: STDERR, chunkLength: FILE_CHUNK };
    // Node sets O_NONBLOCK on a pipe or socket when its stream is made, and has no call for it alone.
    if (stat.isFIFO() || stat.isSocket()) void process.stderr;
  } catch {
    // EBADF: started with standard error closed; every write will fail, and be counted
  }
  return { fd: STDERR, chunkLength: PIPE_CHUNK };
}
