/** Carries between a master's core and its data connection, its sentinel and the clock; decides nothing. */

import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { JoinError } from '../errors.js';
import { subjectUser } from '../link/connection/credentials.js';
import { connectData } from '../link/connection/data-connection.js';
import { PortLoss } from '../link/port-loss.js';
import type {
  BrokerAddress,
  DataLink,
  DataPort,
  PortPass,
  PortPeer,
  SentinelEvent,
  SentinelHandle,
} from '../link/ports.js';
import { queryOtherMasters } from '../link/sentinel/query-masters.js';
import { startSentinel } from '../link/sentinel/sentinel.js';
import { SharedState } from '../link/shared/shared-state.js';
import type { SpareThread } from '../threads/spare-thread.js';
import { parseHandshake } from '../wire/messages/handshake.js';
import type { HandshakeMessage, OfferedPort } from '../wire/messages/messages.js';
import { decodeToken, parseSubject, type SessionAddress, Subjects } from '../wire/messages/subjects.js';
import type { MasterCore } from './core/master-core.js';
import { LocalCopies } from './local-copies.js';
import type { CopyPort } from './model/copy-port.js';
import type { MasterCoreOptions, MasterPorts } from './model/master-ports.js';
import type { SlaveRecord } from './model/slave-record.js';
import type { AuthorizeSlave } from './slaves/admissions.js';
import { askProgram } from './slaves/ask-program.js';

const CONNECT_TIMEOUT_MS = 5_000;
const TICK_MS = 100;
const FIRST_BRACE = 0x7b;
/**
 * The time for another master of the same member id to answer, and for one that starts at the same moment.
 */
const QUERY_MS = 3_000;
const SECOND_QUERY_MS = 250;

export interface MasterLinkParams extends Omit<MasterCoreOptions, 'ports'> {
  readonly address: BrokerAddress;
  /** Without it, every slave that passes the master's own checks may join. */
  readonly authorizeSlave?: AuthorizeSlave | undefined;
  /** Whether slaves of this machine read large shared values from files; true by default. */
  readonly shareCopies?: boolean | undefined;
  /** Without it, all frames go through the broker. */
  readonly dataPort?: DataPort | undefined;
  /** If it loads already. */
  readonly sentinelThread?: SpareThread | undefined;
}

interface Route {
  readonly subject: string;
  readonly slot: number;
  /** To the data port; undefined if there is none for this slave. */
  readonly pass: PortPass | undefined;
}

export class MasterLink {
  readonly #params: MasterLinkParams;
  readonly #link: DataLink;
  readonly #sentinel: SentinelHandle;
  readonly #subjects: Subjects;
  /** The subject for frames to a slave, and for its positions. */
  readonly #routes = new Map<SlaveRecord, Route>();
  /** The sender of the frames on a subject. */
  readonly #fromSlave = new Map<string, SlaveRecord>();
  readonly #shared: SharedState;
  #core: MasterCore | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #dispatchDue = false;
  #awaySince: number | undefined;
  #turn: NodeJS.Immediate | undefined;
  /** Messages of offers that were folded, of which the sentinel does not know yet. */
  readonly #taken: (readonly [nonce: string, id: number])[] = [];
  #takenDue = false;
  readonly #copies: LocalCopies | undefined;
  /** The next dispatch that the core asked for. */
  #appointment: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;

  private constructor(
    params: MasterLinkParams,
    link: DataLink,
    sentinel: SentinelHandle,
    shared: SharedState,
  ) {
    this.#params = params;
    this.#link = link;
    this.#sentinel = sentinel;
    this.#shared = shared;
    this.#subjects = new Subjects(params.memberId);
    this.#copies = params.shareCopies === false ? undefined : new LocalCopies();
  }

