/**
 * Machines in networks of their own, of the test alone: each has a link to the hub and no way to anywhere else. The hub
 * and each machine are namespaces, held by a process that ends with this one, and the kernel removes what has no process:
 * so nothing is left, however a test ends.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { until, within } from './programs.js';

const UNSHARE_HUB = ['unshare', '--net'];
/** All its processes end with the first one. */
const UNSHARE_MACHINE = ['unshare', ...['--net', '--pid', '--uts', '--mount-proc', '--fork', '--kill-child']];
const START_WITHIN_MS = 10_000;

/** Why there are none here; undefined if there are. */
export const NO_NETWORKS: string | undefined = whyNone();

export class Networks implements AsyncDisposable {
  /** Runs the command after it in the hub, from which all machines are reached. */
  readonly within: readonly string[];
  readonly #hub: ChildProcess;
  readonly #machines: NetworkMachine[] = [];
  #links = 0;

  private constructor(hub: ChildProcess) {
    this.#hub = hub;
    this.within = ['nsenter', `--net=/proc/${hub.pid}/ns/net`, '--'];
  }

  static async open(): Promise<Networks> {
    return new Networks(await hold(UNSHARE_HUB, 'ip link set lo up'));
  }

  /** Starts a machine of this name. The address is one of this test's networks, 10.77.N.2. */
  async startMachine(name: string, network: number): Promise<NetworkMachine> {
    const holder = await hold(UNSHARE_MACHINE, `ip link set lo up && hostname ${name}`);
    const machine = new NetworkMachine(name, `10.77.${network}.2`, holder);
    this.#machines.push(machine);
    const link = `link${++this.#links}`;
    this.#run(`ip link add ${link} type veth peer name eth0 netns ${holder.pid}`);
    this.#run(`ip address add 10.77.${network}.1/30 dev ${link}`);
    this.#run(`ip link set ${link} up`);
    machine.run(`ip address add ${machine.address}/30 dev eth0`);
    machine.setLink('up');
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#machines.map((machine) => machine.kill()));
    this.#hub.kill('SIGKILL');
    await ended(this.#hub);
  }

  #run(command: string): string {
    return execute(this.within, command);
  }
}

export class NetworkMachine {
  readonly name: string;
  readonly address: string;
  /** Runs the command after it on the machine. */
  readonly within: readonly string[];
  readonly #holder: ChildProcess;
  readonly #network: string;

  constructor(name: string, address: string, holder: ChildProcess) {
    const { pid } = holder;
    const spaces = ['net=net', 'pid=pid_for_children', 'uts=uts', 'mount=mnt'].map((space) => {
      const [option, file] = space.split('=');
      return `--${option}=/proc/${pid}/ns/${file}`;
    });
    this.name = name;
    this.address = address;
    this.within = ['nsenter', ...spaces, '--'];
    this.#holder = holder;
    this.#network = readlinkSync(`/proc/${pid}/ns/net`);
  }

  /** Returns what it prints. */
  run(command: string): string {
    return execute(this.within, command);
  }

  /** Down, no packet goes or comes, and neither side is told. */
  setLink(state: 'up' | 'down'): void {
    this.run(`ip link set eth0 ${state}`);
  }

  /** The commands of the processes there. */
  processes(): string[] {
    return readdirSync('/proc').flatMap((pid) => {
      try {
        if (!/^\d+$/.test(pid) || readlinkSync(`/proc/${pid}/ns/net`) !== this.#network) return [];
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
      } catch {
        return []; // ended meanwhile
      }
    });
  }

  /** All its processes, at once. Resolves when they are gone, and its link with them; may be called twice. */
  async kill(): Promise<void> {
    this.#holder.kill('SIGKILL');
    await ended(this.#holder);
    await until(`the end of ${this.name}`, () => this.processes().length === 0);
  }
}

/** Resolves with the process that holds new namespaces once they are prepared. */
async function hold(unshare: readonly string[], prepare: string): Promise<ChildProcess> {
  const script = `${prepare} && echo prepared && cat; exit`;
  const holder = spawn(unshare[0] as string, [...unshare.slice(1), 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // Of one that has ended
  holder.stdin.on('error', () => {});
  await within(START_WITHIN_MS, Promise.race([once(holder.stdout, 'data'), ended(holder)]), () => script);
  if (hasEnded(holder)) throw new Error(`${unshare.join(' ')} ended: ${script}`);
  return holder;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function ended(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit');
}

function execute(prefix: readonly string[], command: string): string {
  const [first = '', ...others] = [...prefix, 'sh', '-c', command];
  return execFileSync(first, others, { encoding: 'utf8' });
}

function whyNone(): string | undefined {
  const [unshare = '', ...options] = UNSHARE_MACHINE;
  const trial = 'ip link add link1 type veth peer name link2';
  const { error, status, stderr } = spawnSync(unshare, [...options, 'sh', '-c', trial], { encoding: 'utf8' });
  if (error !== undefined) return `namespaces cannot be tried: ${error.message}`;
  return status === 0 ? undefined : `no networks can be had here: ${stderr.trim()}`;
}
