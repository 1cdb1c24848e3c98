/**
 * Sends messages to echoing processes and counts what comes back: what NATS alone takes for the same, and, for one at a
 * time, a TCP connection alone.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { connect, type NatsConnection } from 'nats';
import { startBroker } from '../../src/broker/start-broker.js';
import { type Measured, type Measurement, serveMeasurements, timeRounds } from './commands.js';

const ECHO = fileURLToPath(new URL('raw-echo.js', import.meta.url));
const TCP_ECHO = fileURLToPath(new URL('tcp-echo.js', import.meta.url));
const REPLIES = 'raw.replies';

const [peerCount = '1', givenUrl] = process.argv.slice(2);
const broker = givenUrl === undefined ? await startBroker({ host: '127.0.0.1', port: 0 }) : undefined;
const url = givenUrl ?? broker?.url ?? '';
const subjects = Array.from({ length: Number(peerCount) }, (_, index) => `raw.echo.${index}`);
const echoes: ChildProcess[] = [];
let connection: NatsConnection | undefined;
let tcp: Socket | undefined;

/** The listener of each reply; one subscription serves all measurements. */
let onReply: () => void = () => {};

try {
  for (const subject of subjects) {
    const echo = fork(ECHO, [url, subject, REPLIES]);
    echoes.push(echo);
    await once(echo, 'message');
  }
  connection = await connect({ servers: url });
  connection.subscribe(REPLIES, { callback: () => onReply() });
  await connection.flush();
  const tcpEcho = fork(TCP_ECHO);
  echoes.push(tcpEcho);
  const [port] = (await once(tcpEcho, 'message')) as [number];
  tcp = connectTcp({ host: '127.0.0.1', port, noDelay: true });
  await once(tcp, 'connect');
  const open = { connection, tcp };
  await serveMeasurements((measurement) => measure(open, measurement));
} finally {
  tcp?.destroy();
  for (const echo of echoes) if (echo.connected) echo.disconnect();
  await connection?.close();
  await broker?.stop();
}

function measure(
  { connection, tcp }: { readonly connection: NatsConnection; readonly tcp: Socket },
  measurement: Measurement,
): Promise<Measured> {
  switch (measurement.kind) {
    case 'window': {
      const { tasks, outstanding, bytes } = measurement;
      return keepOutstanding(connection, tasks, outstanding, new Uint8Array(bytes));
    }
    case 'sequential': {
      const payload = new Uint8Array(measurement.bytes);
      return timeRounds(measurement.rounds, (round) => {
        const subject = subjects[round % subjects.length] ?? '';
        const reply = new Promise<void>((resolve) => {
          onReply = resolve;
        });
        connection.publish(subject, payload);
        return reply;
      });
    }
    case 'request': {
      const payload = new Uint8Array(measurement.bytes);
      return timeRounds(measurement.rounds, (round) =>
        connection.request(subjects[round % subjects.length] ?? '', payload),
      );
    }
    case 'tcp': {
      const payload = new Uint8Array(measurement.bytes);
      return timeRounds(measurement.rounds, () => echoed(tcp, payload));
    }
    case 'join':
    case 'bulk':
      throw new Error('the raw round trip has a window');
    case 'chain':
      throw new Error('NATS alone has no futures');
    case 'submit-all':
      return Promise.reject(new Error('nothing of NATS alone compares with submitAll'));
    default:
      return measurement satisfies never;
  }
}

function echoed(tcp: Socket, payload: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    let missing = payload.length;
    const take = (bytes: Buffer): void => {
      missing -= bytes.length;
      if (missing > 0) return;
      tcp.off('data', take);
      resolve();
    };
    tcp.on('data', take);
    tcp.write(payload);
  });
}

async function keepOutstanding(
  connection: NatsConnection,
  messages: number,
  outstanding: number,
  payload: Uint8Array,
): Promise<Measured> {
  const began = performance.now();
  let sent = 0;
  let received = 0;
  const send = (): void => {
    connection.publish(subjects[sent++ % subjects.length] ?? '', payload);
  };
  await new Promise<void>((resolve) => {
    onReply = () => {
      if (++received === messages) resolve();
      if (sent < messages) send();
    };
    while (sent < Math.min(messages, outstanding)) send();
  });
  return { seconds: (performance.now() - began) / 1000, micros: [] };
}
