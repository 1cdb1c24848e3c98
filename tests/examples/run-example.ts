/** Runs a compiled program as its user would, and hands over what it printed. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BROKERS, type BrokerKind } from '../support/brokers.js';
import { withoutNotices } from '../support/notices.js';
import { PATIENCE } from '../support/patience.js';

const TIMEOUT_MS = 60_000 * PATIENCE;
const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  /** The program's own, without notices. */
  readonly stderr: string;
  /** The master's audit trail. */
  readonly trail: string;
}

/** Where a program runs: in this process's folder by default. */
export interface Surroundings {
  readonly cwd?: string | undefined;
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Local ones, two by default; none for a master that is to refuse its arguments. */
  readonly slaves?: 0 | 1 | 2 | undefined;
}

export { BROKERS };

export const exampleFile = (name: string): string => join(dist, 'examples', `${name}.js`);

/** With local slaves; the embedded broker is the master's own. Killed as a group when it is late. */
export async function runWithSlaves(
  program: string,
  kind: BrokerKind | undefined,
  args: readonly string[] = [],
  surroundings: Surroundings = {},
): Promise<Finished> {
  const folder = await mkdtemp(join(tmpdir(), 'ts mw example-'));
  const broker = kind?.name === 'nats-server' ? await kind.start() : undefined;
  const place = broker === undefined ? [] : ['--nats-url', broker.url];
  const trailFile = join(folder, 'audit.txt');
  try {
    const flags = [
      '--master',
      '--slaves',
      String(surroundings.slaves ?? 2),
      ...place,
      '--audit-file',
      trailFile,
    ];
    const ended = await run([program, ...flags, ...args], surroundings);
    return { ...ended, trail: await readFile(trailFile, 'utf8').catch(() => '') };
  } finally {
    await broker?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[], { env = {}, cwd }: Surroundings): Promise<Omit<Finished, 'trail'>> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${args.join(' ')} did not end in time; it said ${stdout}${stderr}`));
    }, TIMEOUT_MS);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr: withoutNotices(stderr) });
    });
  });
}
