/** Asks a machine whether anybody listens and speaks at the broker's port; the NATS client does not tell. */

import { connect } from 'node:net';

const ANSWER_WITHIN_MS = 1_000;
const DEFAULT_PORT = 4222;

/** True if the connection is refused at every URL; false if one takes it, or does not answer at all. */
export async function probeBroker(urls: readonly string[]): Promise<boolean> {
  const refusals = await Promise.all(urls.map((url) => isRefused(url)));
  return refusals.length > 0 && refusals.every(Boolean);
}

function isRefused(url: string): Promise<boolean> {
  const { host, port } = parseAddress(url);
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

/**
 * Whether somebody takes connections at these URLs and nobody says a word within `withinMs`: a broker that
 * is frozen, or none. The client would leave such a socket open for ever (nats 2.29).
 */
export async function isMute(urls: readonly string[], withinMs: number): Promise<boolean> {
  const answers = await Promise.all(urls.map((url) => greeting(url, withinMs)));
  return answers.includes('mute') && !answers.includes('greets');
}

function greeting(url: string, withinMs: number): Promise<'greets' | 'mute' | 'gone'> {
  const { host, port } = parseAddress(url);
  return new Promise((resolve) => {
    let connected = false;
    const socket = connect({ host, port });
    const settle = (answer: 'greets' | 'mute' | 'gone'): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle(connected ? 'mute' : 'gone'), withinMs);
    socket.once('connect', () => {
      connected = true;
    });
    socket.once('data', () => settle('greets'));
    socket.once('error', () => settle('gone'));
    socket.once('close', () => settle('gone'));
  });
}

/** NATS URLs may lack scheme and port. */
function parseAddress(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(/^[a-z]+:\/\//i.test(url) ? url : `nats://${url}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) };
}
