/**
 * Takes a profile of this process's main thread, from another thread: V8 interrupts a main that computes, and also one
 * that waits in `Atomics.wait`. Only native code, such as `execSync`, is not interrupted.
 */

import type { Session } from 'node:inspector';
import { promisify } from 'node:util';
import { MOST_PROFILE_PIECES, PROFILE_PIECE_BYTES } from '../../wire/messages/messages.js';

/** Main answers an interrupt at once, or is in native code. */
export const ANSWER_WITHIN_MS = 10_000;

const MOST_BYTES = PROFILE_PIECE_BYTES * MOST_PROFILE_PIECES;
/** Of the profile as JSON, which readers unpack. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

/**
 * A compressed .cpuprofile of this number of seconds, with a sample each millisecond. Rejects with an error whose message says
 * why there is none, as a sentence without its subject; also when the signal aborts.
 */
export async function profileMain(seconds: number, signal: AbortSignal): Promise<Uint8Array> {
  const session = await openSession();
  try {
    await ask(session, 'Profiler.enable', signal);
    await ask(session, 'Profiler.start', signal);
    await pause(seconds * 1_000, signal);
    const { profile } = (await ask(session, 'Profiler.stop', signal)) as { readonly profile: object };
    const text = JSON.stringify(profile);
    if (text.length > MOST_CHARACTERS) throw new Error(tooLarge(text.length, MOST_CHARACTERS));
    const { gzip } = await import('node:zlib');
    const bytes = await promisify(gzip)(text);
    if (bytes.length > MOST_BYTES) throw new Error(tooLarge(bytes.length, MOST_BYTES));
    return bytes;
  } finally {
    session.disconnect();
  }
}

/** Node.js may be built without its inspector, and its permissions may forbid it. */
async function openSession(): Promise<Session> {
  try {
    // Loaded when it is first asked for: it is part of no other work
    const inspector = await import('node:inspector');
    const session = new inspector.Session();
    session.connectToMainThread();
    return session;
  } catch (error) {
    throw new Error(`cannot be inspected: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function ask(session: Session, method: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      const within = ANSWER_WITHIN_MS / 1_000;
      reject(new Error(`did not let itself be inspected for ${within} s: its main thread is in native code`));
    }, ANSWER_WITHIN_MS).unref();
    const stop = (): void => reject(new Error('is ending'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    session.post(method, (error: unknown, answer?: object) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (error) reject(new Error(`cannot be inspected: ${(error as Error).message}`));
      else resolve(answer);
    });
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new Error('is ending'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms).unref();
    signal.addEventListener('abort', stop, { once: true });
  });
}

function tooLarge(bytes: number, most: number): string {
  const megabytes = (count: number): string => `${Math.ceil(count / 1024 / 1024)} MB`;
  return `has a profile of ${megabytes(bytes)}, more than ${megabytes(most)}; ask for fewer seconds`;
}
