/**
 * A socket that carries frames: first asked for them one by one, then listened to, or given away with its raw bytes.
 * While nobody takes frames, the socket is not read beyond one of the largest.
 */

import type { Socket } from 'node:net';
import { FormatError, JoinError } from '../../errors.js';
import { giveUpAfter } from '../../structures/give-up-after.js';
import {
  bytesFrame,
  type Frame,
  FrameReader,
  LARGEST_FRAME,
  messageFrame,
  STRANGERS_FRAME,
} from './frames.js';

/** Bytes that may wait for a peer that does not read. */
const MOST_UNREAD = 64 * 1024 * 1024;
const LINGER_MS = 1000;

interface FrameListener {
  /** If it throws, the connection is closed with that error. */
  readonly onFrame: (frame: Frame) => void;
  /** Called once. */
  readonly onClose: (reason: string) => void;
}

export class FrameConnection {
  readonly socket: Socket;
  readonly #reader = new FrameReader(STRANGERS_FRAME);
  #listener: FrameListener | undefined;
  #waiter: { readonly resolve: (frame: Frame) => void; readonly reject: (error: Error) => void } | undefined;
  #closed: string | undefined;
  #isOwn = true;
  readonly #onData = (chunk: Buffer): void => this.#take(chunk);
  readonly #onEnd = (): void => this.#close('the other side closed the connection');
  readonly #onError = (error: Error): void => this.#close(error.message);
  readonly #onClose = (): void => this.#close('the connection was closed');

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** The other side has proved itself: it may send larger frames. */
  trust(): void {
    this.#reader.largest = LARGEST_FRAME;
  }

  send(message: object): void {
    this.#write(messageFrame(message));
  }

  /** Resolves when more may be sent. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    if (this.#write(bytesFrame(bytes)) || this.isClosed) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.socket.off('drain', go);
        this.socket.off('close', go);
        resolve();
      };
      this.socket.on('drain', go);
      this.socket.on('close', go);
    });
  }

  /** The next message, which is asked for before `listen`. Rejects when the connection has ended, or after this time. */
  receive(timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        stopWaiting();
        this.#waiter = undefined;
        settle();
      };
      const stopWaiting = giveUpAfter(timeoutMs, () =>
        end(() => reject(new JoinError(`no answer within ${(timeoutMs / 1000).toFixed(1)} s`))),
      );
      this.#waiter = {
        resolve: (frame) =>
          end(() =>
            frame.kind === 'message'
              ? resolve(frame.value)
              : reject(new FormatError('bytes where a message was expected')),
          ),
        reject: (error) => end(() => reject(error)),
      };
      this.#serve();
    });
  }

  /** All further frames go there. */
  listen(listener: FrameListener): void {
    this.#listener = listener;
    if (this.#closed !== undefined) {
      listener.onClose(this.#closed);
      return;
    }
    this.#serve();
  }

  /** The socket with what it has received behind the last frame; it is paused, and this object is out of it. */
  giveAway(): { readonly socket: Socket; readonly rest: Buffer } {
    this.#isOwn = false;
    this.#unhook();
    this.socket.pause();
    return { socket: this.socket, rest: this.#reader.takeRest() };
  }

  /** Sends what is waiting, if the other side takes it within a second. */
  end(): void {
    if (this.isClosed) return;
    this.#listener = undefined;
    this.#close('closed from here');
    this.socket.end();
    this.socket.resume();
    const timer = setTimeout(() => this.socket.destroy(), LINGER_MS);
    this.socket.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.#listener = undefined;
    this.#close('closed from here');
    this.socket.destroy();
  }

  #write(frame: Buffer): boolean {
    if (this.isClosed || !this.socket.writable) return false;
    const more = this.socket.write(frame);
    if (this.socket.writableLength > MOST_UNREAD)
      this.socket.destroy(new Error('the other side does not read'));
    return more;
  }

  #take(chunk: Buffer): void {
    this.#reader.push(chunk);
    this.#serve();
  }

  #serve(): void {
    try {
      while (this.#isOwn && (this.#listener ?? this.#waiter) !== undefined) {
        const frame = this.#reader.next();
        if (frame === undefined) break;
        if (this.#waiter !== undefined) this.#waiter.resolve(frame);
        else this.#listener?.onFrame(frame);
      }
    } catch (error) {
      this.#close(error instanceof Error ? error.message : String(error));
      this.socket.destroy();
      return;
    }
    if (!this.#isOwn || this.isClosed) {
      if (this.#closed !== undefined) this.#waiter?.reject(new JoinError(this.#closed));
      return;
    }
    if (this.#reader.waiting > this.#reader.largest && this.#listener === undefined) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
  }

  #close(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#unhook();
    // Errors of a socket after its end are of no use to anybody
    this.socket.on('error', () => {});
    this.#waiter?.reject(new JoinError(reason));
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClose(reason);
    if (this.socket.readableEnded) this.socket.destroy();
  }

  #unhook(): void {
    this.socket.off('data', this.#onData);
    this.socket.off('end', this.#onEnd);
    this.socket.off('error', this.#onError);
    this.socket.off('close', this.#onClose);
  }
}
