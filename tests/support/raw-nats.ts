/** A NATS client that is no more than a socket: tests see every byte, and may send any. */
import { connect, type Socket } from 'node:net';
import { PATIENCE } from './patience.js';

const TIMEOUT_MS = 10_000 * PATIENCE;
/** To look through more than this for each piece that comes would take longer than all of it. */
const LARGE = 1024 * 1024;
const LOOK_EVERY_MS = 50;

export const CONNECT_QUIET =
  'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n';

export class RawNats {
  readonly socket: Socket;
  /** The server's INFO line. */
  info = '';
  #received = '';
  #ended = false;
  #wake: () => void = () => {};
  #later: NodeJS.Timeout | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      if (this.#received.length < LARGE) this.#wake();
      else this.#wakeLater();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
    // A reset is one of the ways to be closed; tests ask for `closed()`.
    socket.on('error', () => {});
  }

  /** Connects, takes the INFO line, and says `first`. */
  static async open(port: number, first = CONNECT_QUIET, localAddress = '127.0.0.1'): Promise<RawNats> {
    const client = new RawNats(connect({ port, host: '127.0.0.1', localAddress }));
    client.info = await client.take(/^INFO .*?\r\n/);
    if (first !== '') client.send(first);
    return client;
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** The text that came and was not taken yet. A server may ask for a sign of life at any time: that is not shown. */
  get received(): string {
    return this.#received.replace(/^PING\r\n/gm, '');
  }

  /** Waits until what came matches, and takes all up to the end of the match. */
  async take(pattern: RegExp): Promise<string> {
    const end = await this.#until(() => {
      const match = pattern.exec(this.received);
      return match === null ? undefined : match.index + match[0].length;
    }, String(pattern));
    const text = this.received;
    this.#received = text.slice(end);
    return text.slice(0, end);
  }

  /** All that the server answered up to the PONG of a PING sent now. */
  async flush(): Promise<string> {
    this.send('PING\r\n');
    const answer = await this.take(/(^|\n)PONG\r\n/);
    return answer.slice(0, -'PONG\r\n'.length);
  }

  /** Waits until the server has closed the connection; returns what it said before. */
  async closed(): Promise<string> {
    await this.#until(() => (this.#ended ? true : undefined), 'the end of the connection');
    return this.received;
  }

  close(): void {
    this.socket.destroy();
  }

  #wakeLater(): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.#wake();
    }, LOOK_EVERY_MS);
  }

  async #until<T>(look: () => T | undefined, what: string): Promise<T> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, TIMEOUT_MS);
    try {
      for (;;) {
        const found = look();
        if (found !== undefined) return found;
        if (late || this.#ended)
          throw new Error(`${late ? 'timeout' : 'closed'}: no ${what} in ${this.received.slice(-500)}`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

export function pub(subject: string, payload: string, reply = ''): string {
  return `PUB ${subject} ${reply === '' ? '' : `${reply} `}${payload.length}\r\n${payload}\r\n`;
}

export function hpub(subject: string, headers: string, payload: string, reply = ''): string {
  const sizes = `${headers.length} ${headers.length + payload.length}`;
  return `HPUB ${subject} ${reply === '' ? '' : `${reply} `}${sizes}\r\n${headers}${payload}\r\n`;
}
