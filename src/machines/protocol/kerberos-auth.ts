/**
 * Kerberos 5 as a proof between masters and servers (lfarm-gss): a master shows a ticket for the server's service, and
 * the server shows that it has the key of that service. Two tokens of GSSAPI travel, in pieces.
 */

import { FormatError, JoinError, UsageError } from '../../errors.js';
import { checkOptionNames } from '../../structures/check-options.js';
import { givenText } from '../../structures/value-text.js';
import type { AuthChannel, ServerAuth } from './auth.js';
import { type KerberosPackage, loadKerberos } from './kerberos-package.js';
import { ServerRefusal } from './server-refusal.js';

/** Options of `kerberosAuth`. */
export interface KerberosOptions {
  /**
   * The service whose ticket a master shows: `ts-mw` is that of the host by which the master dials, the principal
   * `ts-mw/HOST`. `ts-mw@HOST` is that of this host, whatever is dialled. A server accepts `ts-mw` for each host that its
   * keytab has.
   */
  readonly serviceName: string;
  /** On a server: principals that it accepts, as `alice@EXAMPLE.COM`. */
  readonly allowedUsers?: readonly string[] | undefined;
  /** On a server, instead of `allowedUsers`: decides about each principal within five seconds; only true accepts it. */
  readonly nameAccepted?: ((name: string) => boolean | Promise<boolean>) | undefined;
}

const KEYS = ['serviceName', 'allowedUsers', 'nameAccepted'] as const satisfies (keyof KerberosOptions)[];
/** In base64, so that a message stays below the 4,000 bytes of a channel. */
const PIECE_LENGTH = 3000;
/** The largest that Windows makes, for users of very many groups; others have about 700 bytes. */
const MOST_TOKEN_BYTES = 64 * 1024;
/** Less than a server waits for. */
const TICKET_WITHIN_MS = 4000;
/** Kerberos 5 as a DER object identifier, which follows the length of a first token. */
const KERBEROS_5 = Buffer.from('06092a864886f712010202', 'hex');

/**
 * A proof by Kerberos 5, in both directions, by the package `kerberos`, which the program installs. A master uses the ticket of
 * `kinit` (`KRB5CCNAME`), a server the keys in its keytab (`KRB5_KTNAME`). The server's user is the principal, such as
 * `alice@EXAMPLE.COM`; it accepts those of `allowedUsers` or `nameAccepted`, and `startServer` throws UsageError if neither
 * is given, the package is missing, or the keytab has no key of the service. The proof is for one service and one use, and
 * holds no keys of the connection: see the manual's page on servers. Throws UsageError for options that contradict
 * themselves.
 *
 * @example
 * await startServer('node1.example.com', 11111, {
 *   tls,
 *   auth: kerberosAuth({ serviceName: 'ts-mw', allowedUsers: ['alice@EXAMPLE.COM'] }),
 * });
 * await makeKernel([['node1.example.com', 11111]], { auth: kerberosAuth({ serviceName: 'ts-mw' }) });
 */
export function kerberosAuth(options: KerberosOptions): ServerAuth {
  return kerberosAuthBy(loadKerberos, options);
}

/** The same with a package that is loaded in another way. */
export function kerberosAuthBy(load: () => KerberosPackage, options: KerberosOptions): ServerAuth {
  checkOptionNames('kerberosAuth', options, KEYS);
  const { serviceName } = options;
  if (typeof serviceName !== 'string' || !/^[^@/\s]+(@[^@/\s]+)?$/.test(serviceName)) {
    throw new UsageError(
      `kerberosAuth takes a service such as 'ts-mw' or 'ts-mw@node1.example.com', got ${givenText(serviceName)}`,
    );
  }
  const accepts = decisionOf(options);
  return {
    method: 'kerberos',
    proveToServer: async (channel, host) => prove(load(), serviceName, channel, host),
    async prepareServer() {
      if (accepts === undefined) {
        throw new UsageError(
          "kerberosAuth of a server takes allowedUsers, such as ['alice@EXAMPLE.COM'], or nameAccepted; without them it would accept nobody",
        );
      }
      const kerberos = load();
      await kerberos.initializeServer(serviceName).catch((error: unknown) => {
        throw new UsageError(
          `this server has no key of the service ${serviceName} (${reasonOf(error)}); add one by kadmin's ktadd, and name the keytab in KRB5_KTNAME`,
          { cause: error },
        );
      });
    },
    acceptMaster: async (channel) => accept(load(), serviceName, channel, accepts ?? (() => false)),
  };
}

type Decision = NonNullable<KerberosOptions['nameAccepted']>;

