/** A standing server of a cluster: its process, and what it has of masters. It may be killed and started again. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { freePort } from '../support/free-port.js';
import { programPath } from '../support/programs.js';
import type { Cluster, Member } from './support.js';
import { until } from './trail.js';

/** For masters too. */
export const SERVER_TOKEN = { TS_MW_SERVER_TOKEN: 'a token of the fault tests' };
/** Of the first, the second and so on. */
const SLOTS = [2, 1] as const;
/** Beside the timeout: for the processes that have to notice and to end. */
const BUSY_MS = 5_000;
/** Of /proc/net/tcp. */
const LISTENING = '0A';

export class StandingServer {
  readonly folder: string;
  readonly #cluster: Cluster;
  readonly #slots: number;
  #member: Member | undefined;
  #port = 0;

  private constructor(cluster: Cluster, index: number) {
    this.#cluster = cluster;
    this.#slots = SLOTS[index] ?? 1;
    this.folder = join(cluster.folder, `server-${index}`);
  }

  static startSome(cluster: Cluster, count: number): Promise<StandingServer[]> {
    return Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const server = new StandingServer(cluster, index);
        await server.start();
        return server;
      }),
    );
  }

  /** Resolves when it listens; the second time at the same port, with the same folder. */
  async start(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const args = ['--port', String(this.#port), '--slots', String(this.#slots), '--folder', this.folder];
    const env = SERVER_TOKEN;
    this.#member = this.#cluster.launch(programPath('lib/ts-mw.js'), 'server', args, { env });
    await this.#member.trail.until('server-ready');
  }

  get member(): Member {
    return this.#member as Member;
  }

  get port(): number {
    return this.#port;
  }

  /** Its slaves now, as it says itself. */
  slaves(): { readonly pid: number }[] {
    const { trail } = this.member;
    const ended = new Set(trail.all('lease-slave-ended').map(({ pid }) => pid));
    return trail.all('lease-slave-started').filter(({ pid }) => !ended.has(pid));
  }

  /** The processes of slaves that run now. */
  running(): string[] {
    // A spare process that has become a slave has no name of its own
    const slaves = new Set(this.member.trail.all('lease-slave-started').map(({ pid }) => pid));
    const bundles = join(this.folder, 'bundles');
    return this.#cluster
      .processes()
      .filter(({ pid, command }) => slaves.has(pid) || command.includes(bundles))
      .map(({ pid }) => `process ${pid}`);
  }

  /** The folders of leases, and of their slaves. */
  folders(): string[] {
    const work = join(this.folder, 'work');
    return readdirSync(work).flatMap((own) =>
      readdirSync(join(work, own), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `folder ${own}/${name}`),
    );
  }

  /** Waits until it has nothing of any master, within `--client-timeout` and so much more. */
  untilRid(moreMs = 0): Promise<void> {
    return this.#untilNone(() => {
      // The process table costs most, and this process also is the way to the server
      const found = [...this.folders(), ...this.#sockets()];
      return found.length > 0 ? found : this.running();
    }, moreMs);
  }

  /** Waits until its slaves have ended without it, within `--client-timeout` and so much more. */
  untilSlavesEnded(moreMs = 0): Promise<void> {
    return this.#untilNone(() => this.running(), moreMs);
  }

  async #untilNone(left: () => string[], moreMs: number): Promise<void> {
    const withinMs = this.#cluster.clientTimeout * 1000 + moreMs + BUSY_MS;
    const isOver = () => left().length === 0 || undefined;
    await until(`end of all that ${this.folder} has of a master`, isOver, withinMs).catch((error: Error) =>
      assert.unreachable(`${error.message}: ${left().join(', ')}`),
    );
  }

  /** Its last master has ended, and left nothing; then it is told to end, and leaves nothing either. */
  async end(): Promise<void> {
    await this.untilRid();
    this.member.signal('SIGTERM');
    assert.is(await this.member.exit(), 143, `a server ends in order: ${this.member.errors}`);
    assert.equal(readdirSync(join(this.folder, 'work')), [], 'no folder of a server is left');
  }

  /** Of the server itself, except for the one at which masters dial it. */
  #sockets(): string[] {
    const own = socketsOf(this.member.pid);
    return tcpSockets()
      .filter(({ inode }) => own.has(inode))
      .filter(({ port, state }) => port !== this.#port || state !== LISTENING)
      .map(({ port, peer, state }) => `socket at port ${port} to ${peer} in state ${state}`);
  }
}

/** By their inodes. */
function socketsOf(pid: number): Set<string> {
  const found = new Set<string>();
  const folder = `/proc/${pid}/fd`;
  for (const name of readdirSync(folder)) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(join(folder, name))) ?? [];
      if (inode !== undefined) found.add(inode);
    } catch {
      // closed meanwhile
    }
  }
  return found;
}

interface TcpSocket {
  readonly port: number;
  /** The other end's port. */
  readonly peer: number;
  readonly state: string;
  readonly inode: string;
}

function tcpSockets(): TcpSocket[] {
  const rows = readFileSync('/proc/net/tcp', 'latin1').trim().split('\n').slice(1);
  return rows.map((row) => {
    const [, local = '', remote = '', state = '', , , , , , inode = ''] = row.trim().split(/\s+/);
    const portOf = (end: string): number => Number.parseInt(end.split(':')[1] ?? '', 16);
    return { port: portOf(local), peer: portOf(remote), state, inode };
  });
}
