/** A connection to NATS as the port `DataLink`: limited, reconnecting forever, silent while it is down. */

import type { Socket } from 'node:net';
import { type ConnectionOptions, connect, type Msg, type NatsConnection, type Status } from 'nats';
import { UsageError } from '../../errors.js';
import { waitAtMost } from '../../structures/wait-at-most.js';
import type { BrokerAddress, DataLink, LinkStatus, MessageHandler } from '../ports.js';
import { ConnectError, toConnectError } from './connect-error.js';
import { connectOptions, PING_INTERVAL_MS, ReconnectDelays } from './connect-options.js';
import { dialFirst } from './dial-first.js';
import { dropFailedDial, failCutDial, forgetFutureDials } from './dial-repairs.js';
import { FlushWindow, UNFLUSHED_LIMIT_BYTES } from './flush-window.js';
import { connectOver } from './lent-sockets.js';

/** The size of a message without its payload: `PUB`, subject, reply, length. */
const LINE_BYTES = 128;

/** A broker that refuses our credentials for this time has finally changed them. */
const REFUSED_FOR_GOOD_MS = 10_000;

export interface ConnectDataOptions {
  /** Shown by the broker's monitoring. */
  readonly name: string;
  /** Limits each attempt, also those to reconnect. */
  readonly timeoutMs: number;
  /** A connection counts as dead when the broker has not answered three pings; 30 s between them. */
  readonly pingIntervalMs?: number;
  /** The time for which a broker may refuse our credentials until it counts as another one; ten seconds. */
  readonly refusedForGoodMs?: number | undefined;
}

/**
 * Tries each URL once; rejects with a `ConnectError` whose `reason` is the kind of failure. Once connected,
 * it reconnects forever, except to a broker that refuses our credentials for ten seconds: then the status is
 * `closed`, with the reason.
 */
export async function connectData(address: BrokerAddress, options: ConnectDataOptions): Promise<DataLink> {
  const delays = new ReconnectDelays();
  const optionsFor = (place: BrokerAddress): ConnectionOptions =>
    connectOptions(place, { pingIntervalMs: PING_INTERVAL_MS, ...options, delays });
  const connection = await dialFirst(address, optionsFor, options.timeoutMs);
  const refusedForGoodMs = options.refusedForGoodMs ?? REFUSED_FOR_GOOD_MS;
  return new DataConnection(connection, delays, { refusedForGoodMs, flushMs: CLOSE_FLUSH_MS });
}

/**
 * Tries each URL once, and does not connect again: the first end of the connection is the last, and `close` waits
 * for nothing. `stream` is a connection to the first URL that is open already. Rejects with a `ConnectError`.
 */
export async function connectOnce(
  address: BrokerAddress,
  {
    stream,
    ...options
  }: Pick<ConnectDataOptions, 'name' | 'timeoutMs'> & { readonly stream?: Socket | undefined },
): Promise<DataLink> {
  const delays = new ReconnectDelays();
  try {
    const given = connectOptions(address, { pingIntervalMs: PING_INTERVAL_MS, ...options, delays });
    const settings = { refusedForGoodMs: REFUSED_FOR_GOOD_MS, flushMs: 0 };
    const connecting =
      stream === undefined
        ? connect(given)
        : connectOver(stream, address.urls[0] ?? '', () => connect(given));
    return new DataConnection(await connecting, delays, settings);
  } catch (error) {
    throw toConnectError(address, options.timeoutMs, error);
  }
}

interface ConnectionSettings {
  readonly refusedForGoodMs: number;
  /** The time that `close` waits until the broker has the data that was handed over. */
  readonly flushMs: number;
}

interface Unready {
  /** Its connection broke before the answer: it is asked again when there is another. */
  isBroken: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

class DataConnection implements DataLink {
  readonly #connection: NatsConnection;
  readonly #delays: ReconnectDelays;
  readonly #settings: ConnectionSettings;
  readonly #listeners: ((status: LinkStatus) => void)[] = [];
  /** Calls of `ready` that have not been answered. */
  readonly #unready = new Set<Unready>();
  #connected = true;
  #closed = false;
  readonly #window = new FlushWindow();
  #credentialsRefusedSince: number | undefined;
  #closeReason: string | undefined;

