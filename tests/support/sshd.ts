/** Machines that are reached by ssh: each an sshd of this user, on loopback or in a test's own network, with keys made on the spot. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import type { NetworkMachine } from './networks.js';
import { until } from './programs.js';

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/libexec/sshd'].find((path) => existsSync(path));
/** sshd insists on it where it is started by root. */
const PRIVILEGE_SEPARATION = '/run/sshd';

/** Why there are no machines here; undefined if there are. */
export const NO_SSHD: string | undefined = SSHD === undefined ? 'sshd is not installed' : undefined;

export interface SshMachineOptions {
  /** Further lines of its sshd_config. */
  readonly config?: readonly string[] | undefined;
  /** Whether its host key is known to us, which is the default. */
  readonly isKnown?: boolean | undefined;
  /** Whether it lets us in, which is the default. */
  readonly isWelcome?: boolean | undefined;
  /** Where it runs; on loopback by default. */
  readonly on?: NetworkMachine | undefined;
}

export interface SshMachine {
  /** Its name in the configuration of ssh. */
  readonly destination: string;
  readonly port: number;
  /** The sshd processes of its connections, without what they started. */
  connections(): number[];
}

export class SshMachines {
  /** An ssh with a configuration of its own. */
  readonly ssh: string;
  readonly folder: string;
  readonly #sshds: ChildProcess[] = [];
  /** Lines of the configuration, by name. */
  readonly #hosts = new Map<string, string>();
  /** Lines of the known hosts, by name. */
  readonly #known = new Map<string, string>();

  constructor() {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'ts-mw-sshd-')));
    this.ssh = join(this.folder, 'ssh');
    // Its folder may be the first of a PATH
    const real = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim();
    writeFileSync(this.ssh, `#!/bin/sh\nexec ${real} -F ${join(this.folder, 'config')} "$@"\n`);
    chmodSync(this.ssh, 0o755);
    // Of a test that ends in the middle too
    process.once('exit', () => this.stop());
    this.#makeKey('key');
    writeFileSync(join(this.folder, 'nobody'), '');
    if (userInfo().uid === 0) mkdirSync(PRIVILEGE_SEPARATION, { recursive: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** One of a name that was started before takes its place, with its host key. */
  async start(name: string, options: SshMachineOptions = {}): Promise<SshMachine> {
    const { config = [], isKnown = true, isWelcome = true, on } = options;
    const address = on?.address ?? '127.0.0.1';
    const port = await freePort();
    if (!existsSync(this.path(`${name}-host`))) this.#makeKey(`${name}-host`);
    const file = this.path(`${name}-sshd`);
    writeFileSync(
      file,
      [
        `Port ${port}`,
        `ListenAddress ${address}`,
        `HostKey ${this.path(`${name}-host`)}`,
        `AuthorizedKeysFile ${this.path(isWelcome ? 'key.pub' : 'nobody')}`,
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'PidFile none',
        'PermitRootLogin yes',
        ...config,
        '',
      ].join('\n'),
    );
    const said: string[] = [];
    const [command = '', ...args] = [...(on?.within ?? []), SSHD ?? 'sshd', '-D', '-e', '-f', file];
    const sshd = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    sshd.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
    this.#sshds.push(sshd);
    this.#hosts.set(name, hostLines(name, address, port));
    if (isKnown) {
      const key = readFileSync(this.path(`${name}-host.pub`), 'utf8');
      this.#known.set(name, `[${address}]:${port} ${key}`);
    }
    this.#write();
    const listens = (): boolean => sshd.exitCode !== null || said.join('').includes('Server listening on');
    await until('sshd listens', listens).catch((error: Error) => {
      throw new Error(`${error.message}: ${said.join('')}`);
    });
    if (sshd.exitCode !== null) throw new Error(`sshd ended: ${said.join('')}`);
    const pid = sshd.pid ?? 0;
    return { destination: name, port, connections: () => descendants(pid) };
  }

  stop(): void {
    for (const sshd of this.#sshds) {
      for (const pid of descendants(sshd.pid ?? 0)) kill(pid);
      sshd.kill('SIGKILL');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #makeKey(name: string): void {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.path(name)]);
  }

  #write(): void {
    writeFileSync(this.path('known'), [...this.#known.values()].join(''));
    writeFileSync(
      this.path('config'),
      `${[...this.#hosts.values()].join('')}Host *
  IdentityFile ${this.path('key')}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${this.path('known')}
  GlobalKnownHostsFile /dev/null
`,
    );
  }
}

function hostLines(name: string, address: string, port: number): string {
  return `Host ${name}\n  HostName ${address}\n  Port ${port}\n  User ${userInfo().username}\n`;
}

/** Processes of sshd below one, not those of users. */
function descendants(parent: number): number[] {
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const [, command, of] =
        /^\d+ \((.*)\) \S+ (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'latin1')) ?? [];
      if (command?.startsWith('sshd') && Number(of) === parent) found.push(pid, ...descendants(pid));
    } catch {
      // ended meanwhile
    }
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended meanwhile
  }
}
