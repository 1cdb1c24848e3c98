/**
 * Admits connections to a server: encryption, the handshake, and the decision who may come in. Strangers are bounded in
 * number and time; failures are slowed and told as the broker's are.
 */

import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Refusals } from '../../broker/admission/refusals.js';
import { TlsDoor } from '../../broker/admission/tls-door.js';
import { DEFAULT_BOUNDS } from '../../broker/options.js';
import { thrownText } from '../../structures/value-text.js';
import type { ServerAuth } from '../protocol/auth.js';
import { bindingOf } from '../protocol/binding.js';
import { FrameConnection } from '../protocol/frame-connection.js';
import { messageFrame } from '../protocol/frames.js';
import { ANSWER_WITHIN_MS, channelOver, makeNonce } from '../protocol/handshake.js';
import { type Hello, type Purpose, readHello, SERVER_PROTOCOL } from '../protocol/messages.js';
import { ServerRefusal } from '../protocol/server-refusal.js';
import type { MasterIdentity, ServerSettings } from './server-options.js';
import { addressOf, UnprovedSockets } from './unproved-sockets.js';

const AUTHORIZE_WITHIN_MS = 10_000;
const LONGEST_USER = 1024;

interface DoorParams {
  readonly settings: ServerSettings;
  /** A master has proved itself, and is allowed; it waits for its welcome. */
  readonly onAdmitted: (connection: FrameConnection, purpose: Purpose, identity: MasterIdentity) => void;
  /** Whether the key is one that the server gave. */
  readonly onStream: (key: string, connection: FrameConnection) => boolean;
}

export class Door {
  readonly #params: DoorParams;
  readonly #tls: TlsDoor | undefined;
  readonly #refusals: Refusals;
  readonly #unproved: UnprovedSockets;

  constructor(params: DoorParams) {
    this.#params = params;
    const { tls, audit } = params.settings;
    this.#refusals = new Refusals(DEFAULT_BOUNDS, (event) => {
      if (event.type === 'auth-failed') audit.emit({ ...event, type: 'server-auth-failed' });
      if (event.type === 'auth-failures') audit.emit({ ...event, type: 'server-auth-failures' });
    });
    this.#unproved = new UnprovedSockets((socket, reason) => this.#refusals.tell(stranger(socket), reason));
    if (tls === undefined) return;
    this.#tls = new TlsDoor({ cert: tls.cert, key: tls.key, clientCa: tls.ca }, ANSWER_WITHIN_MS, {
      areTold: true,
      farewell: messageFrame({
        type: 'refused',
        reason: 'it wants a certificate that its authority has signed; give --tls-cert FILE --tls-key FILE',
        lasting: true,
      }),
      onSecure: (socket) => void this.#serve(socket),
      onRefused: (socket, reason) => this.#refusals.tell(stranger(socket), reason),
    });
  }

  admit(socket: Socket): void {
    this.#unproved.add(socket);
    // TLS reports the errors of the connection below it too
    socket.on('error', () => {});
    if (this.#tls === undefined) void this.#serve(socket);
    else this.#tls.admit(socket);
  }

  stop(): void {
    this.#unproved.closeAll();
    this.#refusals.stop();
  }

  async #serve(socket: Socket): Promise<void> {
    const connection = new FrameConnection(socket);
    try {
      const hello = readHello(await connection.receive(ANSWER_WITHIN_MS));
      if (hello.version !== SERVER_PROTOCOL) {
        const both = `this server speaks version ${SERVER_PROTOCOL}, and the master ${hello.version}`;
        refuse(connection, `${both}; install the same ts-mw on both machines`, true);
        return;
      }
      if (hello.type === 'stream') this.#serveStream(connection, hello.key);
      else await this.#serveMaster(connection, hello);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!connection.isClosed) this.#refusals.tell(stranger(socket), reason);
      connection.destroy();
    }
  }

  #serveStream(connection: FrameConnection, key: string): void {
    if (this.#params.onStream(key, connection)) {
      this.#unproved.remove(addressOf(connection.socket));
      return;
    }
    // A slave that went away while its master dialled leaves such a stream too
    connection.destroy();
  }

  async #serveMaster(
    connection: FrameConnection,
    { purpose, nonce }: Hello & { type: 'hello' },
  ): Promise<void> {
    const { auth } = this.#params.settings;
    const { socket } = connection;
    const { host, address } = stranger(socket);
    let answer = isSecret(auth)
      ? 'its token or password is another one'
      : 'it does not accept this proof; its audit trail says why';
    const applicant = {
      host,
      address,
      fail: () => refuse(connection, answer, true),
      cut: () => connection.destroy(),
    };
    if (!this.#refusals.hears(applicant)) return;
    const own = makeNonce();
    const binding = bindingOf(socket, { purpose, method: auth.method, nonces: [nonce, own] });
    connection.send({ type: 'challenge', version: SERVER_PROTOCOL, method: auth.method, nonce: own });
    let user: string | undefined;
    try {
      user = checkedUser(await auth.acceptMaster(channelOver(connection, binding)));
    } catch (error) {
      // A master leaves if the methods differ, or if the server's proof is wrong
      if (connection.isClosed) return;
      if (error instanceof ServerRefusal) answer = error.message;
      this.#refusals.refuse(applicant, thrownText(error));
      return;
    }
    this.#unproved.proved(address);
    const identity = identityOf(socket, user, purpose);
    const refusal = await this.#whyRefused(identity);
    this.#unproved.remove(address);
    if (refusal === undefined) {
      connection.trust();
      this.#params.onAdmitted(connection, purpose, identity);
      return;
    }
    this.#refusals.tell({ host, address }, refusal);
    refuse(connection, refusal, true);
  }

  async #whyRefused(identity: MasterIdentity): Promise<string | undefined> {
    const { allowedUsers, authorize } = this.#params.settings;
    const who = identity.user ?? 'a master without a name';
    if (allowedUsers !== undefined && !allowedUsers.has(identity.user ?? '')) {
      return `${who} is not one of its allowed users`;
    }
    if (authorize === undefined) return undefined;
    try {
      const allowed = await withinTime(Promise.resolve(authorize(identity)), AUTHORIZE_WITHIN_MS);
      return allowed === true ? undefined : `its program does not authorize ${who}`;
    } catch (error) {
      return `its program could not authorize ${who}: ${thrownText(error)}`;
    }
  }
}

export function refuse(connection: FrameConnection, reason: string, lasting: boolean): void {
  connection.send({ type: 'refused', reason: reason.slice(0, 1000), lasting });
  connection.end();
}

/** Of an `auth` of the server's program. */
function checkedUser(user: unknown): string | undefined {
  if (user === undefined || (typeof user === 'string' && user.length <= LONGEST_USER)) return user;
  throw new Error(`acceptMaster resolves with a name of at most ${LONGEST_USER} characters, or undefined`);
}

function identityOf(socket: Socket, user: string | undefined, purpose: Purpose): MasterIdentity {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return {
    user: user ?? (certificate === undefined ? undefined : commonNameOf(certificate)),
    fingerprint: certificate?.fingerprint256,
    address: stranger(socket).address,
    purpose,
  };
}

/** A stranger that guesses is told no more than that. */
function isSecret({ method }: ServerAuth): boolean {
  return method === 'token' || method === 'password';
}

function commonNameOf({ subject }: X509Certificate): string | undefined {
  return /^CN=(.*)$/m.exec(subject)?.[1];
}

function stranger(socket: Socket): { readonly host: string; readonly address: string } {
  return { host: String(socket.remoteAddress), address: addressOf(socket) };
}

async function withinTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no decision within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
