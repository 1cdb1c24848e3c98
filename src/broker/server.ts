/** The listening socket and its clients: whom it serves, and which clients are cut. */
import type { Socket } from 'node:net';
import type { Admission } from './admission/admission.js';
import { ByCredentials } from './admission/by-credentials.js';
import { GuestBrake } from './admission/guest-brake.js';
import { Refusals } from './admission/refusals.js';
import type { Strangers } from './admission/strangers.js';
import type { BrokerTls, TlsDoor } from './admission/tls-door.js';
import { Attachment } from './attachment.js';
import type { BrokerEvent } from './broker-event.js';
import { Client } from './client.js';
import type { ClientSurroundings } from './client-surroundings.js';
import { isNearLimit, openFileLimit } from './file-limit.js';
import { Listener } from './listener.js';
import { type BrokerBounds, type BrokerOptions, DEFAULT_BOUNDS, DEFAULT_MAX_PAYLOAD } from './options.js';
import type { Subscription } from './participant.js';
import { ErrorText } from './protocol/protocol.js';
import { RouteTable } from './routing/routes.js';
import type { ServerParts } from './server-parts.js';
import { Turns } from './turns.js';

/**
 * The nats-server release whose protocol the broker speaks: clients check it before they use headers and
 * other features.
 */
const PROTOCOL_OF = '2.9.10';
const COMPLAIN_EVERY_MS = 60_000;

