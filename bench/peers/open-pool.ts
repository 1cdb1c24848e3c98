/** Piscina and workerpool alike: worker threads of one process, which call the methods of `pool-worker.ts`. */

import { fileURLToPath } from 'node:url';
import { load } from './packages.js';
import type * as worker from './pool-worker.js';

type Methods = typeof worker;
type Method = keyof Methods;

export interface ThreadPool {
  call<M extends Method>(method: M, argument: Parameters<Methods[M]>[0]): Promise<ReturnType<Methods[M]>>;
  close(): Promise<void>;
}

interface PiscinaPool {
  run(argument: unknown, options: { name: string }): Promise<unknown>;
  destroy(): Promise<void>;
}

interface WorkerpoolPool {
  exec(method: string, args: readonly unknown[]): PromiseLike<unknown>;
  terminate(): Promise<void>;
}

const WORKER = new URL('pool-worker.js', import.meta.url);

/** `package_` is `piscina` or `workerpool`. */
export function openPool(package_: string | undefined, threads: number): ThreadPool {
  switch (package_) {
    case 'piscina':
      return openPiscina(threads);
    case 'workerpool':
      return openWorkerpool(threads);
    default:
      throw new Error(`a pool of threads is piscina or workerpool; got ${package_}`);
  }
}

function openPiscina(threads: number): ThreadPool {
  const { Piscina } = load('piscina') as { Piscina: new (options: object) => PiscinaPool };
  const pool = new Piscina({
    filename: WORKER.href,
    minThreads: threads,
    maxThreads: threads,
    maxQueue: Number.POSITIVE_INFINITY,
  });
  return {
    call: (method, argument) => pool.run(argument, { name: method }) as Promise<never>,
    close: () => pool.destroy(),
  };
}

function openWorkerpool(threads: number): ThreadPool {
  const { pool: createPool } = load('workerpool') as { pool(file: string, options: object): WorkerpoolPool };
  const pool = createPool(fileURLToPath(WORKER), {
    workerType: 'thread',
    minWorkers: threads,
    maxWorkers: threads,
    workerThreadOpts: { argv: ['workerpool'] },
  });
  return {
    call: async (method, argument) => (await pool.exec(method, [argument])) as never,
    close: () => pool.terminate(),
  };
}
