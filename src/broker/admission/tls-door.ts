/** TLS on accepted connections: a time limit for the handshake, and the check of client certificates. */
import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';

/** PEM, all of them. */
export interface BrokerTls {
  /** The broker's certificate, and the certificates between it and its authority. */
  readonly cert: string;
  readonly key: string;
  /**
   * Authorities of clients. If set, a client must show a certificate that one of them has signed, or the
   * broker's own: only the master's side has that key.
   */
  readonly clientCa?: string | undefined;
}

interface TlsDoorEvents {
  /** The handshake is done, and the client may speak. */
  readonly onSecure: (socket: TLSSocket) => void;
  readonly onRefused: (socket: Socket, reason: string) => void;
  /** Whether a client that is refused gets the reason too. */
  readonly areTold: boolean;
  /** The reason, in what a client reads; NATS by default. */
  readonly farewell?: Uint8Array | undefined;
}

/**
 * Sent inside TLS, since in TLS 1.3 a client without a certificate learns of it only after its handshake
 * succeeded.
 */
const CERTIFICATE_REQUIRED = 'Client Certificate Required';
const LINGER_MS = 500;
const MOST_NAME = 120;

export class TlsDoor {
  readonly #server: Server;
  readonly #own: Buffer;
  readonly #events: TlsDoorEvents;
  readonly #asksForCertificate: boolean;

  constructor({ cert, key, clientCa }: BrokerTls, handshakeTimeoutMs: number, events: TlsDoorEvents) {
    this.#own = new X509Certificate(cert).raw;
    this.#events = events;
    this.#asksForCertificate = clientCa !== undefined;
    this.#server = createServer({
      cert,
      key,
      ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true }),
      // Checked here, so that a client gets the reason.
      rejectUnauthorized: false,
      handshakeTimeout: handshakeTimeoutMs,
      noDelay: true,
    });
    this.#server.on('secureConnection', (socket) => this.#judge(socket));
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      // A client that only checks whether the port is open leaves at once, as our own slaves do before they
      // connect.
      if (error.code !== 'ECONNRESET') events.onRefused(socket, `no TLS: ${reasonOf(error)}`);
      socket.destroy();
    });
  }

  /** No byte was read from the socket yet: its first one belongs to the handshake. */
  admit(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  #judge(socket: TLSSocket): void {
    if (!this.#asksForCertificate || socket.authorized || this.#isOwn(socket)) {
      this.#events.onSecure(socket);
      return;
    }
    const shown = socket.getPeerX509Certificate();
    const why = shown === undefined ? 'no certificate' : whyNot(shown, String(socket.authorizationError));
    this.#events.onRefused(socket, `${CERTIFICATE_REQUIRED}: ${why}`);
    socket.on('error', () => {});
    if (!this.#events.areTold) {
      socket.destroy();
      return;
    }
    socket.end(this.#events.farewell ?? `-ERR '${CERTIFICATE_REQUIRED}'\r\n`);
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  #isOwn(socket: TLSSocket): boolean {
    return socket.getPeerX509Certificate()?.raw.equals(this.#own) ?? false;
  }
}

function whyNot({ subject, issuer, validFrom, validTo }: X509Certificate, code: string): string {
  const whose = `${nameOf(subject)}, signed by ${nameOf(issuer)}`;
  if (/EXPIRED/.test(code)) return `${whose}: it expired on ${validTo}`;
  if (/NOT_YET_VALID/.test(code)) return `${whose}: it is valid only from ${validFrom} on`;
  if (/SIGNATURE|ISSUER|SELF_SIGNED/.test(code)) return `${whose}, and not by an authority of --tls-ca`;
  return `${whose}: ${code.toLowerCase().replaceAll('_', ' ')}`;
}

/** A stranger's text: in one line, and limited. */
function nameOf(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ', ').slice(0, MOST_NAME);
}

/**
 * OpenSSL's text without the place in its source; bytes of a client without TLS are a wrong version number to
 * it.
 */
function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return (
    /^ERR_SSL_(.*)$/
      .exec(code ?? '')?.[1]
      ?.toLowerCase()
      .replaceAll('_', ' ') ?? message
  ).trim();
}