function decisionOf({ allowedUsers, nameAccepted }: KerberosOptions): Decision | undefined {
  if (allowedUsers === undefined) return nameAccepted;
  if (nameAccepted !== undefined) {
    throw new UsageError('kerberosAuth takes either allowedUsers or nameAccepted; leave one of them out');
  }
  const users = new Set(allowedUsers);
  return (name) => users.has(name);
}

async function prove(
  kerberos: KerberosPackage,
  serviceName: string,
  channel: AuthChannel,
  host: string,
): Promise<void> {
  const service = serviceName.includes('@') ? serviceName : `${serviceName}@${host}`;
  const { context, token } = await ticketFor(service, async () => {
    const context = await kerberos.initializeClient(service, {
      flags: kerberos.GSS_C_MUTUAL_FLAG,
      mechOID: kerberos.GSS_MECH_OID_KRB5,
    });
    return { context, token: await context.step('') };
  });
  // Otherwise its answer would not be checked
  if (token === null || context.contextComplete)
    throw new Error('kerberos does not ask the server for a proof');
  sendToken(channel, token);
  const answer = await receiveToken(channel);
  const reason = await context
    .step(answer.toString('base64'))
    .then(() => (context.contextComplete ? undefined : 'its answer is not the last one'), reasonOf);
  if (reason === undefined) return;
  throw new ServerRefusal(
    `it does not prove that it is ${service}, so it may be another server (${reason}); look at its address`,
  );
}

async function accept(
  kerberos: KerberosPackage,
  serviceName: string,
  channel: AuthChannel,
  accepts: Decision,
): Promise<string> {
  const token = await receiveToken(channel);
  // GSSAPI would take those of all mechanisms that are installed, whose names mean something else
  if (!isOfKerberos5(token)) throw new FormatError('a token that is none of Kerberos 5');
  const context = await kerberos.initializeServer(serviceName).catch((error: unknown) => {
    throw new JoinError(`no key of the service ${serviceName} in the keytab: ${reasonOf(error)}`, {
      cause: error,
    });
  });
  const answer = await context.step(token.toString('base64')).catch((error: unknown) => {
    throw new ServerRefusal(`it does not accept the ticket: ${reasonOf(error)}`, { cause: error });
  });
  // The package calls a context complete that waits for more; of Kerberos 5 the first token proves all
  if (answer === null) throw new FormatError('a token that asks for no proof of the server');
  const name = context.username;
  if ((await accepts(name)) !== true)
    throw new ServerRefusal(`${name} is not one of the users that it accepts`);
  sendToken(channel, answer);
  return name;
}

/** Each question holds one of the few threads for files and names, however long the KDC is silent. */
let asking: Promise<void> = Promise.resolve();

/** One at a time in a process. */
function ticketFor<T>(service: string, ask: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(noTicket(service, `no answer of the KDC within ${TICKET_WITHIN_MS / 1000} s`));
    }, TICKET_WITHIN_MS);
    asking = asking.then(async () => {
      if (isLate) return;
      await ask().then(resolve, (error: unknown) => reject(noTicket(service, reasonOf(error))));
      clearTimeout(timer);
    });
  });
}

function noTicket(service: string, reason: string): ServerRefusal {
  return new ServerRefusal(
    `no Kerberos ticket for ${service} (${reason}); type klist to see them, kinit to get one`,
  );
}

function sendToken(channel: AuthChannel, token: string): void {
  for (let at = 0; at < token.length; at += PIECE_LENGTH) {
    const end = at + PIECE_LENGTH;
    channel.send({ token: token.slice(at, end), more: end < token.length });
  }
}

async function receiveToken(channel: AuthChannel): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const { token, more } = Object(await channel.receive()) as {
      readonly token?: unknown;
      readonly more?: unknown;
    };
    const piece = typeof token === 'string' ? Buffer.from(token, 'base64') : Buffer.alloc(0);
    if (piece.length === 0) throw new FormatError('an auth message without a token');
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MOST_TOKEN_BYTES) throw new FormatError(`a token of more than ${MOST_TOKEN_BYTES} bytes`);
    if (more !== true) return Buffer.concat(pieces);
  }
}

/** By the header of a first token (RFC 2743, 3.1). */
function isOfKerberos5(token: Buffer): boolean {
  const length = token[1] ?? 0;
  const at = length < 0x80 ? 2 : 2 + (length & 0x7f);
  return token[0] === 0x60 && token.subarray(at, at + KERBEROS_5.length).equals(KERBEROS_5);
}

/** Without the words of GSSAPI that stand before every reason of Kerberos. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^Unspecified GSS failure\. +Minor code may provide more information: /, '');
}
