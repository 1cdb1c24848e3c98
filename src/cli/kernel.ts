/** Kernels: masters inside a program that uses the collections, by lparallel's and lfarm's names. */

import { setTimeout as sleep } from 'node:timers/promises';
import { currentMaster, enterMaster } from '../algorithms/submitter-context.js';
import type { AuditListener } from '../audit/audit-trail.js';
import type { AuditEvent } from '../audit/events.js';
import { JoinError, StoppedError, UsageError } from '../errors.js';
import { describeEnd } from '../machines/farm/describe-end.js';
import { PARENT_PIPE_VARIABLE } from '../machines/parent-pipe.js';
import { type ServerAuth, tokenAuth } from '../machines/protocol/auth.js';
import type { Master } from '../master/master.js';
import { Wakeups } from '../master/program/wakeups.js';
import { checkOptionNames } from '../structures/check-options.js';
import { type EmbeddedMaster, master, masterOf } from './embed.js';
import { initialize } from './initialize.js';
import {
  checkKernelOptions,
  checkSlaves,
  isAddresses,
  type KernelOptions,
  type KernelSlaves,
  type ServerAddress,
  textOfAddress,
} from './kernel-arguments.js';

/** Options of `endKernel`. */
export interface EndKernelOptions {
  /** Whether to wait until no task is pending, and no broadcast owed by slaves that were there at its call; false by default, when tasks without a result are given up. */
  readonly wait?: boolean | undefined;
}

const END_KEYS = ['wait'] as const satisfies (keyof EndKernelOptions)[];
const LOOK_MS = 10;
/** Ends of each local slave before the first has joined, after which none will. */
const MOST_ENDS = 3;

/** A master for collections, made by `makeKernel`; the master of a program is a kernel too. */
export interface Kernel extends AsyncDisposable {
  /** The port for slaves that are started elsewhere; undefined for the master of a program. */
  readonly masterPort: number | undefined;
  /** The number of tasks that its slaves run at once now. */
  readonly workerCount: number;
  /** Whether it has ended. */
  readonly hasEnded: boolean;
}

/** The ends of a kernel's slaves while none has joined. */
class EarlyEnds {
  #count = 0;
  #last = '';

  take(event: AuditEvent): void {
    if (event.type === 'local-slave-exited') {
      const { code = null, signal = null } = event;
      this.#add(describeEnd({ code, signal }));
    }
    if (event.type === 'machine-slave-ended') this.#add(event.how);
  }

  /** Says why none of `slaves` will join; undefined while they are started again. */
  failure(slaves: number, program: string | undefined): string | undefined {
    if (slaves === 0 || this.#count < slaves * MOST_ENDS) return undefined;
    return (
      `the slaves of makeKernel ended ${this.#count} times before one joined (the last ${this.#last}); ` +
      `${program} must call makeKernel or initialize, and throw nothing before`
    );
  }

  #add(how: string): void {
    this.#count++;
    this.#last = how;
  }
}

/** The state of the servers of a kernel that begins. */
class ServerArrivals {
  readonly #slots = new Map<string, number>();
  /** Of all servers together. */
  #most = 0;
  readonly #servers: number;
  failure: string | undefined;

  constructor(servers: number) {
    this.#servers = servers;
  }

  take(event: AuditEvent): void {
    if (event.type === 'machine-granted') {
      this.#slots.set(event.machine, event.slots);
      this.#most = Math.max(this.#most, this.#granted);
    }
    if (event.type === 'machine-state' && event.state === 'failing') this.#slots.delete(event.machine);
    if (event.type === 'machine-refused') this.failure ??= `server ${event.machine}: ${event.reason}`;
  }

