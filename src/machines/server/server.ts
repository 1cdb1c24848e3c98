/** A standing server: joins its door, its slots, its cache and its leases, and ends them. */

import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { cpus, hostname, totalmem } from 'node:os';
import { join } from 'node:path';
import { cannotListen, placeOf } from '../../broker/cannot-listen.js';
import { packedThreadFile } from '../../threads/open-thread.js';
import { libraryScript } from '../library-script.js';
import type { FrameConnection } from '../protocol/frame-connection.js';
import { ANSWER_WITHIN_MS } from '../protocol/handshake.js';
import { type Purpose, readLeaseRequest, type Welcome } from '../protocol/messages.js';
import { BundleCache } from './bundle-cache.js';
import { Door, refuse } from './door.js';
import { Lease } from './lease.js';
import type { MasterIdentity, ServerSettings } from './server-options.js';
import { type PreparedFiles, SlaveStarter } from './slave-starter.js';
import { Slots } from './slots.js';
import type { BundleToCompile } from './spare-script.js';
import { WorkFolders } from './work-folders.js';

/** After a change, so that spare processes take no time from slaves that start. */
const PREPARE_AFTER_MS = 500;

export class Server {
  readonly #settings: ServerSettings;
  readonly #listener: NetServer;
  readonly #door: Door;
  readonly #slots: Slots;
  readonly #cache: BundleCache;
  readonly #folders: WorkFolders;
  readonly #starter: SlaveStarter;
  readonly #leases = new Map<string, Lease>();
  readonly #ended: Promise<void>;
  #onEnded: () => void = () => {};
  #isEnding = false;
  #closing: Promise<void> | undefined;
  #serial = 0;
  #lastBundle: BundleToCompile | undefined;
  #preparing: NodeJS.Timeout | undefined;

