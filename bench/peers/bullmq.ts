/** BullMQ over a redis-server. Arguments: how many worker processes, and the server's port. */

import { load } from './packages.js';
import { serveCalls } from './serve-calls.js';
import { endWorkers, isWorker, sayReady, startWorkers } from './worker-processes.js';

interface Closable {
  close(): Promise<void>;
  waitUntilReady(): Promise<unknown>;
}

interface Queue extends Closable {
  add(name: string, data: object, options: object): Promise<Job>;
}

interface Job {
  waitUntilFinished(events: Closable): Promise<unknown>;
}

interface BullMq {
  readonly Queue: new (name: string, options: object) => Queue;
  readonly QueueEvents: new (name: string, options: object) => Closable;
  readonly Worker: new (
    name: string,
    run: (job: { data: { n: number } }) => Promise<number>,
    options: object,
  ) => Closable;
}

const QUEUE = 'no-op';
/** A job that is removed before its result was asked for is an error. */
const KEPT = 10_000;
/** One at a time, as tasks of ts-mw run, would wait for Redis between any two jobs. */
const CONCURRENCY = 64;

const { Queue, QueueEvents, Worker } = load('bullmq') as BullMq;
const port = process.argv[3];
const { Redis } = load('ioredis') as { Redis: new (options: object) => { quit(): Promise<unknown> } };
const connection = new Redis({ host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null });
const options = { connection };

if (isWorker) {
  const worker = new Worker(QUEUE, async ({ data }) => data.n, { ...options, concurrency: CONCURRENCY });
  await worker.waitUntilReady();
  sayReady();
} else {
  const queue = new Queue(QUEUE, options);
  const events = new QueueEvents(QUEUE, options);
  await events.waitUntilReady();
  const workers = await startWorkers(Number(process.argv[2]), [port ?? '']);
  await serveCalls(async (n) => {
    const job = await queue.add(QUEUE, { n }, { removeOnComplete: KEPT });
    return job.waitUntilFinished(events);
  });
  await Promise.all([queue.close(), events.close()]);
  await connection.quit();
  endWorkers(workers);
}
