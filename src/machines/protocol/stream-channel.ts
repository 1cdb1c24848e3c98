/**
 * The way by which a slave of a server gets a stream to its master's data port: the server hands it the connection itself, over
 * the channel that Node has between a process and its starter. So frames pass no process between master and slave.
 *
 * The slave says `ask`; the server answers `none`, or `here` with the connection. The slave says `got`, and the server `yours` once it
 * holds it no more. Nobody reads or writes the connection before. Node gives messages with such a `cmd` to no listener of a program.
 */

import type { ChildProcess } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { giveUpAfter } from '../../structures/give-up-after.js';
import { hiddenChannel } from '../hidden-channel.js';
import { messageFrame } from './frames.js';
import { JOINED } from './messages.js';

const COMMAND = 'NODE_TS_MW_STREAM';

interface StreamMessage {
  readonly cmd: typeof COMMAND;
  readonly step: 'ask' | 'here' | 'got' | 'yours' | 'none';
  readonly id: number;
}

interface Handing {
  readonly stream: Socket;
  readonly stopWaiting: () => void;
}

/** Requests of one slave that are not answered. */
const MOST_ASKED = 8;
/** As long as the master waits for it. */
const TAKEN_WITHIN_MS = 10_000;

/** Asks for a stream; `take` is called once, with undefined if there is none. */
export type AskForStream = (take: (stream: Socket | undefined) => void) => void;

/** On the server: answers the requests of this slave as long as it lives. */
export function giveStreams(slave: ChildProcess, ask: AskForStream): void {
  let asked = 0;
  /** By request, what the slave does not have yet. Node itself would never close it if the slave ended meanwhile. */
  const handing = new Map<number, Handing>();
  const send = (step: StreamMessage['step'], id: number, stream?: Socket): void => {
    const message: StreamMessage = { cmd: COMMAND, step, id };
    // A slave that has just ended takes nothing
    if (slave.connected)
      slave.send(message, stream, { keepOpen: true }, (error) => error !== null && drop(id));
  };
  const drop = (id: number): boolean => {
    const handed = handing.get(id);
    handing.delete(id);
    handed?.stopWaiting();
    handed?.stream.destroy();
    return handed !== undefined;
  };
  const hand = (id: number, stream: Socket): void => {
    drop(id);
    handing.set(id, { stream, stopWaiting: giveUpAfter(TAKEN_WITHIN_MS, () => drop(id)) });
    // A listener of Node 20 that knows of sockets in other processes never closes once these have ended
    Object.assign(stream, { server: undefined });
    if (slave.connected) send('here', id, stream);
    else drop(id);
  };
  const end = (): void => {
    for (const id of handing.keys()) drop(id);
  };
  slave.once('exit', end);
  slave.once('disconnect', end);
  // Node keeps what a program sends as long as nobody listens
  slave.on('message', () => {});
  slave.on('internalMessage', (message: unknown) => {
    if (!isOurs(message)) return;
    const { step, id } = message;
    if (step === 'got' && drop(id)) send('yours', id);
    if (step !== 'ask') return;
    if (asked >= MOST_ASKED) {
      send('none', id);
      return;
    }
    asked++;
    ask((stream) => {
      asked--;
      if (stream === undefined) send('none', id);
      else hand(id, stream);
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
      const stopWaiting = giveUpAfter(timeoutMs, () => fail(new Error('its server has not answered')));
      const end = (): void => {
        stopWaiting();
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
      if (!this.#say('ask', id, fail)) fail(new Error('its server is gone'));
    });
  }

  /** False if the server is gone. */
  #say(step: StreamMessage['step'], id: number, onError: (error: Error) => void): boolean {
    const channel = hiddenChannel();
    if (!channel?.isConnected) return false;
    const message: StreamMessage = { cmd: COMMAND, step, id };
    channel.send(message, undefined, undefined, (error) => error !== null && onError(error));
    return true;
  }

  #listen(): void {
    const events: EventEmitter = process;
    events.on('internalMessage', (message: unknown, handle: unknown) => {
      if (isOurs(message)) this.#take(message, handle instanceof Socket ? handle : undefined);
    });
  }

  #take({ step, id }: StreamMessage, stream: Socket | undefined): void {
    const asked = this.#asked.get(id);
    if (step === 'here') this.#say('got', id, () => {});
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
