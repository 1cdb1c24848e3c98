/** A master's process without the process: the real cores of main and sentinel on a simulated network. */

import type { AlgorithmDefinition } from '../../src/algorithms/types.js';
import type { AuditSink } from '../../src/audit/audit-trail.js';
import type { SentinelEvent } from '../../src/link/ports.js';
import { PeerCounters } from '../../src/link/shared/peer-counters.js';
import { createCells } from '../../src/link/shared/shared-state.js';
import { MasterCore } from '../../src/master/core/master-core.js';
import type { MasterCoreOptions } from '../../src/master/model/master-ports.js';
import type { SlaveRecord } from '../../src/master/model/slave-record.js';
import { parseHandshake } from '../../src/wire/messages/handshake.js';
import type { HandshakeMessage, OfferedPort } from '../../src/wire/messages/messages.js';
import {
  decodeToken,
  parseSubject,
  type SessionAddress,
  Subjects,
} from '../../src/wire/messages/subjects.js';
import { AnswersCheck } from './answers-check.js';
import { CELLS } from './cell-check.js';
import { EventLoop } from './event-loop.js';
import type { Connection, LinkStatus, Network, Payload } from './network.js';
import type { SimulatedCopies } from './simulated-copies.js';
import { type PortSide, SimulatedPort } from './simulated-port.js';
import { SimulatedSentinel } from './simulated-sentinel.js';
import { ALGORITHMS } from './simulated-work.js';

const TICK_MS = 100;
const FIRST_BRACE = 0x7b;
export const MEMBER_ID = 'simulated';
const RUN = '00112233445566ff';

export interface SimulatedMasterParams {
  readonly network: Network;
  readonly audit: AuditSink;
  readonly broker?: 'embedded' | 'external';
  readonly taskGroup?: number | 'auto';
  readonly resultGroup?: number | 'auto';
  readonly clientTimeoutMs?: number;
  readonly offersPorts?: boolean;
  readonly maxMessageBytes?: number;
  /** Without them, all shared values come in pieces. */
  readonly copies?: SimulatedCopies | undefined;
  /** Those of the seeds by default. */
  readonly algorithms?: readonly AlgorithmDefinition[];
  readonly isOnTrial?: (host: string, pid: number) => boolean;
  readonly joined?: (slave: SlaveRecord) => void;
  readonly takeTrace?: MasterCoreOptions['takeTrace'];
  /** For how long its main has been busy, instead of never; a crew for quick tasks asks it. */
  readonly busyMs?: () => number;
  /** Of its machine, which is that of its slaves; by default, more than there are slaves. */
  readonly processors?: number | undefined;
  /** How many slaves it may have at a time. */
  readonly capacity?: number;
}

export class SimulatedMaster {
  readonly core: MasterCore;
  readonly main: EventLoop;
  readonly connection: Connection;
  readonly sentinel: SimulatedSentinel;
  onNews: () => void = () => {};
  readonly #network: Network;
  readonly #subjects = new Subjects(MEMBER_ID);
  readonly #counters: PeerCounters;
  readonly #slots = new Map<SlaveRecord, number>();
  readonly #toSlave = new Map<SlaveRecord, string>();
  /** By the secret: the slave that was offered a data port, and its connection if there is one. */
  readonly #offers = new Map<string, { readonly slave: SlaveRecord; port: SimulatedPort | undefined }>();

