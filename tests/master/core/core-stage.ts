/** A master's core with slaves that say what a test wants, over sessions of the real wire: no process, no clock. */
import { resolvePolicy } from '../../../src/algorithms/policy.js';
import type { TaskPolicy } from '../../../src/algorithms/types.js';
import type { AuditEvent, AuditEventType } from '../../../src/audit/events.js';
import { MasterCore } from '../../../src/master/core/master-core.js';
import type { MasterCoreOptions, MasterPorts } from '../../../src/master/model/master-ports.js';
import type { SlaveRecord } from '../../../src/master/model/slave-record.js';
import type { FutureSettler } from '../../../src/master/model/task.js';
import { decodeBody } from '../../../src/wire/messages/body.js';
import {
  CREDIT_BYTES,
  type Farewell,
  type HandshakeMessage,
  type Hello,
  PROTOCOL_VERSION,
} from '../../../src/wire/messages/messages.js';
import { Session } from '../../../src/wire/session/session.js';
import { encodeValue } from '../../../src/wire/values/codec.js';
import { encodeError } from '../../../src/wire/values/remote-error.js';
import { resultEntryText, resultsText } from '../../wire/messages/entry-texts.js';
import { coreOptions, createEntry } from '../parts.js';

const RUN = '00112233445566ff';
const MAX_MESSAGE_BYTES = 64 * 1024;
export const { definition } = createEntry('work');

export class CoreStage {
  readonly core: MasterCore;
  readonly events: AuditEvent[] = [];
  readonly handshakes: HandshakeMessage[] = [];
  /** Commands as `SLAVE-0 recall`. */
  readonly commands: string[] = [];
  readonly commandIds: number[] = [];
  readonly condemned: string[] = [];
  readonly forgotten: string[] = [];
  news = 0;
  /** Whether the link takes frames. */
  isOpen = true;
  /** Frames for each slave that it has not read. */
  readonly inboxes = new Map<string, Buffer[]>();

  constructor(options: Partial<MasterCoreOptions> = {}, ports: Partial<MasterPorts> = {}) {
    this.core = new MasterCore(
      coreOptions(
        {
          send: ({ nonce }, frame) => {
            // The frame's buffer is the core's own again after the call.
            if (this.isOpen) this.inboxes.get(nonce)?.push(Buffer.from(frame));
            return this.isOpen;
          },
          sendHandshake: (_address, message) => void this.handshakes.push(message),
          forget: ({ sid }) => void this.forgotten.push(sid),
          command: ({ sid }, id, { command }) => {
            this.commands.push(`${sid} ${command}`);
            this.commandIds.push(id);
          },
          condemn: ({ sid }, evidence) => void this.condemned.push(`${sid} ${evidence}`),
          news: () => void this.news++,
          ...ports,
        },
        {
          run: RUN,
          algorithms: [definition],
          taskGroup: 1,
          maxMessageBytes: MAX_MESSAGE_BYTES,
          audit: { emit: (event) => void this.events.push(event) },
          ...options,
        },
      ),
    );
  }

  submit(policy: TaskPolicy = {}, future?: FutureSettler): string {
    return this.core.intake.submit(definition, [1], resolvePolicy(policy), future);
  }

  /** A slave that was welcomed, and that has not said anything since. */
  welcome(number: number, change: Partial<Hello> = {}): Peer {
    return new Peer(this, this.hello(number, change));
  }

  /** A slave asks to join; returns its nonce. */
  hello(number: number, change: Partial<Hello> = {}): string {
    const nonce = number.toString(16).padStart(32, '0');
    this.inboxes.set(nonce, []);
    this.core.slaves.takeHello(
      {
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        nonce,
        memberId: 'm',
        algorithms: [[definition.name, definition.fingerprint]],
        host: 'h',
        pid: number,
        ...change,
      },
      { user: 'u', nonce },
    );
    return nonce;
  }

  /** One that has confirmed its session. */
  join(number: number, change: Partial<Hello> = {}): Peer {
    const peer = this.welcome(number, change);
    peer.beat();
    return peer;
  }

  /** Events since the last call, of the types asked for, with what a reader sees of them. */
  heard(...types: readonly AuditEventType[]): string[] {
    return this.events
      .splice(0)
      .filter(({ type }) => types.includes(type))
      .map((event) => Object.values(event).join(' '));
  }

  /** The tasks that became unrunnable since the last call, as `TASK-0 lost-slaves`. */
  unrunnable(): string[] {
    return this.core.fates.takeUnrunnable(undefined).map(({ taskId, reason }) => `${taskId} ${reason}`);
  }

  results(): string[] {
    return this.core.fates.takeResults(undefined).map(({ taskId }) => taskId);
  }
}

/** The slave's end of a session. */
export class Peer {
  readonly record: SlaveRecord;
  readonly session: Session;
  readonly #stage: CoreStage;

  constructor(
    stage: CoreStage,
    readonly nonce: string,
  ) {
    this.#stage = stage;
    this.record = stage.core.roster.findByNonce(nonce) as SlaveRecord;
    this.session = new Session({
      epoch: { run: RUN, nonce, sid: this.record.number },
      sendLimit: this.record.session.receiveLimit,
      receiveLimit: CREDIT_BYTES,
      maxMessageBytes: MAX_MESSAGE_BYTES,
    });
  }

  get state(): string {
    return this.record.machine.state;
  }

  /** Its sentinel's beat, which says what its session has sent and received unless told otherwise. */
  beat(change: { sent?: number; received?: number; begun?: number; running?: number } = {}, now = 0): void {
    const { sentThrough: sent, receivedThrough: received } = this.session;
    const said = { sent, received, limit: CREDIT_BYTES, ...change };
    this.#stage.core.takeSentinelEvent({ type: 'beat', nonce: this.nonce, ...said }, now);
  }

  bye(farewell: Partial<Farewell> = {}, now = 0): void {
    const whole = { running: [], begun: 0, sent: this.session.sentThrough, ...farewell };
    this.#stage.core.takeSentinelEvent({ type: 'bye', nonce: this.nonce, farewell: whole }, now);
  }

  acknowledge(id: number, change: { from?: number; found?: 'waiting' | 'running' | 'gone' } = {}): void {
    this.#stage.core.takeSentinelEvent({ type: 'acknowledged', nonce: this.nonce, id, ...change }, 0);
  }

  /** Numbers of the tasks that came since the last call. */
  read(now = 0): number[] {
    const frames = this.#stage.inboxes.get(this.nonce)?.splice(0) ?? [];
    return frames
      .flatMap((frame) => [...this.session.receive(frame, now)])
      .flatMap((body) => (decodeBody(body).value as [number, [number][]])[1].map(([number]) => number));
  }

  /** The frame that it posts when it has run a task; `deliver` it. */
  write(number: number, attempt = 1, isError = false, micros = 1_000): Buffer {
    const { text } = isError ? encodeError(new RangeError('no')) : encodeValue(number);
    const entry = resultEntryText(number, attempt, isError ? 1 : 0, micros, text);
    this.session.post({ text: resultsText(this.record.number, true, [entry]), raws: [] });
    const frames: Buffer[] = [];
    this.session.flush((frame) => frames.push(Buffer.from(frame)) > 0, 0);
    return Buffer.concat(frames);
  }

  deliver(frame: Buffer, now = 0): void {
    this.#stage.core.slaves.takeFrame({ user: 'u', nonce: this.nonce }, frame, now);
  }
}
