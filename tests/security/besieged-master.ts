/** A master's real core besieged by slaves that speak its protocol and lie: what they hear, what they say. */

import { DEFAULT_POLICY, resolvePolicy } from '../../src/algorithms/policy.js';
import type { AlgorithmDefinition, TaskPolicy } from '../../src/algorithms/types.js';
import type { AuditEvent, AuditEventType } from '../../src/audit/events.js';
import type { SentinelEvent } from '../../src/link/ports.js';
import { MasterCore } from '../../src/master/core/master-core.js';
import type { TaskFate } from '../../src/master/model/task-fate.js';
import { decodeBody, encodeBody } from '../../src/wire/messages/body.js';
import { parseTasks, type TaskEntry } from '../../src/wire/messages/entries.js';
import {
  CREDIT_BYTES,
  type HandshakeMessage,
  type Hello,
  PROTOCOL_VERSION,
  type Welcome,
} from '../../src/wire/messages/messages.js';
import { isShareMessage } from '../../src/wire/messages/share-messages.js';
import type { SessionAddress } from '../../src/wire/messages/subjects.js';
import { EpochMark, type FrameHeader, HEADER_BYTES, writeHeader } from '../../src/wire/session/frame.js';
import { Session } from '../../src/wire/session/session.js';
import { encodeValue } from '../../src/wire/values/codec.js';
import { resultEntryText, resultsText } from '../wire/messages/entry-texts.js';

export const RUN = '00112233445566ff';
export const MAX_MESSAGE_BYTES = 1024 * 1024;

export const work: AlgorithmDefinition = {
  name: 'work',
  fn: () => undefined,
  policy: DEFAULT_POLICY,
  fingerprint: 'f',
  checkpoint: true,
  place: 'here',
};

const WHOLE: FrameHeader = {
  kind: 1,
  first: true,
  last: true,
  answer: false,
  number: 1,
  received: 0,
  limit: 0,
  want: 0,
  size: 0,
};

export class BesiegedMaster {
  readonly core: MasterCore;
  readonly events: AuditEvent[] = [];
  /** Frames and bytes that went out to anybody. */
  framesOut = 0;
  bytesOut = 0;
  watched = 0;
  now = 1_000;
  readonly #slaves = new Map<string, LyingSlave>();
  #names = 0;

  constructor(definition: AlgorithmDefinition = work) {
    this.core = new MasterCore({
      run: RUN,
      memberId: 'm',
      algorithms: [definition],
      taskGroup: 1,
      resultGroup: 'auto',
      maxMessageBytes: MAX_MESSAGE_BYTES,
      clientTimeoutMs: 30_000,
      allowVersionSkew: false,
      broker: 'embedded',
      audit: { emit: (event) => this.events.push(event) },
      ports: {
        send: ({ nonce }, frame) => {
          this.framesOut++;
          this.bytesOut += frame.length;
          this.#slaves.get(nonce)?.hear(frame);
          return true;
        },
        sendHandshake: ({ nonce }, message) => this.#slaves.get(nonce)?.handshakes.push(message),
        watch: () => this.watched++,
        forget: () => {},
        command: () => {},
        condemn: ({ nonce }, evidence) => this.hear({ type: 'lost', nonce, evidence }),
        positions: () => {},
        news: () => {},
      },
    });
    this.#definition = definition;
  }

  readonly #definition: AlgorithmDefinition;

