/** A NATS connection that is no more than its socket: a thousand of them fit into one process. */

import { connect, type Socket } from 'node:net';

const CONNECT = { verbose: false, pedantic: false, headers: true, no_responders: true, lang: 'load' };
const LINE_END = Buffer.from('\r\n');
const EMPTY = Buffer.alloc(0);

/** One message that came in; `noResponders` when it says that nobody listens to ours. */
export type RawHandler = (subject: string, payload: Buffer, noResponders: boolean) => void;

interface Announced {
  readonly subject: string;
  readonly sid: string;
  readonly headerSize: number;
  readonly size: number;
}

export class RawConnection {
  /** Why it ended, once it has, unless it was ended here. */
  failure: string | undefined;
  onFailure: () => void = () => {};
  readonly #socket: Socket;
  readonly #handlers = new Map<string, RawHandler>();
  readonly #pongs: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  #rest: Buffer = EMPTY;
  #announced: Announced | undefined;
  #nextSid = 1;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => this.#fail('the broker closed the connection'));
  }

  /** Resolves when the broker has let it in. */
  static async open(port: number, token?: string): Promise<RawConnection> {
    const connection = new RawConnection(connect(port, '127.0.0.1'));
    connection.#write(`CONNECT ${JSON.stringify({ ...CONNECT, auth_token: token })}\r\n`);
    await connection.ready();
    return connection;
  }

  subscribe(subject: string, handler: RawHandler): void {
    const sid = String(this.#nextSid++);
    this.#handlers.set(sid, handler);
    this.#write(`SUB ${subject} ${sid}\r\n`);
  }

  publish(subject: string, payload: Uint8Array, reply?: string): boolean {
    if (this.#closed) return false;
    this.#socket.cork();
    this.#write(`PUB ${subject} ${reply === undefined ? '' : `${reply} `}${payload.length}\r\n`);
    this.#socket.write(payload);
    this.#socket.write(LINE_END);
    this.#socket.uncork();
    return true;
  }

  /** Resolves when the broker has taken all that was said. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) reject(new Error(this.failure));
      this.#pongs.push({ resolve, reject });
      this.#write('PING\r\n');
    });
  }

  /** Sends what was said, then ends. */
  close(): void {
    this.#closed = true;
    this.#socket.end();
    this.#socket.unref();
  }

  /** Ends without a word, as a process that is killed. */
  cut(): void {
    this.#closed = true;
    this.#socket.resetAndDestroy();
  }

  #write(text: string): void {
    if (!this.#closed) this.#socket.write(text, 'latin1');
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let position = 0;
    for (;;) {
      const next =
        this.#announced === undefined ? this.#takeLine(bytes, position) : this.#take(bytes, position);
      if (next === undefined) break;
      position = next;
    }
    this.#rest = bytes.subarray(position);
  }

  #takeLine(bytes: Buffer, from: number): number | undefined {
    const end = bytes.indexOf(LINE_END, from);
    if (end < 0) return undefined;
    const [verb, ...words] = bytes.toString('latin1', from, end).split(' ');
    const [subject = '', sid = ''] = words;
    const size = Number(words.at(-1));
    if (verb === 'MSG') this.#announced = { subject, sid, headerSize: 0, size };
    else if (verb === 'HMSG') this.#announced = { subject, sid, headerSize: Number(words.at(-2)), size };
    else if (verb === 'PING') this.#write('PONG\r\n');
    else if (verb === 'PONG') this.#pongs.shift()?.resolve();
    else if (verb === '-ERR') this.#fail(words.join(' '));
    return end + LINE_END.length;
  }

  #take(bytes: Buffer, from: number): number | undefined {
    const { subject, sid, headerSize, size } = this.#announced as Announced;
    const end = from + size;
    if (bytes.length < end + LINE_END.length) return undefined;
    this.#announced = undefined;
    const noResponders = headerSize > 0 && bytes.toString('latin1', from, from + 12) === 'NATS/1.0 503';
    this.#handlers.get(sid)?.(subject, bytes.subarray(from + headerSize, end), noResponders);
    return end + LINE_END.length;
  }

  #fail(why: string): void {
    for (const { reject } of this.#pongs.splice(0)) reject(new Error(why));
    if (this.#closed) return;
    this.failure ??= why;
    this.onFailure();
  }
}
