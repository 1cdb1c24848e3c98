/** Asks a machine whether anything listens at the broker's port; the NATS client does not report it. */

import { connect } from 'node:net';
import { parseBrokerUrl } from './broker-urls.js';

const ANSWER_WITHIN_MS = 1_000;

/** True if the connection is refused at every URL; false if one accepts it, or does not answer at all. */
export async function probeBroker(urls: readonly string[]): Promise<boolean> {
  const refusals = await Promise.all(urls.map((url) => isRefused(url)));
  return refusals.length > 0 && refusals.every(Boolean);
}

function isRefused(url: string): Promise<boolean> {
  const { host, port } = parseBrokerUrl(url);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (refused: boolean): void => {
      socket.destroy();
      resolve(refused);
    };
    socket.setTimeout(ANSWER_WITHIN_MS, () => settle(false));
    socket.once('connect', () => settle(false));
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNREFUSED'));
  });
}
