/** The listening socket, which may be closed for a while: its connections stay. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export class Listener {
  readonly #server: Server;

  constructor(onSocket: (socket: Socket) => void) {
    this.#server = createServer({ noDelay: true }, onSocket);
    // A connection that cannot be accepted must not end the process.
    this.#server.on('error', () => {});
  }

  /** Resolves with the port; rejects as `net.Server` does. */
  open(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 4096, exclusive: true }, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  shut(): void {
    this.#server.close();
  }

  /** For good. Resolves when no connection is left. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
