/** Algorithms that a test and the slave programs it starts have in common. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineAlgorithm, taskContext } from 'ts-mw';

export const echo = defineAlgorithm('echo', (value: unknown) => value);

export const square = defineAlgorithm('square', (n: number) => n * n);

/** The process that ran it. */
export const whoRuns = defineAlgorithm('whoRuns', () => process.pid);

/** Waits, unless its master does not want it any more. */
export const pause = defineAlgorithm('pause', async (seconds: number) => {
  console.log(`pausing ${taskContext().taskId}`);
  await sleep(seconds * 1000, undefined, { signal: taskContext().signal });
  return process.pid;
});

/** Computes without ever giving the event loop its turn. */
export const spin = defineAlgorithm('spin', (seconds: number) => {
  process.stdout.write(`spinning ${taskContext().taskId}\n`);
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until);
  return process.pid;
});

/** Takes its process down in its first `times` runs. */
export const abort = defineAlgorithm('abort', (times: number) => {
  const { attempt } = taskContext();
  if (attempt <= times) process.abort();
  return attempt;
});

export class Mishap extends Error {
  readonly code = 'E_MISHAP';
  readonly at = new Date(7);
  override readonly name = 'Mishap';
}

export const fail = defineAlgorithm('fail', (message: string) => {
  throw new Mishap(message, { cause: new RangeError('too deep') });
});

/** Returns what cannot travel, two levels down. */
export const misreturn = defineAlgorithm('misreturn', () => ({ list: [1, () => 2] }) as unknown);

export const bytes = defineAlgorithm('bytes', (size: number) => Buffer.alloc(size, 7));

export const sizeOf = defineAlgorithm('sizeOf', (value: Uint8Array) => value.length);

/** Asks a server, and tells what it answers and who was asked, as the task knows itself by then. */
export const ask = defineAlgorithm('ask', async (port: number, question: string) => {
  let answer = '';
  const socket = connect(port, '127.0.0.1').setEncoding('utf8').end(question);
  for await (const text of socket) answer += String(text);
  return { answer, taskId: taskContext().taskId, pid: process.pid };
});

/** Tells a server that it has begun, then computes without end. */
export const tellAndSpin = defineAlgorithm('tellAndSpin', async (port: number, text: string) => {
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve) => socket.end(text, resolve));
  for (;;);
});

/** Waits without heeding its signal, in its first `times` runs. */
export const linger = defineAlgorithm('linger', async (seconds: number, times = Number.POSITIVE_INFINITY) => {
  if (taskContext().attempt <= times) await sleep(seconds * 1000, undefined, { ref: false });
  return process.pid;
});

const DEATHS = {
  SIGTERM: () => process.kill(process.pid, 'SIGTERM'),
  SIGINT: () => process.kill(process.pid, 'SIGINT'),
  'exit 0': () => process.exit(0),
  'exit in a handler': () => {
    process.prependListener('SIGTERM', () => process.exit(0));
    process.kill(process.pid, 'SIGTERM');
  },
  'an exit handler': () => {
    process.on('exit', () => process.exit(4));
    process.kill(process.pid, 'SIGTERM');
  },
  abort: () => process.abort(),
  exception: () =>
    setTimeout(() => {
      throw new RangeError('too far\u0007\nand further');
    }),
  rejection: () => void Promise.reject(new RangeError('too far\u0007')),
  nothing: () => undefined,
} as const;

export type Death = keyof typeof DEATHS;

/** Takes its process down, and never ends of itself. */
export const perish = defineAlgorithm('perish', async (death: Death) => {
  console.log(`perishing ${taskContext().taskId}`);
  DEATHS[death]();
  await sleep(600_000, undefined, { ref: false });
});

/** Says what takes its process down, and is through before it happens. */
export const bequeath = defineAlgorithm('bequeath', (death: Death, afterMs = 0) => {
  if (afterMs === 0) DEATHS[death]();
  else setTimeout(DEATHS[death], afterMs);
  return process.pid;
});
