/** The beginning of a connection, on either side: it says what it is for, and both sides prove themselves. */

import { randomBytes } from 'node:crypto';
import { JoinError } from '../../errors.js';
import { type AuthChannel, LONGEST_METHOD } from './auth.js';
import { bindingOf } from './binding.js';
import { Fields } from './fields.js';
import type { FrameConnection } from './frame-connection.js';
import { type Challenge, type Purpose, readWelcome, SERVER_PROTOCOL, type Welcome } from './messages.js';
import { ServerRefusal } from './server-refusal.js';

/** For each message of a handshake. */
export const ANSWER_WITHIN_MS = 5000;
/** A program's own `authorize`, and answers that are held back after failures, take longer. */
const WELCOME_WITHIN_MS = 15_000;
const NONCE_BYTES = 24;
const LONGEST_REASON = 1024;

export interface Asked {
  readonly method: string;
  readonly channel: AuthChannel;
}

export function makeNonce(): string {
  return randomBytes(NONCE_BYTES).toString('base64url');
}

/**
 * The master's side. `prove` is called with the way that the server wants. Throws ServerRefusal if the server refuses it
 * for good, JoinError if it may have it later or what answers is no server.
 */
export async function greetServer(
  connection: FrameConnection,
  purpose: Purpose,
  prove: (asked: Asked) => Promise<void>,
): Promise<Welcome> {
  const nonce = makeNonce();
  connection.send({ type: 'hello', version: SERVER_PROTOCOL, purpose, nonce });
  const challenge = readChallenge(await connection.receive(ANSWER_WITHIN_MS));
  const binding = bindingOf(connection.socket, {
    purpose,
    method: challenge.method,
    nonces: [nonce, challenge.nonce],
  });
  await prove({ method: challenge.method, channel: channelOver(connection, binding, WELCOME_WITHIN_MS) });
  const fields = answerOf(await connection.receive(WELCOME_WITHIN_MS));
  fields.choice('type', ['welcome']);
  connection.trust();
  return readWelcome(fields);
}

export function channelOver(
  connection: FrameConnection,
  binding: Uint8Array,
  timeoutMs = ANSWER_WITHIN_MS,
): AuthChannel {
  return {
    binding,
    send: (value) => connection.send({ type: 'auth', value }),
    async receive() {
      const fields = answerOf(await connection.receive(timeoutMs));
      if (fields.type === 'welcome') {
        throw new ServerRefusal('it proved nothing, so it may be another server; look at its address');
      }
      fields.choice('type', ['auth']);
      return fields.value('value');
    },
  };
}

function readChallenge(value: unknown): Challenge {
  const fields = answerOf(value);
  const type = fields.choice('type', ['challenge']);
  const version = fields.whole('version', 0, 2 ** 31);
  return { type, version, method: fields.text('method', LONGEST_METHOD), nonce: fields.text('nonce', 64) };
}

/** Throws what a server says instead of an answer. */
export function answerOf(value: unknown): Fields {
  const fields = new Fields(value);
  if (fields.type !== 'refused') return fields;
  const reason = fields.text('reason', LONGEST_REASON);
  throw fields.value('lasting') === true ? new ServerRefusal(reason) : new JoinError(reason);
}
