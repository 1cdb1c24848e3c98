/** A channel in memory between a master and a server that prove themselves. */
import * as assert from 'uvu/assert';
import type { AuthChannel, ServerAuth } from '../../src/machines/protocol/auth.js';

export interface Talk {
  readonly master: AuthChannel;
  readonly server: AuthChannel;
  /** All that went over it. */
  readonly heard: string[];
  hangUp(): void;
}

export function talk(bindings: readonly [string, string] = ['b', 'b']): Talk {
  const heard: string[] = [];
  const lines: [Line, Line] = [new Line(), new Line()];
  const end = (binding: string, to: Line, from: Line): AuthChannel => ({
    binding: Buffer.from(binding),
    send(value) {
      heard.push(JSON.stringify(value));
      to.put(value);
    },
    receive: () => from.take(),
  });
  const [one, other] = lines;
  return {
    master: end(bindings[0], one, other),
    server: end(bindings[1], other, one),
    heard,
    hangUp() {
      for (const line of lines) line.end();
    },
  };
}

class Line {
  readonly #waiting: unknown[] = [];
  #taker: ((value: unknown) => void) | undefined;
  #failer: ((error: Error) => void) | undefined;

  put(value: unknown): void {
    if (this.#taker === undefined) this.#waiting.push(value);
    else this.#taker(value);
    this.#taker = undefined;
  }

  take(): Promise<unknown> {
    if (this.#waiting.length > 0) return Promise.resolve(this.#waiting.shift());
    return new Promise((resolve, reject) => {
      this.#taker = resolve;
      this.#failer = reject;
    });
  }

  end(): void {
    this.#failer?.(new Error('hung up'));
  }
}

/** The server's user, or the reason of each side that refuses; the master dials `node1`. */
export async function outcome(
  master: ServerAuth,
  server: ServerAuth,
  over = talk(),
): Promise<[string, string]> {
  const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const hangUp = (error: unknown): string => {
    over.hangUp();
    return said(error);
  };
  return Promise.all([
    master.proveToServer(over.master, 'node1').then(() => 'ok', hangUp),
    server.acceptMaster(over.server).then((user) => user ?? 'ok', hangUp),
  ]);
}

export async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => assert.unreachable('it was not refused') as never,
    (error: Error) => error,
  );
}
