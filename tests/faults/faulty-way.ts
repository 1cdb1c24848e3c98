/** A way to a broker that a test can cut, stall, slow down, tear to pieces, and open again. */

import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Direction, Lane, type Trouble } from './lane.js';

/** A process has a connection for data and one, its sentinel's, for control. */
export type Plane = 'data' | 'control';

/** The part of the traffic that a fault is about; everything if it says nothing. */
export interface Part {
  readonly direction?: Direction | undefined;
  readonly plane?: Plane | undefined;
}

interface Passage {
  readonly near: Socket;
  readonly far: Socket;
  readonly lanes: readonly Lane[];
  /** Known once the client has given its name. */
  plane: Plane | undefined;
}

export class FaultyWay implements AsyncDisposable {
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  readonly #imposed = new Set<{ readonly trouble: Trouble; readonly part: Part }>();
  /** Passed on so far, in both directions. */
  bytes = 0;
  /** Connections taken so far. */
  taken = 0;
  /** Whether new connections are reset at once. */
  closed = false;

  private constructor(target: number) {
    this.#server = createServer((near) => {
      if (this.closed) near.on('error', () => {}).resetAndDestroy();
      else this.#join(near, connect(target, '127.0.0.1'));
    });
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
    return this.#passages.size;
  }

  /** Resets connections; new ones are taken at once. */
  cut(plane?: Plane): void {
    for (const passage of this.#passages) {
      if (plane === undefined || plane === passage.plane) end(passage);
    }
  }

  /** Resets each connection in the middle of the next piece of data of some size that goes this way; returns how many. */
  cutInside({ direction, plane }: Part = {}): number {
    let count = 0;
    for (const passage of this.#passages) {
      if (plane !== undefined && plane !== passage.plane) continue;
      count++;
      for (const lane of passage.lanes) {
        if (direction === undefined || lane.direction === direction) lane.cutInside(() => end(passage));
      }
    }
    return count;
  }

  /** Connections stay open, new ones are taken, and no byte passes. */
  stall(part: Part = {}): void {
    this.impose({ stalled: true }, part);
  }

  /** Ends all that was imposed. */
  resume(): void {
    this.#imposed.clear();
    this.#apply();
  }

  /** From now on, beside what else there is; returns what ends it. */
  impose(trouble: Trouble, part: Part = {}): () => void {
    const imposed = { trouble, part };
    this.#imposed.add(imposed);
    this.#apply();
    return () => {
      this.#imposed.delete(imposed);
      this.#apply();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
  }

  #apply(): void {
    for (const passage of this.#passages) {
      for (const lane of passage.lanes) lane.suffer(this.#troublesOf(lane.direction, passage.plane));
    }
  }

  #troublesOf(direction: Direction, plane: Plane | undefined): Trouble[] {
    return [...this.#imposed]
      .filter(({ part }) => part.direction === undefined || part.direction === direction)
      .filter(({ part }) => part.plane === undefined || part.plane === plane)
      .map(({ trouble }) => trouble);
  }

  #join(near: Socket, far: Socket): void {
    this.taken++;
    const count = (bytes: number): void => {
      this.bytes += bytes;
    };
    const lanes = [
      new Lane({ direction: 'up', from: near, to: far, onPassed: count }),
      new Lane({ direction: 'down', from: far, to: near, onPassed: count }),
    ] as const;
    const passage: Passage = { near, far, lanes, plane: undefined };
    this.#passages.add(passage);
    this.#apply();
    near.once('data', (chunk: Buffer) => {
      passage.plane = /"name":"[^"]*sentinel"/.test(chunk.toString('latin1')) ? 'control' : 'data';
      this.#apply();
    });
    for (const lane of lanes) lane.start();
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => {}); // a reset is what a test asks for
      socket.on('close', () => {
        for (const lane of lanes) lane.end();
        other.destroy();
        this.#passages.delete(passage);
      });
    }
  }
}

function end({ near, far }: Passage): void {
  reset(near);
  reset(far);
}

/** Cuts a connection. Node never ends a process that has reset a socket on which a shutdown was under way. */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
