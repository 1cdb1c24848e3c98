/**
 * Bytes of a client of the embedded broker: cut anywhere they mean the same, and a broker whose clients say
 * anything throws ProtocolErrors only, closes who breaks the protocol, and keeps within its bounds.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { ByCredentials } from '../../../src/broker/admission/by-credentials.js';
import { Refusals } from '../../../src/broker/admission/refusals.js';
import { Client } from '../../../src/broker/client.js';
import type { ClientSurroundings } from '../../../src/broker/client-surroundings.js';
import { DEFAULT_BOUNDS } from '../../../src/broker/options.js';
import type { Subscription } from '../../../src/broker/participant.js';
import type { CommandHandler } from '../../../src/broker/protocol/parsed-commands.js';
import { Parser } from '../../../src/broker/protocol/parser.js';
import { ProtocolError } from '../../../src/broker/protocol/protocol.js';
import { RouteTable } from '../../../src/broker/routing/routes.js';
import { Random } from '../../wire/values/random-value.js';
import { type FuzzTarget, wayOf } from '../driver.js';

const LIMITS = { maxPayload: 2_000, maxControlLine: 200 };
const MAX_PENDING = 64 * 1024;

interface Reading {
  readonly commands: readonly string[];
  readonly error: string | undefined;
}

function read(chunks: readonly Buffer[], connectOnly: boolean): Reading {
  const commands: string[] = [];
  const handler: CommandHandler = {
    connect: (json) => {
      commands.push(`connect ${json}`);
      parser.connectOnly = false;
    },
    subscribe: (...words) => commands.push(`sub ${words.join()}`),
    unsubscribe: (...words) => commands.push(`unsub ${words.join()}`),
    ping: () => commands.push('ping'),
    pong: () => commands.push('pong'),
    publish: ({ bytes, subjectStart, subjectEnd, replyStart, replyEnd, payloadStart, end, headerSize }) => {
      const part = (from: number, to: number): string => bytes.toString('latin1', from, to);
      const words = [part(subjectStart, subjectEnd), part(replyStart, replyEnd), part(payloadStart, end)];
      // Of a size that was put together again the leading zeros are gone.
      const sizes = part(subjectEnd + 1, payloadStart).replace(/(^| )0+(?=\d)/g, '$1');
      commands.push(`pub ${headerSize} ${words.join('|')} ${sizes}`);
      if (end - payloadStart > LIMITS.maxPayload + 2) throw new Error('a payload is larger than allowed');
    },
  };
  const parser = new Parser(handler, LIMITS);
  parser.connectOnly = connectOnly;
  try {
    for (const chunk of chunks) parser.parse(chunk);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { commands, error: error.message };
  }
  return { commands, error: undefined };
}

/** Where it is cut depends on the input alone, so that a failure can be repeated. */
function cut(input: Buffer, random: Random): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < input.length; ) {
    const to = at + 1 + random.below(random.below(4) === 0 ? 300 : 12);
    chunks.push(Buffer.from(input.subarray(at, to)));
    at = to;
  }
  return chunks;
}

function compareCuts(input: Buffer, connectOnly: boolean): Reading {
  const whole = read([input], connectOnly);
  const seed = input.reduce((sum, byte) => Math.imul(sum, 31) + byte, 7);
  const bytewise = Array.from(input, (byte) => Buffer.of(byte));
  for (const chunks of [cut(input, new Random(seed)), bytewise]) {
    const parts = read(chunks, connectOnly);
    // Of two things that are wrong with a line, the one that shows first is told.
    const endsAlike = (parts.error === undefined) === (whole.error === undefined);
    const same = endsAlike && parts.commands.join('\n') === whole.commands.join('\n');
    if (!same)
      throw new Error(`cut, it is read as ${JSON.stringify(parts)}, whole as ${JSON.stringify(whole)}`);
  }
  return whole;
}

