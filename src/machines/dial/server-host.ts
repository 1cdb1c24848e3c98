/** A machine that a standing server lends: the main thread's side of a lease. */

import type { Socket } from 'node:net';
import { JoinError } from '../../errors.js';
import type { MachineFacts, MachineHost } from '../machine-host.js';
import type { AuthChannel, ServerAuth } from '../protocol/auth.js';
import type { LeaseRequest, Way } from '../protocol/messages.js';
import { errorOf, failureOf, ServerRefusal } from '../protocol/server-refusal.js';
import { type OnRemoteOutput, RemoteSlaves } from '../remote-slaves.js';
import type { ProcessEnd, SlaveProcess } from '../slave-process.js';
import type { ServerTarget } from './connect.js';
import { DataStreams } from './data-streams.js';
import type { Dialler, Link } from './dialler.js';
import type { Failure, LinkEvent, WaysOfMaster } from './link-messages.js';
import { proveBy } from './prove.js';

export interface ServerHostParams {
  readonly target: ServerTarget;
  readonly auth: ServerAuth | undefined;
  readonly dialler: Dialler;
  readonly bundle: () => Promise<{ readonly sha256: string; readonly bytes: Uint8Array }>;
  /** Without the bundle. */
  readonly request: Omit<LeaseRequest, 'type' | 'sha256' | 'bytes' | 'ways'>;
  /** None if slaves connect to a nats-server themselves. */
  readonly ways: WaysOfMaster;
  /** Serves a connection to the server as one that came in at the data port; without it, that is dialled as the broker is. */
  readonly takeData?: ((stream: Socket) => void) | undefined;
  /** Of a slave, whose ways to the master are these ports of its own machine. */
  readonly argsOf: (ports: Readonly<Partial<Record<Way, number>>>) => readonly string[];
  /** The slots that the master has there now, at each change. */
  readonly onGranted: (slots: number, wanted: number) => void;
  readonly onBundleSent: (bytes: number, seconds: number) => void;
  /** The server answers and will not have this master, or is not trusted; `open` rejects then. */
  readonly onRefused: (reason: string) => void;
  /** The output of slaves there, in pieces. */
  readonly onOutput: OnRemoteOutput;
}

interface Opening {
  readonly resolve: (facts: MachineFacts) => void;
  readonly reject: (error: Error) => void;
}

export class ServerHost implements MachineHost {
  onLost: (reason: string) => void = () => {};
  onSlots: () => void = () => {};
  readonly #params: ServerHostParams;
  readonly #slaves: RemoteSlaves;
  #link: Link | undefined;
  #dataStreams: DataStreams | undefined;
  #opening: Opening | undefined;
  #args: readonly string[] = [];
  #bundleBytes = 0;
  #onProof:
    | { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
    | undefined;
  #onOver: (() => void) | undefined;
  #slots = 0;
  #hostname = '';

  constructor(params: ServerHostParams) {
    this.#params = params;
    this.#slaves = new RemoteSlaves(params.onOutput);
  }

  /** The slots that the master has now. */
  get slots(): number {
    return this.#slots;
  }

  /** Rejects with a ServerRefusal if the server will not have this master, whenever it asks. */
  async open(signal: AbortSignal): Promise<MachineFacts> {
    const { bundle, dialler, target, request, ways, takeData } = this.#params;
    const { sha256, bytes } = await bundle();
    signal.throwIfAborted();
    this.#bundleBytes = bytes.length;
    const link = await dialler.open((event) => this.#take(event));
    this.#link = link;
    if (takeData !== undefined && target.tls === undefined) {
      const giveUp = (key: string): void => link.send({ type: 'undialled', key });
      this.#dataStreams = new DataStreams({ target, take: takeData, giveUp });
    }
    const abort = (): void => link.send({ type: 'close' });
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise<MachineFacts>((resolve, reject) => {
        this.#opening = { resolve, reject };
        link.send({
          type: 'open',
          target,
          bundle: bytes,
          ways,
          dataInMain: this.#dataStreams !== undefined,
          request: { ...request, type: 'lease', sha256, bytes: bytes.length, ways: waysOf(ways) },
        });
        if (signal.aborted) abort();
      });
    } catch (error) {
      if (error instanceof ServerRefusal) this.#params.onRefused(error.message);
      throw error;
    } finally {
      this.#opening = undefined;
      signal.removeEventListener('abort', abort);
    }
  }

  readonly startSlave = (onEnd: (end: ProcessEnd) => void): SlaveProcess => {
    const link = this.#link;
    const way =
      link === undefined
        ? new Error('its server is not connected')
        : { link, args: this.#args, hostname: this.#hostname };
    return this.#slaves.start(way, onEnd);
  };

  async close(): Promise<void> {
    const link = this.#link;
    if (link === undefined) return;
    await new Promise<void>((resolve) => {
      this.#onOver = resolve;
      link.send({ type: 'close' });
    });
  }

  #take(event: LinkEvent): void {
    switch (event.type) {
      case 'asked':
        void this.#prove(event.method, event.binding);
        return;
      case 'auth-received':
        this.#onProof?.resolve(event.value);
        return;
      case 'auth-failed':
        this.#onProof?.reject(errorOf(event));
        return;
      case 'bundle-sent':
        this.#params.onBundleSent(this.#bundleBytes, event.seconds);
        return;
      case 'ready': {
        const { hostname, platform, node, cores, memoryBytes } = event.welcome;
        this.#args = this.#params.argsOf(event.ports);
        this.#hostname = hostname;
        const { clockOffsetMs } = event;
        this.#opening?.resolve({ hostname, platform, node, cores, memoryBytes, clockOffsetMs });
        return;
      }
      case 'granted':
        this.#slots = event.slots;
        this.#params.onGranted(event.slots, event.wanted);
        this.onSlots();
        return;
      case 'started':
      case 'ended':
      case 'output':
        this.#slaves.take(event);
        return;
      case 'dial':
        void this.#dataStreams?.dial(event.key, this.#slots);
        return;
      case 'over':
        this.#over(event);
        return;
      default:
        event satisfies never;
    }
  }

  async #prove(method: string, binding: Uint8Array): Promise<void> {
    const link = this.#link;
    const channel: AuthChannel = {
      binding,
      send: (value) => link?.send({ type: 'auth-send', value }),
      receive: () =>
        new Promise((resolve, reject) => {
          this.#onProof = { resolve, reject };
          link?.send({ type: 'auth-receive' });
        }),
    };
    try {
      const { auth, target } = this.#params;
      await proveBy(auth, { method, channel }, target.host);
      link?.send({ type: 'auth-done' });
    } catch (error) {
      link?.send({ type: 'auth-done', error: failureOf(error) });
    }
  }

  #over(failure: Failure): void {
    const { reason } = failure;
    this.#link = undefined;
    this.#dataStreams?.close();
    this.#dataStreams = undefined;
    this.#slots = 0;
    this.#onProof?.reject(new JoinError(reason));
    const wasOpen = this.#opening === undefined;
    this.#opening?.reject(errorOf(failure));
    if (wasOpen && this.#onOver === undefined) this.onLost(reason);
    this.#slaves.lost(new Error(`its server was lost: ${reason}`));
    this.#onOver?.();
    this.#onOver = undefined;
  }
}

function waysOf(ways: WaysOfMaster): Way[] {
  return (Object.keys(ways) as Way[]).filter((way) => ways[way] !== undefined);
}