  /** Rejects with a JoinError when there is no broker, or when another master of the member id is alive. */
  static async open(params: MasterLinkParams): Promise<MasterLink> {
    const { address, memberId, run, clientTimeoutMs, broker } = params;
    const name = `ts-mw master ${process.pid}`;
    const connecting = connectData(address, { name, timeoutMs: CONNECT_TIMEOUT_MS });
    // Nobody else has an embedded broker
    const asked =
      broker === 'embedded' ? undefined : connecting.then((link) => refuseOther(link, params, QUERY_MS));
    let starting: Promise<SentinelHandle> | undefined;
    try {
      await asked;
      const shared = SharedState.create({ cells: params.cells?.map(({ name }) => name) });
      starting = startSentinel({
        role: 'master',
        address,
        memberId,
        run,
        clientTimeoutMs,
        broker,
        shared,
        spare: params.sentinelThread,
      });
      const [link, sentinel] = await Promise.all([connecting, starting]);
      if (broker === 'external') await refuseOther(link, params, SECOND_QUERY_MS);
      sentinel.request({ op: 'established' });
      return new MasterLink(params, link, sentinel, shared);
    } catch (error) {
      await Promise.all([
        starting?.then((sentinel) => sentinel.stop(), nothing),
        connecting.then((link) => link.close(), nothing),
      ]);
      throw error;
    }
  }

  /** The ports through which a core acts; it reports news by `onNews`. No input reaches the core before `start`. */
  ports(onNews: () => void): MasterPorts {
    const sentinel = this.#sentinel;
    return {
      send: (slave, frame) => this.#send(slave, frame),
      dataPort: (slave) => this.#offerPort(slave),
      copies: this.#copyPort(),
      closePort: (slave) => this.#routes.get(slave)?.pass?.hangUp(),
      sendHandshake: (address, message, memberId) => this.#sendHandshake(address, message, memberId),
      watch: (slave) => this.#watch(slave),
      forget: (slave) => this.#forget(slave),
      command: ({ nonce }, id, body) => sentinel.request({ op: 'command', nonce, id, body }),
      condemn: ({ nonce }, evidence) => sentinel.request({ op: 'evidence', nonce, evidence }),
      publishCell: (at, slot, isOffered) => {
        const isNews = this.#shared.cells?.values.write(at, slot);
        if (isNews && isOffered) this.#tellTakenSoon();
        else if (isNews) sentinel.request({ op: 'cells' });
      },
      offersTaken: ({ nonce }, id) => {
        this.#taken.push([nonce, id]);
        this.#tellTakenSoon();
      },
      positions: (slave) => this.#publishPositions(slave),
      news: onNews,
      wallClock: () => Date.now(),
      busyMs: () => performance.eventLoopUtilization().active,
      machine: { host: hostname(), processors: availableParallelism() },
      dispatchSoon: () => this.dispatchSoon(),
      dispatchAt: (at) => this.#dispatchAt(at),
      askTurn: () => this.#askTurn(),
      authorize: this.#askingProgram(),
    };
  }