  constructor(connection: NatsConnection, delays: ReconnectDelays, settings: ConnectionSettings) {
    this.#connection = connection;
    this.#delays = delays;
    this.#settings = settings;
    delays.onRetry = () => {
      dropFailedDial(connection);
      forgetFutureDials(connection);
    };
    void this.#followStatus();
    void connection.closed().then((error) => this.#onClosed(error ?? undefined));
  }

  get connected(): boolean {
    return this.#connected;
  }

  get server(): string | undefined {
    return this.#connection.info?.server_id;
  }

  send(subject: string, payload: Uint8Array, reply?: string): boolean {
    if (!this.#connected) return false;
    const bytes = payload.length + LINE_BYTES;
    if (!this.#window.askRoom(bytes)) return this.#refuse(bytes);
    try {
      if (reply === undefined) this.#connection.publish(subject, payload);
      else this.#connection.publish(subject, payload, { reply });
    } catch (error) {
      this.#report(error);
      return false;
    }
    this.#window.hand(bytes);
    if (this.#window.due) this.#flush();
    return true;
  }

  subscribe(subject: string, handler: MessageHandler): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        // A subject that the broker forbids; the client also reports it as a status.
        if (error !== null) return;
        // An exception here would end the client's reader and leave the connection deaf.
        try {
          handler(message.subject, message.data, new MessageInfo(message));
        } catch (thrown) {
          this.#report(thrown);
        }
      },
    });
    return () => {
      if (!this.#connection.isClosed()) subscription.unsubscribe();
    };
  }

  /** The client rejects a flush when its connection breaks, but not when it is closed. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      const call: Unready = { isBroken: false, resolve, reject };
      this.#unready.add(call);
      this.#ask(call);
    });
  }

  #ask(call: Unready): void {
    this.#connection.flush().then(
      () => {
        this.#unready.delete(call);
        call.resolve();
      },
      (error: Error) => {
        call.isBroken = true;
        if (!this.#closed) return;
        this.#unready.delete(call);
        call.reject(error);
      },
    );
  }

  /** The client has subscribed again. */
  #askAgain(): void {
    for (const call of this.#unready) {
      if (!call.isBroken) continue;
      call.isBroken = false;
      this.#ask(call);
    }
  }

  onStatus(listener: (status: LinkStatus) => void): void {
    this.#listeners.push(listener);
    const status = this.#missed();
    if (status === undefined) return;
    queueMicrotask(() => {
      // Otherwise it has heard more meanwhile
      if (this.#missed()?.status === status.status) listener(status);
    });
  }

  /** The news that a listener of now would have to know; undefined if all is well. */
  #missed(): LinkStatus | undefined {
    if (this.#closed) return { status: 'closed', reason: this.#closeReason };
    return this.#connected ? undefined : { status: 'disconnected' };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const connected = this.#connected;
    this.#connected = false;
    const { flushMs } = this.#settings;
    if (connected && flushMs > 0)
      await waitAtMost(
        flushMs,
        this.#connection.flush().catch(() => {}),
      );
    await this.#connection.close();
    dropFailedDial(this.#connection);
  }

  #refuse(bytes: number): false {
    if (bytes > UNFLUSHED_LIMIT_BYTES) {
      throw new UsageError(`a message of ${bytes} bytes is larger than the link takes; send it in chunks`);
    }
    if (this.#window.due) this.#flush();
    return false;
  }

  #flush(): void {
    const mark = this.#window.ask();
    this.#connection.flush().then(
      () => {
        if (this.#window.flushed(mark)) this.#emit({ status: 'drained' });
      },
      () => {}, // the connection broke, which has its own status
    );
  }

  async #followStatus(): Promise<void> {
    for await (const status of this.#connection.status()) this.#onClientStatus(status);
  }

  /** The client repeats itself after failed attempts; only changes are passed on. */
  #onClientStatus({ type, data, permissionContext }: Status): void {
    switch (type) {
      case 'disconnect':
        if (!this.#connected) {
          failCutDial(this.#connection);
          return;
        }
        this.#connected = false;
        this.#emit({ status: 'disconnected' });
        return;
      case 'reconnect':
        this.#delays.reset();
        this.#credentialsRefusedSince = undefined;
        if (this.#connected || this.#closed) return;
        this.#window.reset();
        this.#connected = true;
        this.#askAgain();
        this.#emit({ status: 'connected' });
        return;
      case 'error':
        if (permissionContext) {
          this.#report(
            new Error(
              `the broker forbids the ${permissionContext.operation} to "${permissionContext.subject}"`,
            ),
          );
        } else {
          this.#onError(String(data));
        }
        return;
      default:
        return;
    }
  }

  #onError(code: string): void {
    if (this.#closed || !CREDENTIAL_CODES.has(code)) return;
    const now = performance.now();
    this.#credentialsRefusedSince ??= now;
    const text = `the broker refuses our credentials: ${code.toLowerCase().replaceAll('_', ' ')}`;
    this.#report(new ConnectError('credentials', text));
    if (now - this.#credentialsRefusedSince < this.#settings.refusedForGoodMs) return;
    this.#closeReason = text;
    void this.#connection.close();
  }

  #onClosed(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connected = false;
    this.#closeReason ??= error?.message;
    const reason = this.#closeReason;
    const cause = new Error(`the connection was closed${reason === undefined ? '' : `: ${reason}`}`);
    for (const { reject } of this.#unready) reject(cause);
    this.#unready.clear();
    this.#emit({ status: 'closed', reason });
  }

  #report(cause: unknown): void {
    this.#emit({ status: 'error', error: cause instanceof Error ? cause : new Error(String(cause)) });
  }

  #emit(status: LinkStatus): void {
    for (const listener of this.#listeners) {
      try {
        listener(status);
      } catch (error) {
        // An error of ours, which the client must not swallow.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

const CREDENTIAL_CODES = new Set(['AUTHORIZATION_VIOLATION', 'ACCOUNT_EXPIRED', 'AUTHENTICATION_EXPIRED']);

const CLOSE_FLUSH_MS = 1_000;

/** Reads lazily the fields that few handlers need. */
class MessageInfo {
  readonly #message: Msg;

  constructor(message: Msg) {
    this.#message = message;
  }

  get noResponders(): boolean {
    return this.#message.headers?.code === 503;
  }

  get reply(): string {
    return this.#message.reply ?? '';
  }
}
