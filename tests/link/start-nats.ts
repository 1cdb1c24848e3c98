/** A real nats-server on a port of its own, which can be killed, frozen and started again there. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

export interface NatsServer {
  readonly port: number;
  readonly url: string;
  /** SIGSTOP; resolves when none of its threads runs any more. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): void;
  /** SIGKILL, and wait for its end. */
  kill(): Promise<void>;
  /** On the same port; other arguments than before if they are given. */
  restart(args?: readonly string[]): Promise<void>;
}

export async function startNats(args: readonly string[] = []): Promise<NatsServer> {
  const port = await freePort();
  let child = await spawnServer(port, args);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    freeze: async () => {
      child.kill('SIGSTOP');
      await until('nats-server stands still', () => isStopped(child.pid as number));
    },
    thaw: () => void child.kill('SIGCONT'),
    kill,
    restart: async (newArgs = args) => {
      await kill();
      child = await spawnServer(port, newArgs);
    },
  };
}

async function spawnServer(port: number, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), ...args], { stdio: 'ignore' });
  await once(child, 'spawn');
  const deadline = performance.now() + 10_000;
  while (!(await answers(port))) {
    if (performance.now() > deadline || child.exitCode !== null) throw new Error('nats-server did not start');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

/** Where there is no /proc the signal is taken to have worked at once. */
function isStopped(pid: number): boolean {
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return true;
  return readdirSync(folder).every((thread) =>
    /\) T /.test(readFileSync(`${folder}/${thread}/stat`, 'latin1')),
  );
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Polls for a condition that has no event of its own, and fails after a while. */
export async function until(what: string, condition: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
