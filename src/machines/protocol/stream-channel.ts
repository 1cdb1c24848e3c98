/**
 * The way by which a slave of a server gets a stream to its master's data port: the server hands it the connection itself, over
 * the channel that Node has between a process and its starter. So frames pass no process between master and slave.
 *
 * The slave says `ask`; the server answers `here` with the connection and `yours` once it holds it no more, or `none`. Nobody
 * reads or writes the connection in between. Node gives messages with such a `cmd` to no listener of a program.
 */

import type { ChildProcess } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { hiddenChannel } from '../hidden-channel.js';
import { messageFrame } from './frames.js';
import { JOINED } from './messages.js';

const COMMAND = 'NODE_TS_MW_STREAM';

interface StreamMessage {
  readonly cmd: typeof COMMAND;
  readonly step: 'ask' | 'here' | 'yours' | 'none';
  readonly id: number;
}

/** Requests of one slave that are not answered. */
const MOST_ASKED = 8;

/** Asks for a stream; `take` is called once, with undefined if there is none. */
export type AskForStream = (take: (stream: Socket | undefined) => void) => void;

/** On the server: answers the requests of this slave as long as it lives. */
export function giveStreams(slave: ChildProcess, ask: AskForStream): void {
  let asked = 0;
  const send = (step: StreamMessage['step'], id: number, stream?: Socket): void => {
    const isSent = (): unknown => stream?.destroy();
    const message: StreamMessage = { cmd: COMMAND, step, id };
    // A slave that has just ended takes nothing
    if (slave.connected) slave.send(message, stream, undefined, isSent);
    else isSent();
  };
  // Node keeps what a program sends as long as nobody listens
  slave.on('message', () => {});
  slave.on('internalMessage', (message: unknown) => {
    if (!isOurs(message) || message.step !== 'ask') return;
    const { id } = message;
    if (asked >= MOST_ASKED) {
      send('none', id);
      return;
    }
    asked++;
    ask((stream) => {
      asked--;
      if (stream === undefined) {
        send('none', id);
        return;
      }
      // A listener of Node 20 that knows of sockets in other processes never closes once these have ended
      Object.assign(stream, { server: undefined });
      send('here', id, stream);
      // Node sends it when it has closed the connection here
      send('yours', id);
    });
  });
}

interface Asked {
  readonly take: (stream: Socket) => void;
  readonly fail: (error: Error) => void;
  stream: Socket | undefined;
}

/** On the slave, whose starter is a server that gives streams. */
export class StreamChannel {
  readonly #asked = new Map<number, Asked>();
  #serial = 0;

  /** Rejects if there is none within this time; the slave connects to the server's port then. */
  open(timeoutMs: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const id = ++this.#serial;
      if (id === 1) this.#listen();
      const timer = setTimeout(() => fail(new Error('its server has not answered')), timeoutMs);
      const end = (): void => {
        clearTimeout(timer);
        this.#asked.delete(id);
      };
      const fail = (error: Error): void => {
        this.#asked.get(id)?.stream?.destroy();
        end();
        reject(error);
      };
      const take = (stream: Socket): void => {
        end();
        resolve(stream);
      };
      this.#asked.set(id, { take, fail, stream: undefined });
      const message: StreamMessage = { cmd: COMMAND, step: 'ask', id };
      const channel = hiddenChannel();
      if (!channel?.isConnected) fail(new Error('its server is gone'));
      else channel.send(message, undefined, undefined, (error) => error !== null && fail(error));
    });
  }

  #listen(): void {
    const events: EventEmitter = process;
    events.on('internalMessage', (message: unknown, handle: unknown) => {
      if (isOurs(message)) this.#take(message, handle instanceof Socket ? handle : undefined);
    });
  }

  #take({ step, id }: StreamMessage, stream: Socket | undefined): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) {
      stream?.destroy();
    } else if (step === 'none') {
      asked.fail(new Error('its server has no stream for it'));
    } else if (step === 'here') {
      asked.stream = stream;
      // Until the user of the stream listens
      stream?.on('error', () => {});
    } else if (step === 'yours') {
      if (asked.stream === undefined) {
        asked.fail(new Error('a stream was lost on its way'));
        return;
      }
      asked.stream.setNoDelay(true);
      asked.stream.write(messageFrame(JOINED));
      asked.take(asked.stream);
    }
  }
}

function isOurs(message: unknown): message is StreamMessage {
  return typeof message === 'object' && message !== null && 'cmd' in message && message.cmd === COMMAND;
}