  private constructor(settings: ServerSettings) {
    this.#settings = settings;
    this.#slots = new Slots(settings.slots);
    this.#cache = new BundleCache(join(settings.folder, 'bundles'), (sha256, bytes) =>
      settings.audit.emit({ type: 'bundle-dropped', sha256, bytes }),
    );
    this.#folders = new WorkFolders(join(settings.folder, 'work'));
    this.#starter = new SlaveStarter(this.#folders.path, packedFiles());
    this.#door = new Door({
      settings,
      onAdmitted: (connection, purpose, identity) => void this.#serve(connection, purpose, identity),
      onStream: (key, connection) => this.#takeStream(key, connection),
    });
    this.#listener = createServer({ noDelay: true }, (socket) => this.#door.admit(socket));
    this.#ended = new Promise((resolve) => {
      this.#onEnded = resolve;
    });
  }

  /** Listens. Throws UsageError for a folder that cannot be used, MwError if it cannot listen, and what its auth throws. */
  static async open(settings: ServerSettings): Promise<Server> {
    await settings.auth.prepareServer?.();
    const server = new Server(settings);
    try {
      await server.#listen();
    } catch (error) {
      server.#folders.close();
      const why = error instanceof Error ? error.message : String(error);
      throw cannotListen('the server', settings.host, settings.port, why);
    }
    const { audit, name, slots, isOpen } = settings;
    const address = placeOf(settings.host, server.port);
    audit.emit({ type: 'server-ready', address, name, slots });
    if (isOpen) audit.emit({ type: 'server-open', address });
    server.#prepareSoon();
    return server;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo | null)?.port ?? 0;
  }

  get slots(): number {
    return this.#slots.total;
  }

  get freeSlots(): number {
    return this.#slots.free;
  }

  /** Those that are not over. */
  get leases(): number {
    return this.#leases.size;
  }

  /** Resolves when it has closed. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Takes no new master, and closes when the last one that it has is gone. May be called twice. */
  endSoon(): void {
    if (!this.#isEnding) this.#settings.audit.emit({ type: 'server-ending', leases: this.#leases.size });
    this.#isEnding = true;
    this.#closeIfIdle();
  }

  /** Ends every lease, and closes. May be called twice. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([...this.#leases.values()].map((lease) => lease.end('its server was stopped')));
    await this.#close();
  }

  #listen(): Promise<void> {
    const { host, port } = this.#settings;
    return new Promise((resolve, reject) => {
      this.#listener.once('error', reject);
      this.#listener.listen({ host, port, backlog: 1024, exclusive: true }, () => {
        this.#listener.off('error', reject);
        // A connection that cannot be accepted must not end the process
        this.#listener.on('error', () => {});
        resolve();
      });
    });
  }

  async #serve(connection: FrameConnection, purpose: Purpose, identity: MasterIdentity): Promise<void> {
    if (purpose === 'lease' && this.#isEnding) {
      refuse(connection, 'it is ending and takes no new master', false);
      return;
    }
    connection.send(this.#welcome());
    switch (purpose) {
      case 'ping':
        connection.end();
        return;
      case 'end':
        connection.end();
        this.endSoon();
        return;
      case 'lease':
        await this.#beginLease(connection, identity);
        return;
      default:
        purpose satisfies never;
    }
  }

  async #beginLease(connection: FrameConnection, { address, user }: MasterIdentity): Promise<void> {
    const { audit } = this.#settings;
    try {
      const request = readLeaseRequest(await connection.receive(ANSWER_WITHIN_MS));
      const id = `LEASE-${++this.#serial}`;
      const lease = new Lease({
        id,
        connection,
        request,
        cache: this.#cache,
        folders: this.#folders,
        starter: this.#starter,
        audit,
        slots: this.#slots.total,
        isEncrypted: this.#settings.tls !== undefined,
        askForSlots: () => {
          const { sha256 } = request;
          this.#lastBundle = { bundle: this.#cache.pathOf(sha256), sha256 };
          return this.#slots.ask(id, request.slots);
        },
      });
      this.#leases.set(id, lease);
      audit.emit({ type: 'lease-begun', lease: id, address, memberId: request.memberId, user });
      void lease.ended.then(() => this.#endLease(id));
      await lease.begin();
      this.#prepareSoon();
    } catch (error) {
      refuse(connection, error instanceof Error ? error.message : String(error), true);
    }
  }

  #endLease(id: string): void {
    this.#leases.delete(id);
    for (const grant of this.#slots.release(id)) this.#leases.get(grant.lease)?.grant(grant);
    if (this.#isEnding) this.#closeIfIdle();
    else this.#prepareSoon();
  }

  #prepareSoon(): void {
    clearTimeout(this.#preparing);
    this.#preparing = setTimeout(() => {
      if (!this.#isEnding) this.#starter.prepare(this.#slots.free, this.#lastBundle);
    }, PREPARE_AFTER_MS);
  }

  #takeStream(key: string, connection: FrameConnection): boolean {
    for (const lease of this.#leases.values()) {
      if (!lease.relay.isWaiting(key)) continue;
      const { socket, rest } = connection.giveAway();
      return lease.relay.take(key, socket, rest);
    }
    return false;
  }

  #closeIfIdle(): void {
    if (this.#leases.size === 0) void this.#close();
  }

  #close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    clearTimeout(this.#preparing);
    this.#door.stop();
    await this.#starter.stop();
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    this.#folders.close();
    this.#settings.audit.emit({ type: 'server-finished', name: this.#settings.name });
    this.#onEnded();
  }

  #welcome(): Welcome {
    return {
      type: 'welcome',
      name: this.#settings.name,
      hostname: hostname(),
      platform: process.platform,
      node: process.versions.node,
      cores: cpus().length,
      memoryBytes: totalmem(),
      slots: this.#slots.total,
      time: Date.now(),
    };
  }
}

/** Files for spare processes; undefined where the library is not packed. */
function packedFiles(): PreparedFiles | undefined {
  const [sentinel, library] = [packedThreadFile('sentinel'), libraryScript()?.file];
  return sentinel === undefined || library === undefined ? undefined : { sentinel, library };
}
