/**
 * The lease that one master has of a server, from its request to the removal of its last folder. It lives as long as the master's
 * connection, and the master says something often enough.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import { FormatError } from '../../errors.js';
import type { FrameConnection } from '../protocol/frame-connection.js';
import type { Frame } from '../protocol/frames.js';
import {
  beatEveryMs,
  type FromServer,
  type LeaseRequest,
  MOST_SLOTS,
  readToServer,
  SHA256_FORM,
} from '../protocol/messages.js';
import { Silence } from '../protocol/silence.js';
import type { BundleCache } from './bundle-cache.js';
import { OutputValve } from './output-valve.js';
import { Relay } from './relay.js';
import { SlaveRunner } from './slave-runner.js';
import type { SlaveStarter } from './slave-starter.js';
import type { Grant } from './slots.js';
import type { WorkFolders } from './work-folders.js';

interface LeaseParams {
  readonly id: string;
  readonly connection: FrameConnection;
  readonly request: LeaseRequest;
  readonly cache: BundleCache;
  readonly folders: WorkFolders;
  readonly starter: SlaveStarter;
  readonly audit: AuditSink;
  /** Called once, when slaves may be started. */
  readonly askForSlots: () => Grant;
  /** All slots of the server. */
  readonly slots: number;
  /** Whether masters speak TLS, which the server decrypts. */
  readonly isEncrypted: boolean;
}

export class Lease {
  readonly #params: LeaseParams;
  readonly #relay: Relay;
  readonly #valve: OutputValve;
  readonly #ended: Promise<void>;
  #onEnded: () => void = () => {};
  #runner: SlaveRunner | undefined;
  #folder: string | undefined;
  #chunks: Buffer[] = [];
  #missing = 0;
  #onBundle: (() => void) | undefined;
  #granted = 0;
  readonly #silence = new Silence();
  #beats: NodeJS.Timeout | undefined;
  #isEnding = false;
  #preparing: Promise<void> | undefined;
  readonly #beganAt = performance.now();

