/**
 * A thousand connections on the embedded broker: bare ones, which check each message's number, and those
 * of slaves of a master. All come at once, each time.
 */

import type { BrokerMessage } from './broker-process.js';
import { expectMemory, LoadCluster } from './load-cluster.js';
import { LoadProcess } from './load-process.js';
import { Findings, type LoadRow, megabytes } from './load-row.js';
import { RawConnection } from './raw-connection.js';
import type { RawSlavesMessage, RawSlavesOptions } from './raw-slaves.js';

const MESSAGES_EACH = 100;
const PAYLOAD_BYTES = 256;
/** To whom each speaks: not its neighbour, so that no two follow each other. */
const STRIDE = 7;
const WITHIN_MS = 120_000;
const MOST_BROKER_BYTES = 250e6;
const MOST_MASTER_BYTES = 400e6;
/** A slave has one connection for its data, and one for its sentinel. */
const CONNECTIONS_A_SLAVE = 2;
const TASKS_PER_SLAVE = 40;
const TASK_MS = 100;

export async function measureConnections({ connections }: { connections: number }): Promise<LoadRow[]> {
  return [await measureBare(connections), await measureSlaves(connections / CONNECTIONS_A_SLAVE)];
}

async function measureBare(connections: number): Promise<LoadRow> {
  const broker = new LoadProcess<BrokerMessage>('broker-process', []);
  try {
    const { port } = await broker.until('listening', WITHIN_MS);
    const findings = new Findings();
    const first = new Circle(connections);
    const began = performance.now();
    const openedMs = await first.open(port);
    await first.exchange(findings);
    first.cut();
    // As after a failure of the network: all come back in the same moment.
    const second = new Circle(connections);
    const reopenedMs = await second.open(port);
    await second.exchange(findings);
    second.close();
    const seconds = (performance.now() - began) / 1000;
    broker.send('report');
    const { peakBytes, closed } = await broker.until('report', WITHIN_MS);
    const complaints = closed.filter((reason) => !reason.includes('ECONNRESET'));
    findings.expect(complaints.length === 0, `the broker closed clients: ${complaints[0]}`);
    findings.bound('peak memory of the broker', peakBytes, MOST_BROKER_BYTES, 'bytes');
    return {
      part: 'connections',
      what: `${connections} bare connections, messages of ${PAYLOAD_BYTES} bytes`,
      count: first.received + second.received,
      lost: first.lost + second.lost,
      doubled: first.doubled + second.doubled,
      reruns: 0,
      seconds,
      peakBytes,
      notes: [
        `all at once: open after ${openedMs.toFixed(0)} ms; all cut, and open again after ${reopenedMs.toFixed(0)} ms`,
      ],
      failures: findings.failures,
    };
  } finally {
    await broker.kill();
  }
}

/** Connections of which each speaks to another; numbers tell what is lost, doubled or out of order. */
class Circle {
  received = 0;
  lost = 0;
  doubled = 0;
  readonly #size: number;
  #connections: RawConnection[] = [];
  readonly #next: number[];
  #onLast: () => void = () => {};

  constructor(size: number) {
    this.#size = size;
    this.#next = Array.from({ length: size }, () => 0);
  }

  /** Milliseconds until all are let in and listen. */
  async open(port: number): Promise<number> {
    const began = performance.now();
    this.#connections = await Promise.all(
      Array.from({ length: this.#size }, async (_, index) => {
        const connection = await RawConnection.open(port);
        connection.subscribe(`load.${index}`, (_subject, payload) => this.#take(index, payload));
        await connection.ready();
        return connection;
      }),
    );
    return performance.now() - began;
  }

  async exchange(findings: Findings): Promise<void> {
    const last = new Promise<void>((resolve) => {
      this.#onLast = resolve;
    });
    const late = setTimeout(() => this.#onLast(), WITHIN_MS);
    const payload = Buffer.alloc(PAYLOAD_BYTES, '.');
    for (let number = 0; number < MESSAGES_EACH; number++) {
      for (const [index, connection] of this.#connections.entries()) {
        payload.writeUInt32BE(number);
        connection.publish(`load.${(index + STRIDE) % this.#size}`, Buffer.from(payload));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await last;
    clearTimeout(late);
    this.lost = this.#size * MESSAGES_EACH - this.received + this.doubled;
    for (const { failure } of this.#connections) {
      findings.expect(failure === undefined, `a connection ended: ${failure}`);
    }
    findings.expect(this.lost + this.doubled === 0, `${this.lost} messages lost, ${this.doubled} doubled`);
  }

  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #take(index: number, payload: Buffer): void {
    this.received++;
    const number = payload.readUInt32BE();
    const expected = this.#next[index] as number;
    if (number < expected) this.doubled++;
    else this.#next[index] = number + 1;
    if (this.received === this.#size * MESSAGES_EACH) this.#onLast();
  }
}

async function measureSlaves(slaves: number): Promise<LoadRow> {
  const tasks = slaves * TASKS_PER_SLAVE;
  await using cluster = await LoadCluster.open({
    part: 'connections',
    what: `${slaves * CONNECTIONS_A_SLAVE} of ${slaves} slaves, tasks of ${TASK_MS} ms`,
    workload: { tasks, taskMs: TASK_MS },
  });
  const options: RawSlavesOptions = { resourceFile: cluster.resourceFile, count: slaves };
  const crowd = new LoadProcess<RawSlavesMessage>('raw-slaves', [JSON.stringify(options)]);
  try {
    await crowd.until('all-joined', WITHIN_MS);
    cluster.begin();
    const outcome = await cluster.finish(WITHIN_MS);
    const { report } = await crowd.until('report', WITHIN_MS);
    const { events, findings, master } = outcome;
    for (const failure of report.failures) findings.failures.push(failure);
    findings.expect(report.told === slaves, `${report.told} were told to shut down`);
    findings.expect(report.runs === tasks, `they ran ${report.runs} tasks`);
    findings.expect(events['slave-lost'] === undefined, `${events['slave-lost']} slaves were lost`);
    findings.expect(master.tally.reruns === 0, `${master.tally.reruns} tasks were run again`);
    findings.expect(master.tally.slaves === slaves, `only ${master.tally.slaves} slaves brought results`);
    expectMemory(outcome, { master: MOST_MASTER_BYTES });
    const share = `${megabytes(master.heapBytes).toFixed(0)} MB of heap in the end`;
    return cluster.row(outcome, [`all at once: joined after ${report.seconds.toFixed(1)} s; ${share}`]);
  } finally {
    await crowd.kill();
  }
}
