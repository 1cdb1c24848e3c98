/** Starts the embedded broker in a thread of its own, so that a busy main thread still carries its slaves' traffic. */
import { type SpareThread, takeThread } from '../threads/spare-thread.js';
import type { BrokerEvent } from './broker-event.js';
import { cannotListen, placeOf } from './cannot-listen.js';
import type { BrokerOptions } from './options.js';
import type { FromBrokerThread, ToBrokerThread } from './thread.js';

export interface Broker {
  readonly host: string;
  readonly port: number;
  /** Such as `nats://127.0.0.1:4222`, or `tls://` with TLS. */
  readonly url: string;
  /** Closes every connection and ends the thread; may be called twice. The process stays alive until then. */
  stop(): Promise<void>;
  /** Returns a function that ends the listening. Exceptions of a listener are ignored. */
  onEvent(listener: (event: BrokerEvent) => void): () => void;
}

/**
 * Resolves when clients can connect. Rejects with an error that names host and port if the broker cannot
 * listen there. A `spare` thread, if there is one, has no limit of its heap.
 */
export async function startBroker(options: BrokerOptions, spare?: SpareThread | undefined): Promise<Broker> {
  const { heapMegabytes } = options;
  const worker = await takeThread('broker', spare, {
    resourceLimits: heapMegabytes === undefined ? {} : { maxOldGenerationSizeMb: heapMegabytes },
  });
  const listeners = new Set<(event: BrokerEvent) => void>();
  const emit = (event: BrokerEvent): void => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch {
        // An observer must not be able to harm the broker.
      }
    }
  };
  const tell = (message: ToBrokerThread): void => worker.postMessage(message);
  let ending = false;
  let failure: string | undefined;
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      if (!ending) emit({ type: 'crashed', error: failure ?? `the broker's thread ended with code ${code}` });
      resolve();
    });
  });
  const stop = (): Promise<void> => {
    if (!ending) tell({ type: 'stop' });
    ending = true;
    return exited;
  };

  tell({ type: 'begin', options });
  return new Promise((resolve, reject) => {
    const refuse = (why: string): void => {
      reject(cannotListen('the broker', options.host, options.port, why));
    };
    worker.on('error', (error) => {
      failure = error.stack ?? error.message;
      refuse(error.message);
    });
    worker.on('message', (message: FromBrokerThread) => {
      switch (message.type) {
        case 'event':
          return emit(message.event);
        case 'refused':
          return refuse(message.message);
        case 'listening': {
          const { host } = options;
          const { port } = message;
          const broker: Broker = {
            host,
            port,
            url: `${options.tls === undefined ? 'nats' : 'tls'}://${placeOf(host, port)}`,
            stop,
            onEvent: (listener) => {
              listeners.add(listener);
              return () => listeners.delete(listener);
            },
          };
          return resolve(broker);
        }
        default:
          return message satisfies never;
      }
    });
  });
}
