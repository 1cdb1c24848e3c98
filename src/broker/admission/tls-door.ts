/** TLS on accepted connections: the handshake within its time, and who may pass by the certificate shown. */
import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';

/** PEM, all of them. */
export interface BrokerTls {
  /** The broker's certificate, and what leads from it to its authority. */
  readonly cert: string;
  readonly key: string;
  /**
   * Authorities of clients. With them a client must show a certificate that one of them has signed, or the
   * broker's own: whoever holds that key is the side of the master.
   */
  readonly clientCa?: string | undefined;
}

export interface TlsDoorEvents {
  /** The handshake is done, and the client may speak. */
  readonly onSecure: (socket: TLSSocket) => void;
  readonly onRefused: (socket: Socket, reason: string) => void;
}

/** Said inside TLS, since TLS 1.3 tells a client that lacks a certificate only after it took itself for accepted. */
export const CERTIFICATE_REQUIRED = 'Client Certificate Required';
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
      // Judged here, so that a client can be told.
      rejectUnauthorized: false,
      handshakeTimeout: handshakeTimeoutMs,
      noDelay: true,
    });
    this.#server.on('secureConnection', (socket) => this.#judge(socket));
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      // Who asks whether somebody listens leaves without a word, as our own slaves do before they connect.
      if (error.code !== 'ECONNRESET') events.onRefused(socket, `no TLS: ${reasonOf(error)}`);
      socket.destroy();
    });
  }

  /** Nothing was read from the socket yet: its first byte belongs to the handshake. */
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
    socket.end(`-ERR '${CERTIFICATE_REQUIRED}'\r\n`);
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
  if (/NOT_YET_VALID/.test(code)) return `${whose}: it is valid from ${validFrom} on only`;
  if (/SIGNATURE|ISSUER|SELF_SIGNED/.test(code)) return `${whose}, and not by an authority of --tls-ca`;
  return `${whose}: ${code.toLowerCase().replaceAll('_', ' ')}`;
}

/** Of a stranger: on one line, and bounded. */
function nameOf(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ', ').slice(0, MOST_NAME);
}

/** OpenSSL's words without its place in the source; a plain client's bytes are a wrong version number to it. */
function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return (
    /^ERR_SSL_(.*)$/
      .exec(code ?? '')?.[1]
      ?.toLowerCase()
      .replaceAll('_', ' ') ?? message
  ).trim();
}
