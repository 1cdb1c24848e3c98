/** A slave's side of a data port in a thread of its own: it goes on while the thread of the test is blocked. */
import { connect as connectSocket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { connect } from 'nats';

interface Work {
  readonly port: number;
  /** Of the official client, which sends back each frame, and one every 50 ms. */
  readonly slave?: { readonly token: string; readonly toMaster: string; readonly toSlave: string };
  /** Connections that are given up after 100 ms. */
  readonly givenUp?: number;
  /** Says this 200 ms after INFO, which it reports. */
  readonly late?: string;
}

/** Its reports: `connected`, `info`, `pong`, `closed`. */
export class PortClient {
  readonly reports: string[] = [];
  readonly #worker: Worker;
  readonly #progress = new Int32Array(new SharedArrayBuffer(4));

  constructor(work: Work, onReport: (report: string) => void = () => {}) {
    this.#worker = new Worker(fileURLToPath(import.meta.url), {
      workerData: { ...work, progress: this.#progress.buffer },
    });
    this.#worker.on('message', (report: string) => {
      this.reports.push(report);
      onReport(report);
    });
  }

  /** Connections that were given up, or have said what they say late; also known to a thread that is blocked. */
  get done(): number {
    return Atomics.load(this.#progress, 0);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

async function run(
  { port, slave, givenUp = 0, late }: Work,
  report: (what: string) => void,
  done: () => void,
): Promise<void> {
  for (let count = 0; count < givenUp; count++) {
    const socket = connectSocket(port, '127.0.0.1', () => setTimeout(() => socket.destroy(), 100));
    socket.on('close', done);
    socket.on('error', () => {});
  }
  if (late !== undefined) {
    const socket = connectSocket(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => report('closed'));
    socket.once('data', () => {
      report('info');
      setTimeout(() => socket.write(late, done), 200);
      socket.on('data', (chunk) => String(chunk).includes('PONG') && report('pong'));
    });
  }
  if (slave === undefined) return;
  const { token, toMaster, toSlave } = slave;
  const client = await connect({ servers: `127.0.0.1:${port}`, token, reconnect: false });
  client.subscribe(toSlave, { callback: (_, { data }) => client.publish(toMaster, data) });
  await client.flush();
  report('connected');
  const frames = setInterval(() => client.publish(toMaster, new Uint8Array(1)), 50);
  await client.closed();
  clearInterval(frames);
  report('closed');
}

if (!isMainThread) {
  const { progress, ...work } = workerData as Work & { readonly progress: SharedArrayBuffer };
  const done = (): void => void Atomics.add(new Int32Array(progress), 0, 1);
  void run(work, (what) => parentPort?.postMessage(what), done);
}
