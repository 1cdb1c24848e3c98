/**
 * A server in the master's own main thread, for frames alone: they travel between a slave and this thread without
 * the broker's thread between them. Each slave has a pass of its own, which it gets over the broker.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Passes } from './admission/passes.js';
import { PortGuard } from './admission/port-guard.js';
import type { BrokerTls } from './admission/tls-door.js';
import type { BrokerEvent } from './broker-event.js';
import { cannotListen } from './cannot-listen.js';
import { type DataPass, type DataPeer, type DataSubjects, PassToSlave } from './data-pass.js';
import type { BrokerBounds } from './options.js';
import { BrokerServer } from './server.js';

export type { DataPass, DataPeer, DataSubjects } from './data-pass.js';

export interface DataPortOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly tls?: BrokerTls | undefined;
  /** Passes at a time. */
  readonly mostPasses: number;
  readonly bounds?: Partial<BrokerBounds> | undefined;
  /** Failed connections within ten seconds before the port is shut; 16 by default. */
  readonly shutAfter?: number | undefined;
  /** How long it stays shut; 10 seconds by default. */
  readonly shutMs?: number | undefined;
}

const SHUT_AFTER = 16;
const SHUT_MS = 10_000;
const SECRET_BYTES = 24;
/** This thread may be busy for longer than a broker's ever is. */
const BOUNDS: Partial<BrokerBounds> = { pingIntervalMs: 0, handshakeTimeoutMs: 20_000 };

export class DataPort {
  readonly #passes = new Passes();
  readonly #mostPasses: number;
  readonly #server: BrokerServer;
  readonly #encrypted: boolean;
  #port = 0;
  #stopped = false;

  private constructor(options: DataPortOptions, onEvent: (event: BrokerEvent) => void) {
    const { host, port, tls, mostPasses, bounds, shutAfter = SHUT_AFTER, shutMs = SHUT_MS } = options;
    this.#mostPasses = mostPasses;
    this.#encrypted = tls !== undefined;
    const strangers = new PortGuard({
      shutAfter,
      shutMs,
      expected: () => this.#passes.size,
      shut: () => this.#server.shut(),
      reopen: () => this.#server.reopen(),
      onShut: (failures) => onEvent({ type: 'port-shut', port: this.#port, failures }),
    });
    const tell = (event: BrokerEvent): void => {
      // Peers are told themselves of their clients.
      if (event.type !== 'client-connected' && event.type !== 'client-closed') onEvent(event);
    };
    this.#server = new BrokerServer({ host, port, tls, bounds: { ...BOUNDS, ...bounds } }, tell, {
      admission: this.#passes,
      strangers,
      later: process.nextTick,
    });
  }

  /** Rejects with an error that names host and port if it cannot listen there. The process stays alive until `stop`. */
  static async open(options: DataPortOptions, onEvent: (event: BrokerEvent) => void): Promise<DataPort> {
    const dataPort = new DataPort(options, onEvent);
    try {
      dataPort.#port = await dataPort.#server.listen();
    } catch (error) {
      void dataPort.stop();
      const why = error instanceof Error ? error.message : String(error);
      throw cannotListen('the data port', options.host, options.port, why);
    }
    return dataPort;
  }

  get port(): number {
    return this.#port;
  }

  /** Whether slaves must speak TLS. */
  get encrypted(): boolean {
    return this.#encrypted;
  }

  /**
   * Undefined if there are `mostPasses` already, or the port has been stopped. Throws a RangeError if a subject has
   * a wildcard or is no subject.
   */
  admit(subjects: DataSubjects, peer: DataPeer): DataPass | undefined {
    if (this.#stopped || this.#passes.size >= this.#mostPasses) return undefined;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    return new PassToSlave(secret, subjects, peer, this.#server.attach(), this.#passes);
  }

  /** Serves a connection that this process has opened, as one that came in. */
  take(socket: Socket): void {
    if (this.#stopped) socket.destroy();
    else this.#server.accept(socket);
  }

  /** Closes every connection; may be called twice. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#server.stop();
  }
}