  constructor(params: LeaseParams) {
    this.#params = params;
    this.#ended = new Promise((resolve) => {
      this.#onEnded = resolve;
    });
    this.#relay = new Relay({
      slots: params.slots,
      onWanted: (way, key) => this.#tell({ type: 'dial', way, key }),
    });
    this.#valve = new OutputValve((to, text, slave) => this.#tell({ type: 'output', to, text, slave }));
  }

  /** Resolves when nothing of it is left. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  get relay(): Relay {
    return this.#relay;
  }

  /** Never rejects. */
  async begin(): Promise<void> {
    const { connection, request } = this.#params;
    const { clientTimeoutMs } = request;
    connection.listen({ onFrame: (frame) => this.#take(frame), onClose: (reason) => void this.end(reason) });
    this.#beats = setInterval(() => this.#beat(clientTimeoutMs), beatEveryMs(clientTimeoutMs));
    this.#preparing = this.#prepare();
    try {
      await this.#preparing;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#tell({ type: 'refused', reason: reason.slice(0, 1000) });
      await this.end(reason);
    }
  }

  /** It has these slots from now on. */
  grant({ slots, wanted }: Grant): void {
    this.#granted = slots;
    this.#audit({ type: 'lease-granted', lease: this.#params.id, slots, wanted });
    this.#tell({ type: 'granted', slots, wanted });
  }

  /** Kills what runs, and removes what is there. May be called twice. */
  end(reason: string): Promise<void> {
    if (!this.#isEnding) {
      this.#isEnding = true;
      void this.#end(reason);
    }
    return this.#ended;
  }

  async #prepare(): Promise<void> {
    const { cache, folders, request, id, isEncrypted, askForSlots } = this.#params;
    const { sha256, bytes, files, ways, env } = request;
    if (!SHA256_FORM.test(sha256)) throw new FormatError('a bundle whose name is no SHA-256');
    const cached = await cache.begin(sha256);
    if (this.#isEnding) return;
    this.#missing = cached ? 0 : bytes;
    this.#tell({ type: 'bundle', wanted: !cached });
    if (!cached) await this.#receiveBundle();
    if (this.#isEnding) return;
    this.#folder = await folders.open(id, files);
    const ports = await this.#relay.open(ways);
    this.#runner = new SlaveRunner({
      folder: this.#folder,
      bundle: cache.pathOf(sha256),
      env: { TMPDIR: `${this.#folder}/tmp`, ...env },
      starter: this.#params.starter,
      onStarted: (slave, pid) => {
        this.#audit({ type: 'lease-slave-started', lease: id, slave, pid });
        this.#tell({ type: 'started', slave, pid });
      },
      onEnded: (slave, pid, { code, signal, error }) => {
        const how = signal === null ? { code: code ?? undefined } : { signal };
        this.#audit({ type: 'lease-slave-ended', lease: id, slave, pid, ...how, reason: error?.message });
        this.#tell({ type: 'ended', slave, code, signal, error: error?.message.slice(0, 1000) });
      },
      onOutput: (to, text, slave) => this.#valve.take(to, text, performance.now(), slave),
      askForStream: ways.includes('data') && !isEncrypted ? this.#relay.hand : undefined,
    });
    if (this.#isEnding) return;
    this.#tell({ type: 'ready', ports });
    this.grant(askForSlots());
  }

  async #receiveBundle(): Promise<void> {
    const { cache, request, audit, id } = this.#params;
    const beganAt = performance.now();
    await new Promise<void>((resolve) => {
      this.#onBundle = resolve;
    });
    if (this.#isEnding) return;
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    await cache.put(request.sha256, bytes);
    const seconds = (performance.now() - beganAt) / 1000;
    audit.emit({ type: 'bundle-received', lease: id, sha256: request.sha256, bytes: bytes.length, seconds });
  }

  #take(frame: Frame): void {
    this.#silence.end();
    if (frame.kind === 'bytes') {
      this.#takeBytes(frame.bytes);
      return;
    }
    const message = readToServer(frame.value);
    switch (message.type) {
      case 'beat':
        return;
      case 'start':
        this.#start(message.slave, message.args);
        return;
      case 'stop':
        this.#runner?.stop(message.slave, message.how);
        return;
      case 'undialled':
        this.#relay.giveUp(message.key);
        return;
      case 'leave':
        void this.end('its master has left');
        return;
      default:
        message satisfies never;
    }
  }

  #takeBytes(bytes: Buffer): void {
    if (bytes.length > this.#missing) throw new FormatError('more bytes than the bundle was said to have');
    this.#missing -= bytes.length;
    this.#chunks.push(Buffer.from(bytes));
    if (this.#missing === 0) this.#onBundle?.();
  }

  #start(slave: number, args: readonly string[]): void {
    const runner = this.#runner;
    if (runner === undefined || this.#isEnding) return;
    if (runner.has(slave)) throw new FormatError(`slave ${slave} twice`);
    if (runner.size >= Math.min(this.#granted, MOST_SLOTS)) {
      this.#tell({ type: 'ended', slave, code: null, signal: null, error: 'no slot is free for it' });
      return;
    }
    runner.start(slave, args);
  }

  #beat(clientTimeoutMs: number): void {
    this.#silence.judge(
      { limitMs: clientTimeoutMs, everyMs: beatEveryMs(clientTimeoutMs) },
      () => this.#tell({ type: 'beat' }),
      (duration) => void this.end(`its master was silent for ${duration}`),
    );
  }

  #tell(message: FromServer): void {
    this.#params.connection.send(message);
  }

  #audit(event: Parameters<AuditSink['emit']>[0]): void {
    this.#params.audit.emit(event);
  }

  async #end(reason: string): Promise<void> {
    const { cache, folders, request, id, connection } = this.#params;
    clearInterval(this.#beats);
    this.#onBundle?.();
    await this.#preparing?.catch(() => {});
    await this.#runner?.close();
    this.#relay.close();
    this.#valve.tellDropped();
    if (this.#folder !== undefined) await folders.remove(this.#folder).catch(() => {});
    await cache.end(request.sha256).catch(() => {});
    const seconds = (performance.now() - this.#beganAt) / 1000;
    this.#audit({ type: 'lease-ended', lease: id, reason, seconds });
    this.#tell({ type: 'gone' });
    connection.end();
    this.#onEnded();
  }
}