/** As much of a socket as a client of the broker uses; it never drains. */
class StuckSocket extends EventEmitter {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort = 1;
  writableLength = 0;
  #ended = false;

  /** A socket that has ended is closed at once: a timer that waits for it would hold the client. */
  override once(event: string, listener: () => void): this {
    if (event === 'close' && this.#ended) listener();
    return this;
  }
  cork(): void {}
  uncork(): void {}
  end(): this {
    this.#ended = true;
    return this;
  }
  resume(): this {
    return this;
  }
  destroy(): this {
    return this;
  }
  write(): boolean {
    return false;
  }
}

/** Two clients of one broker: the input is cut between them. */
function serve(input: Buffer): string {
  const closed: string[] = [];
  const waiting = new Set<Client>();
  const around: ClientSurroundings<Client> = {
    routes: new RouteTable<Subscription>(),
    limits: LIMITS,
    maxPending: MAX_PENDING,
    maxOwnerPending: MAX_PENDING,
    holdGuestsAt: MAX_PENDING,
    admission: new ByCredentials({}, undefined),
    strangers: new Refusals(DEFAULT_BOUNDS, () => {}),
    wantsFlush: (client) => waiting.add(client),
    countPending: () => {},
    checkTotal: () => {},
    onConnected: () => {},
    onForbidden: () => {},
    onClosed: (_, reason) => closed.push(reason),
  };
  const clients = [0, 1].map(() => new Client(new StuckSocket() as unknown as Socket, around));
  try {
    const half = input.length >> 1;
    clients[0]?.receive(Buffer.from(input.subarray(0, half)));
    clients[1]?.receive(Buffer.from(input));
    clients[0]?.receive(Buffer.from(input.subarray(half)));
    for (const { outbox } of waiting) outbox.flush();
    for (const client of clients) {
      if (client.outbox.pending > 2 * MAX_PENDING)
        throw new Error(`${client.outbox.pending} bytes are pending`);
    }
  } finally {
    for (const client of clients) client.cut('over');
  }
  return closed.join();
}

export const brokerTarget: FuzzTarget = {
  name: 'broker',
  seeds: () => [
    'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nPING\r\n',
    'CONNECT {}\r\nSUB a.* 1\r\nSUB a.b q 2\r\nPUB a.b 5\r\nhello\r\nUNSUB 1 1\r\nPUB a.b r 0\r\n\r\n',
    'CONNECT {"headers":true}\r\nSUB > 1\r\nHPUB a r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n',
    'PUB a 2000\r\n',
    `PUB a ${'0'.repeat(300)}\r\n`,
    `SUB ${'a'.repeat(190)} 1\r\n${'b'.repeat(300)}`,
    'PUB a -1\r\n\r\nHPUB a 5 2\r\nPUB a 99999999999\r\n',
    'SUB a..b 1\r\nSUB >.a 2\r\nPUB * 1\r\nx\r\nUNSUB\r\n',
  ],
  dictionary: [
    ...[
      'PUB ',
      'HPUB ',
      'SUB ',
      'UNSUB ',
      'CONNECT ',
      'PING\r\n',
      'PONG\r\n',
      '+OK\r\n',
      '-ERR x\r\n',
      'INFO ',
    ],
    ...['\r\n', '\n', '\r', ' ', '\t', 'a.b', '*', '>', '.', '..', '{"headers":true}', '{"verbose":1}', '{'],
    ...['"auth_token":[]', '"protocol":2', '"__proto__":{}', 'NATS/1.0\r\n\r\n', '-1', '2000', '2001', '198'],
  ],
  mostBytes: 4_096,
  run(input) {
    try {
      const { commands, error } = compareCuts(input, false);
      compareCuts(input, true);
      const verbs = new Set(commands.map((command) => command.split(' ', 1)[0]));
      return `${[...verbs].sort()} ${error} ${serve(input)}`;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return wayOf(error);
    }
  },
};