  constructor(params: SimulatedMasterParams) {
    const { network, audit, broker = 'external', clientTimeoutMs = 30_000 } = params;
    const { scheduler } = network;
    this.#network = network;
    this.#counters = new PeerCounters(params.capacity ?? 256);
    this.main = new EventLoop(scheduler);
    const cells = createCells(CELLS.map(({ name }) => name));
    this.connection = network.connect('the master', this.main, (status) => this.#onStatus(status));
    this.sentinel = new SimulatedSentinel({
      name: "the master's sentinel",
      network,
      main: this.main,
      options: {
        role: 'master',
        memberId: MEMBER_ID,
        run: RUN,
        clientTimeoutMs,
        broker,
        counters: (slot) => this.#counters.read(slot),
        cells,
      },
      onEvent: (event) => this.#onSentinel(event),
      onKill: () => {},
    });
    this.sentinel.request({ op: 'established' });
    this.core = new MasterCore({
      run: RUN,
      memberId: MEMBER_ID,
      algorithms: params.algorithms ?? ALGORITHMS,
      auditRuns: true,
      cells: CELLS,
      taskGroup: params.taskGroup ?? 'auto',
      resultGroup: params.resultGroup ?? 'auto',
      maxMessageBytes: params.maxMessageBytes ?? 256 * 1024 * 1024,
      clientTimeoutMs,
      allowVersionSkew: false,
      broker,
      audit,
      takeTrace: params.takeTrace,
      ports: {
        send: (slave, frame) => this.#send(slave, frame),
        closePort: (slave) => this.#leavePort(slave),
        dataPort: (slave) => (params.offersPorts ? this.#offer(slave) : undefined),
        sendHandshake: (address, message) => this.#sendHandshake(address, message),
        watch: (slave) => this.#watch(slave),
        forget: (slave) => this.#forget(slave),
        command: ({ nonce }, id, body) => this.sentinel.request({ op: 'command', nonce, id, body }),
        condemn: ({ nonce }, evidence) => this.sentinel.request({ op: 'evidence', nonce, evidence }),
        positions: (slave) => this.#publishPositions(slave),
        publishCell: (at, slot) => {
          if (cells?.values.write(at, slot)) this.sentinel.request({ op: 'cells' });
        },
        offersTaken: ({ nonce }, id) => this.sentinel.request({ op: 'offers-taken', taken: [[nonce, id]] }),
        news: () => this.onNews(),
        busyMs: params.busyMs ?? (() => 0),
        machine: { host: 'simulated', processors: params.processors ?? Number.POSITIVE_INFINITY },
        copies: params.copies?.portFor(
          () => this.main,
          () => this.core.flush(this.#now),
        ),
        isOnTrial: params.isOnTrial,
        joined: params.joined,
      },
    });
    this.connection.subscribe(this.#subjects.allToMaster, (subject, payload, noResponders) => {
      if (noResponders) return;
      this.core.slaves.takeFrame(addressOf(subject), payload as Buffer, this.#now);
      this.core.dispatch(this.#now);
    });
    const hellos = broker === 'embedded' ? Subjects.everyHello : this.#subjects.allHellos;
    this.connection.subscribe(hellos, (subject, payload) => this.#onHello(subject, payload));
    const answers = new AnswersCheck(this.core);
    this.main.every(TICK_MS, () => {
      this.core.tick(this.#now);
      answers.check(this.#now);
    });
  }

  #send(slave: SlaveRecord, frame: Buffer): boolean {
    if (!slave.session.isOnPort) return this.connection.send(this.#toSlave.get(slave) as string, frame);
    return this.#offers.get(slave.nonce)?.port?.master.send(frame) ?? false;
  }

  /** Each session's own secret would do; its nonce is one already. */
  #offer(slave: SlaveRecord): OfferedPort {
    if (!this.#offers.has(slave.nonce)) this.#offers.set(slave.nonce, { slave, port: undefined });
    return { port: 1, secret: slave.nonce, encrypted: false };
  }

  /** A slave dials; undefined if nobody takes it. A new connection takes the place of an earlier one. */
  connectPort(secret: string, slaveSide: PortSide): SimulatedPort | undefined {
    const offer = this.#offers.get(secret);
    if (offer === undefined || this.main.hasEnded) return undefined;
    const port: SimulatedPort = new SimulatedPort(this.#network, slaveSide, {
      loop: this.main,
      onFrame: (frame) => {
        if (offer.port !== port) {
          if (offer.port !== undefined) this.#leavePort(offer.slave);
          offer.port = port;
        }
        this.core.slaves.takeFrameOfPort(offer.slave, frame, this.#now);
        this.core.dispatch(this.#now);
      },
      onDrained: () => this.core.flush(this.#now),
      onLost: () => {
        if (offer.port !== port) return;
        offer.port = undefined;
        this.#losePort(offer.slave);
      },
    });
    return port;
  }

  #closePort({ nonce }: SlaveRecord): void {
    const offer = this.#offers.get(nonce);
    if (offer === undefined) return;
    offer.port?.master.close();
    offer.port = undefined;
  }

  #leavePort(slave: SlaveRecord): void {
    this.#closePort(slave);
    this.#losePort(slave);
  }

  #losePort(slave: SlaveRecord): void {
    this.core.slaves.losePort(slave);
    this.core.flush(this.#now);
  }

  /** The exit of a slave process on this machine is evidence at once. */
  processGone(pid: number, evidence: string): void {
    this.main.deliver(() => {
      for (const slave of this.core.roster) {
        if (slave.pid !== pid) continue;
        this.sentinel.request({ op: 'evidence', nonce: slave.nonce, evidence });
        return;
      }
    });
  }

  /** SIGSTOP. */
  freeze(): void {
    this.main.freeze();
    this.sentinel.loop.freeze();
  }

  /** SIGCONT. */
  thaw(): void {
    this.sentinel.loop.thaw();
    this.main.thaw();
  }

  end(): void {
    this.main.end();
    this.connection.close();
    this.sentinel.end();
  }

  get #now(): number {
    return this.#network.scheduler.now;
  }

  #onHello(subject: string, payload: Payload): void {
    const message = payload[0] === FIRST_BRACE ? parseHandshake(payload.toString()) : undefined;
    if (message?.type === 'hello') this.core.slaves.takeHello(message, addressOf(subject));
  }

  #sendHandshake(address: SessionAddress, message: HandshakeMessage): void {
    this.connection.send(this.#subjects.toSlave(address), Buffer.from(JSON.stringify(message)));
  }

  #watch(slave: SlaveRecord): void {
    const slot = this.#counters.allocate();
    this.#slots.set(slave, slot);
    this.#toSlave.set(slave, this.#subjects.toSlave(slave.address));
    this.sentinel.request({ op: 'watch', peer: { ...slave.address, run: RUN, sid: slave.number, slot } });
  }

  #forget(slave: SlaveRecord): void {
    this.sentinel.request({ op: 'forget', nonce: slave.nonce });
    const slot = this.#slots.get(slave);
    if (slot !== undefined) this.#counters.release(slot);
    this.#slots.delete(slave);
    this.#toSlave.delete(slave);
    this.#closePort(slave);
    this.#offers.delete(slave.nonce);
  }

  #publishPositions(slave: SlaveRecord): void {
    const slot = this.#slots.get(slave);
    if (slot === undefined) return;
    const { sentThrough, receivedThrough, receiveLimit } = slave.session;
    this.#counters.set(slot, sentThrough, receivedThrough, receiveLimit);
  }

  #onStatus(status: LinkStatus): void {
    if (status === 'connected') this.core.reconnected(this.#now);
    else if (status === 'drained') this.core.flush(this.#now);
  }

  #onSentinel(event: SentinelEvent): void {
    this.core.takeSentinelEvent(event, this.#now);
  }
}

function addressOf(subject: string): SessionAddress {
  const { user, nonce } = parseSubject(subject);
  return { user: decodeToken(user), nonce };
}
