/** Asks a machine whether anybody listens and speaks at the broker's port; the NATS client does not tell. */

import { connect } from 'node:net';
import { parseBrokerUrl } from './broker-urls.js';

const ANSWER_WITHIN_MS = 1_000;
/** Said by nats-server and by ours before they close. */
const FULL = /^-ERR 'maximum connections exceeded'/m;

/** True if the connection is refused at every URL; false if one takes it, or does not answer at all. */
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

/** What is said to whoever connects; `full` that no more can. */
type Greeting = 'greets' | 'full' | 'mute' | 'gone';

/**
 * What keeps us out at all of these URLs that somebody takes connections at, and that the client does not
 * tell (nats 2.29): `mute` when nobody says a word within `withinMs`, as a broker that is frozen, whose
 * socket it would leave open for ever; `full` when no more connections are let in, which it tries on and on.
 */
export async function findObstacle(
  urls: readonly string[],
  withinMs: number,
): Promise<'mute' | 'full' | undefined> {
  const answers = await Promise.all(urls.map((url) => greeting(url, withinMs)));
  if (answers.includes('greets')) return undefined;
  return (['full', 'mute'] as const).find((obstacle) => answers.includes(obstacle));
}

function greeting(url: string, withinMs: number): Promise<Greeting> {
  const { host, port } = parseBrokerUrl(url);
  return new Promise((resolve) => {
    let connected = false;
    const socket = connect({ host, port });
    const settle = (answer: Greeting): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle(connected ? 'mute' : 'gone'), withinMs);
    socket.once('connect', () => {
      connected = true;
    });
    socket.once('data', (said: Buffer) => settle(FULL.test(said.toString('latin1')) ? 'full' : 'greets'));
    socket.once('error', () => settle('gone'));
    socket.once('close', () => settle('gone'));
  });
}