export class BrokerServer {
  readonly #options: BrokerOptions;
  readonly #bounds: BrokerBounds;
  readonly #maxPayload: number;
  readonly #onEvent: (event: BrokerEvent) => void;
  readonly #listener = new Listener((socket) => this.accept(socket));
  readonly #clients = new Set<Client>();
  readonly #sockets = new Set<Socket>();
  readonly #admission: Admission;
  readonly #around: ClientSurroundings<Client>;
  readonly #strangers: Strangers;
  #port: number;
  readonly #brake: GuestBrake;
  #door: TlsDoor | undefined;
  readonly #turns: Turns;
  #totalPending = 0;
  #pinger: NodeJS.Timeout | undefined;
  #clientId = 0;
  readonly #fileLimit = openFileLimit();
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(
    options: BrokerOptions,
    onEvent: (event: BrokerEvent) => void = () => {},
    { admission, strangers, later }: ServerParts = {},
  ) {
    this.#options = options;
    this.#onEvent = onEvent;
    this.#bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
    this.#maxPayload = options.maxPayload ?? DEFAULT_MAX_PAYLOAD;
    this.#port = options.port;
    this.#brake = new GuestBrake(this.#bounds.releaseGuestsAt);
    this.#turns = new Turns({
      maxBytes: this.#bounds.maxTurn,
      isHeld: (socket) => this.#brake.isHeld(socket),
      ...(later === undefined ? {} : { later }),
    });
    this.#strangers = strangers ?? new Refusals(this.#bounds, onEvent);
    this.#admission = admission ?? new ByCredentials(options, options.guests);
    this.#around = this.#surroundings();
  }

  /** Bytes that all clients have left unread. */
  get totalPending(): number {
    return this.#totalPending;
  }

  /** A participant in this thread, without a socket. */
  attach(): Attachment {
    const { routes, limits } = this.#around;
    return new Attachment(routes, limits.maxPayload);
  }

  /** Resolves with the port; rejects as `net.Server` does. */
  async listen(): Promise<number> {
    const { tls } = this.#options;
    const { pingIntervalMs, maxPingsOut } = this.#bounds;
    if (tls !== undefined) this.#door = await this.#openDoor(tls);
    await this.reopen();
    if (pingIntervalMs > 0) {
      this.#pinger = setInterval(() => {
        for (const client of this.#clients) client.askForLife(maxPingsOut);
      }, pingIntervalMs);
    }
    return this.#port;
  }

  /** Refuses new connections; those that are there stay. */
  shut(): void {
    this.#listener.shut();
  }

  /** Listens again where it did. */
  async reopen(): Promise<void> {
    this.#port = await this.#listener.open(this.#options.host, this.#port);
  }

  /** Closes every connection; may be called twice. */
  stop(): Promise<void> {
    clearInterval(this.#pinger);
    this.#strangers.stop();
    this.#brake.stop();
    const closed = this.#listener.close();
    this.#turns.end();
    for (const client of this.#clients) client.cut('Server Shutdown');
    for (const socket of this.#sockets) socket.destroy();
    return closed;
  }

  #surroundings(): ClientSurroundings<Client> {
    return {
      routes: new RouteTable<Subscription>(),
      limits: { maxPayload: this.#maxPayload, maxControlLine: this.#bounds.maxControlLine },
      maxPending: this.#bounds.maxPending,
      maxOwnerPending: this.#bounds.maxOwnerPending,
      holdGuestsAt: this.#bounds.holdGuestsAt,
      admission: this.#admission,
      strangers: this.#strangers,
      wantsFlush: (client) => this.#turns.flushAtEnd(client),
      countPending: (change) => {
        this.#totalPending += change;
      },
      checkTotal: () => {
        while (this.#totalPending > this.#bounds.maxTotalPending) this.#cutFullest();
      },
      onConnected: ({ address }) => {
        this.#strangers.admitted(address);
        this.#onEvent({ type: 'client-connected', address });
      },
      onForbidden: ({ address }, reason) => this.#onEvent({ type: 'forbidden', address, reason }),
      onClosed: (client, reason) => {
        this.#clients.delete(client);
        if (client.isConnected) this.#onEvent({ type: 'client-closed', address: client.address, reason });
      },
    };
  }

  async #openDoor(tls: BrokerTls): Promise<TlsDoor> {
    const { TlsDoor } = await import('./admission/tls-door.js');
    return new TlsDoor(tls, this.#bounds.handshakeTimeoutMs, {
      areTold: this.#strangers.areTold,
      onSecure: (socket) => this.#serve(socket),
      onRefused: (socket, reason) =>
        this.#strangers.tell({ host: String(socket.remoteAddress), address: addressOf(socket) }, reason),
    });
  }

  /** Also for a connection that was opened from here. INFO travels unencrypted, as clients expect; everything else comes after the handshake. */
  accept(socket: Socket): void {
    this.#sockets.add(socket);
    const address = socket.remoteAddress === undefined ? undefined : addressOf(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#strangers.left(address);
    });
    this.#strangers.arrived(address, socket);
    if (socket.destroyed) return;
    const info = Buffer.from(`INFO ${JSON.stringify(this.#info(socket))}\r\n`);
    const isFull = isNearLimit(socket, this.#fileLimit);
    if (this.#door === undefined || isFull) {
      const client = this.#serve(socket);
      client.send(info);
      if (isFull) this.#turnAway(client);
      return;
    }
    socket.on('error', () => {}); // errors of the connection below TLS, which reports them too
    socket.write(info);
    this.#door.admit(socket);
  }

  #serve(socket: Socket): Client {
    const client = new Client(socket, this.#around);
    this.#clients.add(client);
    // Expired timers run before sockets are read: a broker that got no processor time reads them first.
    const late = setTimeout(
      () => setImmediate(() => setImmediate(() => this.#expectConnected(client))),
      this.#bounds.connectTimeoutMs,
    );
    const count = this.#turns.shareOf(socket);
    socket.on('data', (chunk: Buffer) => {
      count(chunk.length);
      client.receive(chunk);
      if (client.awaits !== undefined) this.#brake.hold(socket, client.awaits);
      client.awaits = undefined;
    });
    let reason = 'Client Closed';
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('end', () => client.closeSoon(reason));
    socket.on('close', () => {
      clearTimeout(late);
      this.#brake.forget(socket);
      client.cut(reason);
    });
    return client;
  }

  #turnAway(client: Client): void {
    client.fail(ErrorText.maximumConnections);
    const now = performance.now();
    if (now - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#complainedAt = now;
    this.#onEvent({ type: 'turned-away', address: client.address, limit: this.#fileLimit });
  }

  #expectConnected(client: Client): void {
    if (client.isConnected || client.isRefused || client.isClosed) return;
    if (this.#admission.asksForCredentials) this.#strangers.tell(client, ErrorText.authenticationTimeout);
    client.fail(ErrorText.authenticationTimeout);
  }

  #info(socket: Socket): Readonly<Record<string, unknown>> {
    const { tls } = this.#options;
    return {
      server_id: `ts-mw-${process.pid}`,
      server_name: 'ts-mw',
      version: PROTOCOL_OF,
      proto: 1,
      host: this.#options.host,
      port: socket.localPort,
      headers: true,
      max_payload: this.#maxPayload,
      client_id: ++this.#clientId,
      client_ip: socket.remoteAddress,
      ...(this.#admission.asksForCredentials ? { auth_required: true } : {}),
      ...(tls === undefined ? {} : { tls_required: true, tls_verify: tls.clientCa !== undefined }),
    };
  }

  #cutFullest(): void {
    let fullest: Client | undefined;
    for (const client of this.#clients) {
      if (fullest === undefined || client.outbox.pending > fullest.outbox.pending) fullest = client;
    }
    if (fullest === undefined) throw new Error('pending bytes are counted that no client has');
    fullest.cut(ErrorText.slowConsumer);
  }
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
