/** A way to a broker that a test can cut, stall, slow down, and open again. */

import { connect, createServer, type Server, type Socket } from 'node:net';

export class FaultyWay implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #stalled = false;
  /** Each piece of data arrives so much later. */
  delayMs = 0;
  /** Passed on so far, in both directions. */
  bytes = 0;
  /** Connections taken so far. */
  taken = 0;

  private constructor(target: number) {
    this.#server = createServer((near) => this.#join(near, connect(target, '127.0.0.1')));
  }

  static async open(target: number): Promise<FaultyWay> {
    const proxy = new FaultyWay(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** That are open now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Resets every connection; new ones are taken at once. */
  cut(): void {
    for (const [near, far] of this.#pairs) {
      reset(near);
      reset(far);
    }
  }

  /** Connections stay open, new ones are taken, and no byte passes. */
  stall(): void {
    this.#stalled = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  resume(): void {
    this.#stalled = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const timer of this.#timers) clearTimeout(timer);
    this.cut();
    await closed;
  }

  #join(near: Socket, far: Socket): void {
    this.taken++;
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    this.#pass(near, far);
    this.#pass(far, near);
    for (const [socket, other] of [pair, [far, near]] as const) {
      if (this.#stalled) socket.pause();
      socket.setNoDelay(true);
      socket.on('error', () => {}); // a reset is what a test asks for
      socket.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  #pass(from: Socket, to: Socket): void {
    const write = (chunk: Buffer): void => {
      this.bytes += chunk.length;
      if (!to.destroyed && !to.write(chunk)) {
        from.pause();
        to.once('drain', () => {
          if (!this.#stalled) from.resume();
        });
      }
    };
    from.on('data', (chunk: Buffer) => {
      if (this.delayMs === 0) {
        write(chunk);
        return;
      }
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        write(chunk);
      }, this.delayMs);
      this.#timers.add(timer);
    });
  }
}

/** Cuts a connection. Node never ends a process that has reset a socket on which a shutdown was under way. */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
