/**
 * One standing server of a master: dialled forever, with as many slaves as it grants. When it is lost, its slaves are
 * gone, and their places come again with it.
 */

import type { AuditSink } from '../../audit/audit-trail.js';
import { redialDelayMs } from '../../machines/dial/redial-delay.js';
import { ServerHost, type ServerHostParams } from '../../machines/dial/server-host.js';
import { ServerRefusal } from '../../machines/protocol/server-refusal.js';
import { type PlaceEvent, SlavePlaces } from '../../machines/slave-places.js';
import type { Master } from '../../master/master.js';

interface ServerPlacesParams {
  /** As people know it. */
  readonly server: string;
  readonly host: Omit<ServerHostParams, 'onGranted' | 'onBundleSent'>;
  readonly audit: AuditSink;
  readonly master: Master;
}

/** After this time a loss is the first of its kind again. */
const STEADY_AFTER_MS = 30_000;

export class ServerPlaces {
  readonly #params: ServerPlacesParams;
  readonly #host: ServerHost;
  readonly #stop = new AbortController();
  readonly #kept: Promise<void>;
  #places: SlavePlaces | undefined;
  #hostname = '';
  #failures = 0;

  /** Begins at once. */
  constructor(params: ServerPlacesParams) {
    const { server, audit } = params;
    this.#params = params;
    this.#host = new ServerHost({
      ...params.host,
      onGranted: (slots, wanted) => {
        audit.emit({ type: 'server-granted', server, slots, wanted });
        this.#fill(slots);
      },
      onBundleSent: (bytes, seconds) => audit.emit({ type: 'bundle-sent', server, bytes, seconds }),
    });
    this.#kept = this.#keep();
  }

  /** Slaves that exit from now on are not started again, and the server is not dialled again. */
  beginEnding(): void {
    this.#places?.beginEnding();
    this.#stop.abort();
  }

  /** Ends its slaves as `SlavePlaces.end` does, then the lease. */
  async end(leaving: ReadonlySet<number>): Promise<void> {
    this.beginEnding();
    await this.#places?.end(leaving);
    await this.#host.close();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    const { server, audit } = this.#params;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const lost = new Promise<string>((resolve) => {
        this.#host.onLost = (reason) => {
          this.#places?.beginEnding();
          this.#places = undefined;
          resolve(reason);
        };
      });
      const beganAt = performance.now();
      try {
        this.#places = new SlavePlaces({
          count: 0,
          start: this.#host.startSlave,
          onEvent: (event) => this.#tell(event),
        });
        this.#places.start();
        const { hostname } = await this.#host.open(signal);
        this.#hostname = hostname;
        audit.emit({ type: 'server-connected', server, name: this.#host.name });
        const reason = await Promise.race([lost, aborted(signal)]);
        if (reason === undefined) return;
        if (performance.now() - beganAt > STEADY_AFTER_MS) this.#failures = 0;
        const waitSeconds = this.#nextWait();
        audit.emit({ type: 'server-lost', server, waitSeconds, reason });
        await pause(waitSeconds, signal);
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        const waitSeconds = this.#nextWait();
        const type = error instanceof ServerRefusal ? 'server-refused' : 'server-unreachable';
        audit.emit({ type, server, waitSeconds, reason });
        await pause(waitSeconds, signal);
      }
    }
  }

  #nextWait(): number {
    return redialDelayMs(++this.#failures, Math.random()) / 1000;
  }

  #fill(slots: number): void {
    for (let more = slots - (this.#places?.size ?? slots); more > 0; more--) this.#places?.add();
  }

  #tell(event: PlaceEvent): void {
    const { audit, master, server } = this.#params;
    const index = event.number - 1;
    switch (event.type) {
      case 'started':
        audit.emit({ type: 'server-slave-started', server, index, pid: event.pid });
        return;
      case 'exited': {
        const { pid, code, signal, error, stopped } = event;
        if (pid === undefined) {
          audit.emit({ type: 'server-slave-unstarted', server, index, reason: error?.message ?? 'unknown' });
          return;
        }
        const how = signal === null ? { code: code ?? undefined } : { signal };
        const note = error?.message ?? (stopped ? 'its master stopped it' : undefined);
        audit.emit({ type: 'server-slave-exited', server, index, pid, ...how, note });
        const evidence = signal === null ? `process exited with code ${code}` : `process ended by ${signal}`;
        master.processGone(pid, error?.message ?? evidence, this.#hostname);
        return;
      }
      case 'restarting':
        audit.emit({ type: 'server-slave-restarting', server, index, backoffMs: event.delayMs });
        return;
      default:
        event satisfies never;
    }
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    signal.addEventListener('abort', end);
  });
}