  /** Brings the core what comes from now on; resolves when slaves are heard. */
  async start(core: MasterCore): Promise<void> {
    const { store, broker, audit, address } = this.#params;
    const link = this.#link;
    this.#core = core;
    store?.listen({
      onCommitted: (count) => core.takeCommitted(count, now()),
      onFailed: (error) => core.end(error),
    });
    link.subscribe(this.#subjects.allToMaster, (subject, payload, { noResponders }) => {
      if (noResponders) return;
      const slave = this.#fromSlave.get(subject);
      if (slave !== undefined) core.slaves.takeFrameOf(slave, toBuffer(payload), now());
      else core.slaves.takeFrame(addressOf(subject), toBuffer(payload), now());
      this.dispatchSoon();
    });
    const hellos = broker === 'embedded' ? Subjects.everyHello : this.#subjects.allHellos;
    link.subscribe(hellos, (subject, payload) => onHello(core, subject, toBuffer(payload)));
    link.onStatus((status) =>
      this.#onLink(core, status.status, 'reason' in status ? status.reason : undefined),
    );
    this.#sentinel.onEvent((event) => this.#onSentinel(core, event));
    this.#ticker = setInterval(() => core.tick(now()), TICK_MS);
    await link.ready();
    audit.emit({ type: 'master-ready', address: address.urls.join(', ') });
  }

  /**
   * Runs once per turn of the event loop, after everything that came and was submitted in it, so that tasks
   * can go out in groups: a program that submits a task for each result does so in microtasks, all of which
   * run before a tick.
   */
  dispatchSoon(): void {
    if (this.#dispatchDue) return;
    this.#dispatchDue = true;
    process.nextTick(() => {
      this.#dispatchDue = false;
      this.#core?.dispatch(now());
    });
  }

  /** Once for all offers that came together: a request to the sentinel costs more than to fold an offer. */
  #tellTakenSoon(): void {
    if (this.#takenDue) return;
    this.#takenDue = true;
    queueMicrotask(() => {
      this.#takenDue = false;
      this.#sentinel.request({ op: 'offers-taken', taken: this.#taken.splice(0) });
    });
  }

  #dispatchAt(at: number): void {
    if (this.#appointment?.at === at) return;
    clearTimeout(this.#appointment?.timer);
    const timer = setTimeout(
      () => {
        this.#appointment = undefined;
        this.#core?.dispatch(now());
      },
      Math.ceil(at - now()),
    );
    this.#appointment = { at, timer };
  }

  /** As `SentinelHandle.openProfiles`. */
  openProfiles(): MessagePort {
    return this.#sentinel.openProfiles();
  }

  async close(): Promise<void> {
    clearInterval(this.#ticker);
    clearTimeout(this.#appointment?.timer);
    clearImmediate(this.#turn);
    this.#copies?.close();
    await Promise.all([this.#sentinel.stop(), this.#link.close()]);
  }

  #askingProgram(): MasterPorts['authorize'] {
    const { authorizeSlave } = this.#params;
    if (authorizeSlave === undefined) return undefined;
    return (identity, id) => {
      void askProgram(authorizeSlave, identity).then((answer) =>
        this.#core?.slaves.takeAuthorization(id, answer),
      );
    };
  }

  #copyPort(): CopyPort | undefined {
    if (this.#copies === undefined) return undefined;
    const { host, leastBytes, make, remove } = this.#copies;
    return {
      host,
      leastBytes,
      make: (content, onMade) =>
        make(content, (copy) => {
          onMade(copy);
          this.#core?.flush(now());
        }),
      remove,
    };
  }

  #askTurn(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#core?.takeTurn(now());
    });
  }

  #sendHandshake(address: SessionAddress, message: HandshakeMessage, memberId?: string): void {
    const subjects = memberId === undefined ? this.#subjects : new Subjects(memberId);
    this.#link.send(subjects.toSlave(address), Buffer.from(JSON.stringify(message)));
  }

  #send(slave: SlaveRecord, frame: Buffer): boolean {
    const { subject, pass } = this.#routes.get(slave) as Route;
    return slave.session.isOnPort ? pass?.send(frame) === true : this.#link.send(subject, frame);
  }

  #watch(slave: SlaveRecord): void {
    const slot = this.#shared.counters.allocate();
    const [toMaster, toSlave] = [
      this.#subjects.toMaster(slave.address),
      this.#subjects.toSlave(slave.address),
    ];
    const pass = this.#params.dataPort?.admit({ toMaster, toSlave }, this.#portPeer(slave));
    this.#routes.set(slave, { slot, subject: toSlave, pass });
    this.#fromSlave.set(toMaster, slave);
    const { run } = this.#params;
    this.#sentinel.request({ op: 'watch', peer: { ...slave.address, run, sid: slave.number, slot } });
  }

  #offerPort(slave: SlaveRecord): OfferedPort | undefined {
    const pass = this.#routes.get(slave)?.pass;
    const { dataPort } = this.#params;
    if (pass === undefined || dataPort === undefined) return undefined;
    return { port: dataPort.port, secret: pass.secret, encrypted: dataPort.encrypted };
  }

  #portPeer(slave: SlaveRecord): PortPeer {
    const core = this.#core as MasterCore;
    const { audit } = this.#params;
    const { sid: peer } = slave;
    const loss = new PortLoss({
      isOver: () =>
        !this.#routes.has(slave) || slave.farewell !== undefined || slave.machine.state === 'shutting-down',
      tell: () => audit.emit({ type: 'data-port-lost', peer }),
    });
    return {
      onFrame: (payload) => {
        core.slaves.takeFrameOfPort(slave, toBuffer(payload), now());
        this.dispatchSoon();
      },
      onOpened: () => {
        loss.settle();
        audit.emit({ type: 'data-port-taken', peer });
      },
      onClosed: () => {
        if (!this.#routes.has(slave)) return;
        loss.note();
        core.slaves.losePort(slave);
        core.flush(now());
      },
      onDrained: () => core.flush(now()),
    };
  }

  #forget(slave: SlaveRecord): void {
    this.#sentinel.request({ op: 'forget', nonce: slave.nonce });
    const route = this.#routes.get(slave);
    if (route !== undefined) this.#shared.counters.release(route.slot);
    this.#routes.delete(slave);
    route?.pass?.revoke();
    this.#fromSlave.delete(this.#subjects.toMaster(slave.address));
  }

  #publishPositions(slave: SlaveRecord): void {
    const route = this.#routes.get(slave);
    if (route === undefined) return;
    const { sentThrough, receivedThrough, receiveLimit } = slave.session;
    this.#shared.counters.set(route.slot, sentThrough, receivedThrough, receiveLimit);
  }

  #onLink(core: MasterCore, status: string, reason: string | undefined): void {
    const { audit, address } = this.#params;
    const url = address.urls.join(', ');
    if (status === 'connected') {
      if (this.#awaySince !== undefined) {
        audit.emit({ type: 'broker-back', url, awaySeconds: (now() - this.#awaySince) / 1000 });
      }
      this.#awaySince = undefined;
      core.reconnected(now());
    } else if (status === 'drained') {
      core.flush(now());
    } else if (status === 'disconnected') {
      this.#awaySince ??= now();
      audit.emit({ type: 'broker-lost', url, reason: 'the connection ended' });
    } else if (status === 'closed' && reason !== undefined) {
      audit.emit({ type: 'broker-lost', url, reason });
    }
  }

  #onSentinel(core: MasterCore, event: SentinelEvent): void {
    const { audit } = this.#params;
    if (event.type === 'warning') audit.emit({ type: 'warning', text: event.text });
    else if (event.type === 'crashed') {
      audit.emit({ type: 'error', text: `the sentinel ended: ${event.error.message}` });
    } else core.takeSentinelEvent(event, now());
  }
}

function onHello(core: MasterCore, subject: string, payload: Buffer): void {
  const message = payload[0] === FIRST_BRACE ? parseHandshake(payload.toString()) : undefined;
  if (message?.type === 'hello') core.slaves.takeHello(message, addressOf(subject));
}

async function refuseOther(
  link: DataLink,
  { address, memberId, run, audit }: MasterLinkParams,
  waitMs: number,
): Promise<void> {
  const nonce = randomBytes(16).toString('hex');
  const other = await queryOtherMasters(link, {
    memberId,
    run,
    user: subjectUser(address),
    nonce,
    waitMs,
  });
  if (other.found !== 'master' || !other.first) return;
  const evidence = `run ${other.run} answered`;
  audit.emit({ type: 'other-master-found', memberId, evidence });
  throw new JoinError(
    `another master of member ${JSON.stringify(memberId)} is alive (${evidence}); stop it, or give this one another --member-id`,
  );
}

function addressOf(subject: string): SessionAddress {
  const { user, nonce } = parseSubject(subject);
  return { user: decodeToken(user), nonce };
}

/** Its failure is told already. */
function nothing(): void {}

function toBuffer(payload: Uint8Array): Buffer {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
}

function now(): number {
  return performance.now();
}