  /** Slaves that have to join; unknown, and so more than there are, until each server has answered. */
  get expected(): number {
    if (this.#slots.size < this.#servers) return Number.POSITIVE_INFINITY;
    return Math.max(1, this.#granted);
  }

  /** The slots that they have granted, at most at one time. */
  get most(): number {
    return this.#most;
  }

  get #granted(): number {
    return [...this.#slots.values()].reduce((sum, slots) => sum + slots, 0);
  }
}

class MasterKernel implements Kernel {
  readonly #master: Master;
  readonly #embedded: EmbeddedMaster | undefined;

  constructor(master: Master, embedded: EmbeddedMaster | undefined) {
    this.#master = master;
    this.#embedded = embedded;
  }

  get masterPort(): number | undefined {
    return this.#embedded?.masterPort;
  }

  get workerCount(): number {
    return this.#master.workers;
  }

  get hasEnded(): boolean {
    return this.#master.signal.aborted;
  }

  run<T>(fn: () => T): T {
    this.#master.signal.throwIfAborted();
    return enterMaster(this.#master, fn);
  }

  async end({ wait = false }: EndKernelOptions): Promise<void> {
    if (this.#embedded === undefined) {
      throw new UsageError('the kernel of a master algorithm is its master, and ends when that returns');
    }
    while (wait && !this.hasEnded && this.#isBusy) await sleep(LOOK_MS);
    await this.#embedded.stop();
  }

  get #isBusy(): boolean {
    const { handle, unfinishedBroadcasts } = this.#master;
    return handle.pendingTasks + unfinishedBroadcasts > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end({});
  }
}

const kernels = new WeakMap<Master, MasterKernel>();

function kernelOf(master: Master, embedded?: EmbeddedMaster): MasterKernel {
  let kernel = kernels.get(master);
  if (kernel === undefined) {
    kernel = new MasterKernel(master, embedded);
    kernels.set(master, kernel);
  }
  return kernel;
}

/**
 * Starts a master in this process for the collections (lfarm's make-kernel): with local slaves if `where` names their
 * number, or with the slots of the standing servers at these addresses. It resolves when their slaves have joined; other
 * slaves may join at `masterPort`. Options are those of `master()`, and for servers `token` or `auth`. Inside a master
 * algorithm no kernel is needed: there, the kernel is its master.
 *
 * Servers that are not there yet are waited for. Throws JoinError if one refuses this master, or if slaves end again and
 * again before they join.
 *
 * The slaves run the same file. In them, this call serves as a slave and ends the process, so define algorithms before
 * it.
 *
 * @example
 * const kernel = await makeKernel({ slaves: 4 });
 * console.log(await pmap(square, [1, 2, 3]));
 * await endKernel(kernel);
 *
 * @example
 * const kernel = await makeKernel([['127.0.0.1', 11111], ['127.0.0.1', 11112]]);
 */
export async function makeKernel(
  where: KernelSlaves | readonly ServerAddress[] = { slaves: 0 },
  options: KernelOptions = {},
): Promise<Kernel> {
  if (PARENT_PIPE_VARIABLE in process.env) process.exit(await initialize());
  checkKernelOptions(options);
  if (isAddresses(where)) return makeServerKernel(where, options);
  checkSlaves(where);
  const { slaves, program = options.program ?? process.argv[1] } = where;
  const { token, auth, ...others } = options;
  const ends = new EarlyEnds();
  const news = new Wakeups();
  const onAudit: AuditListener = (event, timeMs) => {
    ends.take(event);
    news.tell();
    options.onAudit?.(event, timeMs);
  };
  const serverAuth = serverAuthOf(token, auth);
  const embedded = await master({ ...others, slaves, program, serverAuth, onAudit });
  return await joined(embedded, {
    news,
    expected: () => slaves,
    failure: (workers) => (workers === 0 ? ends.failure(slaves, program) : undefined),
  });
}

async function makeServerKernel(where: readonly ServerAddress[], options: KernelOptions): Promise<Kernel> {
  const { token, auth, onAudit, program = process.argv[1], ...flags } = options;
  const arrivals = new ServerArrivals(where.length);
  const ends = new EarlyEnds();
  const news = new Wakeups();
  const embedded = await master({
    ...flags,
    program,
    servers: where.map(textOfAddress),
    serverAuth: serverAuthOf(token, auth),
    onAudit: (event, timeMs) => {
      arrivals.take(event);
      ends.take(event);
      news.tell();
      onAudit?.(event, timeMs);
    },
  });
  return await joined(embedded, {
    news,
    expected: () => arrivals.expected,
    failure: (workers) =>
      arrivals.failure ?? (workers === 0 ? ends.failure(arrivals.most, program) : undefined),
  });
}

interface Joining {
  /** Told at each event of the trail: a slave that joins is no news for a program. */
  readonly news: Wakeups;
  /** The number of workers to wait for, as it is known now. */
  readonly expected: () => number;
  /** Says why that number will not come, if there are these workers; undefined while it may. */
  readonly failure: (workers: number) => string | undefined;
}

/** The kernel of this master, when its workers have joined; ends it and throws JoinError if they will not. */
async function joined(embedded: EmbeddedMaster, { news, expected, failure }: Joining): Promise<MasterKernel> {
  const kernel = kernelOf(masterOf(embedded), embedded);
  while (!kernel.hasEnded && kernel.workerCount < expected()) {
    const reason = failure(kernel.workerCount);
    if (reason !== undefined) {
      await kernel.end({});
      throw new JoinError(reason);
    }
    await news.wait(LOOK_MS);
  }
  embedded.signal.throwIfAborted();
  return kernel;
}

/** Servers may also be among the machines of a farm file. */
function serverAuthOf(token: string | undefined, auth: ServerAuth | undefined): ServerAuth | undefined {
  return auth ?? (token === undefined ? undefined : tokenAuth(token));
}

/** Calls `fn` with `kernel` as the current one, also for what it awaits. Throws StoppedError if it has ended. */
export function withKernel<T>(kernel: Kernel, fn: () => T): T {
  checkKernel('withKernel', kernel);
  return kernel.run(fn);
}

/**
 * The kernel of this call: that of `withKernel`, the master whose algorithm runs, or the only one of the process. Throws
 * NoKernelError otherwise.
 */
export function currentKernel(): Kernel {
  return kernelOf(currentMaster('currentKernel') as Master);
}

/** The number of tasks that the slaves of the current kernel run at once now (lparallel's kernel-worker-count). */
export function kernelWorkerCount(): number {
  return currentMaster('kernelWorkerCount').workers;
}

/**
 * Ends a kernel of `makeKernel`, the current one by default: everything that waits for it rejects with StoppedError, and
 * its slaves stop. With `wait`, it first waits until no task is pending, and no broadcast owed by slaves that were there at
 * its call. May be called twice.
 */
export async function endKernel(kernel?: Kernel, options: EndKernelOptions = {}): Promise<void> {
  checkOptionNames('endKernel', options, END_KEYS);
  if (kernel === undefined) {
    const current = kernelToEnd();
    await current?.end(options);
    return;
  }
  checkKernel('endKernel', kernel);
  await kernel.end(options);
}

/** Undefined if the last kernel of the process has ended. */
function kernelToEnd(): MasterKernel | undefined {
  try {
    return kernelOf(currentMaster('endKernel') as Master);
  } catch (error) {
    if (error instanceof StoppedError) return undefined;
    throw error;
  }
}

function checkKernel(stub: string, kernel: unknown): asserts kernel is MasterKernel {
  if (!(kernel instanceof MasterKernel))
    throw new UsageError(`${stub} takes the kernel that makeKernel returned`);
}