  submit(count: number, policy: TaskPolicy = {}): void {
    for (let i = 0; i < count; i++) this.core.intake.submit(this.#definition, [i], resolvePolicy(policy));
    this.core.dispatch(this.now);
  }

  submitOne(argument: unknown): void {
    this.core.intake.submit(this.#definition, [argument], resolvePolicy({}));
    this.core.dispatch(this.now);
  }

  /** Somebody who has said nothing yet. */
  stranger(user = '_'): LyingSlave {
    const nonce = (++this.#names).toString(16).padStart(32, '0');
    const slave = new LyingSlave(this, { user, nonce });
    this.#slaves.set(nonce, slave);
    return slave;
  }

  /** Somebody who has joined, and said so. */
  join(said: Partial<Hello> = {}): LyingSlave {
    const slave = this.stranger();
    slave.hello(said);
    slave.begin();
    return slave;
  }

  /** So many of the ticks that come each 100 ms. */
  tick(count = 1): void {
    for (let i = 0; i < count; i++) {
      this.now += 100;
      this.core.tick(this.now);
    }
  }

  /** Takes an event that its sentinel heard. */
  hear(event: SentinelEvent): void {
    this.core.takeSentinelEvent(event, this.now);
  }

  told(type: AuditEventType): AuditEvent[] {
    return this.events.filter((event) => event.type === type);
  }

  /** The fates that the program would have by now. */
  fates(): TaskFate[] {
    const fates: TaskFate[] = [];
    for (let fate = this.core.fates.takeNext(undefined); fate; fate = this.core.fates.takeNext(undefined)) {
      fates.push(fate);
    }
    return fates;
  }
}

export class LyingSlave {
  readonly address: SessionAddress;
  readonly handshakes: HandshakeMessage[] = [];
  /** The tasks that it was given in its session. */
  readonly tasks: TaskEntry[] = [];
  /** Frames are heard and forgotten, or lead to no answer at all. */
  deaf = false;
  /** The next number of a frame that it makes itself. */
  #next = 1;
  readonly #master: BesiegedMaster;
  #session: Session | undefined;

  constructor(master: BesiegedMaster, address: SessionAddress) {
    this.#master = master;
    this.address = address;
  }

  hello(said: Partial<Hello> | Readonly<Record<string, unknown>> = {}): void {
    const hello = {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      nonce: this.address.nonce,
      memberId: 'm',
      algorithms: [['work', 'f']],
      host: 'h',
      pid: 1,
      ...said,
    };
    this.#master.core.slaves.takeHello(hello, this.address);
  }

  get welcome(): Welcome | undefined {
    return this.handshakes.find((message): message is Welcome => message.type === 'welcome');
  }

  get sid(): number {
    return this.welcome?.sid ?? -1;
  }

  get isIn(): boolean {
    return this.#master.core.roster.findByNonce(this.address.nonce) !== undefined;
  }

  /** Takes part: its position tells the master that the welcome came. */
  begin(): void {
    this.frame({ kind: 2 });
  }

  hear(frame: Buffer): void {
    if (this.deaf || this.welcome === undefined) return;
    this.#session ??= new Session({
      epoch: { run: RUN, nonce: this.address.nonce, sid: this.sid },
      sendLimit: this.welcome.limit,
      receiveLimit: CREDIT_BYTES,
      maxMessageBytes: MAX_MESSAGE_BYTES,
    });
    for (const body of this.#session.receive(Buffer.from(frame), this.#master.now)) {
      if (!isShareMessage(body)) this.tasks.push(...parseTasks(decodeBody(body).value).tasks);
    }
  }

  /** Sends a frame with these words in its header; the rest is as an honest slave would have it. */
  frame(header: Partial<FrameHeader>, body: Uint8Array = new Uint8Array(), sid = this.sid): void {
    const frame = Buffer.alloc(HEADER_BYTES + body.length);
    writeHeader(frame, new EpochMark({ run: RUN, nonce: this.address.nonce, sid }), {
      kind: 1,
      first: false,
      last: false,
      answer: false,
      number: 0,
      received: this.#session?.receivedThrough ?? 0,
      limit: (this.#session?.receivedBytes ?? 0) + CREDIT_BYTES,
      want: 0,
      size: body.length,
      ...header,
    });
    frame.set(body, HEADER_BYTES);
    this.raw(frame);
  }

  /** Any bytes, on its own subject or on another's. */
  raw(bytes: Uint8Array, address = this.address): void {
    const { core, now } = this.#master;
    core.slaves.takeFrame(address, Buffer.from(bytes), now);
    core.dispatch(now);
  }

  /** A whole message with any text. */
  say(text: string, raws: readonly Uint8Array[] = []): void {
    this.frame({ kind: 1, first: true, last: true, number: this.#next++ }, encodeBody(text, raws));
  }

  /** Results as [number, attempt] pairs of a session that it says was its own. */
  results(runs: readonly (readonly [number, number])[], sid = this.sid, value: unknown = 'a lie'): void {
    const entries = runs.map(([number, attempt]) =>
      resultEntryText(number, attempt, 0, 1_000, encodeValue(value).text),
    );
    this.say(resultsText(sid, false, entries));
  }

  /** Results in a frame with another's sid or on another's subject; the nonce is its own. */
  forge(address: SessionAddress, sid: number, runs: readonly (readonly [number, number])[]): void {
    const entries = runs.map(([number, attempt]) => resultEntryText(number, attempt, 0, 1, '"forged"'));
    const body = encodeBody(resultsText(sid, false, entries), []);
    const frame = Buffer.alloc(HEADER_BYTES + body.length);
    const mark = new EpochMark({ run: RUN, nonce: this.address.nonce, sid });
    writeHeader(frame, mark, { ...WHOLE, size: body.length });
    frame.set(body, HEADER_BYTES);
    this.raw(frame, address);
  }

  /** Does what it was given and has not done, as it should. */
  work(): void {
    for (const [number, attempt] of this.tasks.splice(0)) this.results([[number, attempt]], this.sid, 'true');
  }
}
