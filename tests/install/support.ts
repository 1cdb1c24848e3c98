/** The packed library, empty folders to install it in, and the programs of tests/install/tools. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { codeBlocks, readDocument, root } from '../docs/read-docs.js';

const LIMIT_MS = 60_000;

/** Filled by fetch-tools.ts. */
export const TOOLS = join(root, 'dist', 'install-tools');

/** A file of the tools; undefined where they were not fetched, or are not for this machine. */
export function tool(path: string): string | undefined {
  const file = join(TOOLS, 'node_modules', path);
  return existsSync(file) ? file : undefined;
}

export const NOT_FETCHED = 'not here: node dist/tests/install/fetch-tools.js';

export const place = realpathSync(mkdtempSync(join(tmpdir(), 'ts-mw install-')));

export const removePlace = (): void => rmSync(place, { recursive: true, force: true });

export function emptyFolder(name: string): string {
  const folder = join(place, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** Instead of this process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** With all that it started killed at its end. */
export async function run(
  [command, ...args]: readonly [string, ...string[]],
  { cwd, env = process.env }: RunOptions,
): Promise<Ended> {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const killGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing was left
    }
  };
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const timer = setTimeout(() => {
    stderr += `\nnot within ${LIMIT_MS / 1000} s, and killed`;
    killGroup();
  }, LIMIT_MS);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', killGroup);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

/** The environment of a stranger: no settings, no caches; of this machine only where packages come from. */
export async function strangersEnvironment(home: string): Promise<NodeJS.ProcessEnv> {
  const asked = await run(['npm', 'config', 'get', 'registry'], { cwd: place });
  const registry = asked.stdout.trim();
  return {
    PATH: process.env.PATH,
    HOME: home,
    USERPROFILE: home,
    TMPDIR: process.env.TMPDIR,
    npm_config_registry: registry,
    YARN_NPM_REGISTRY_SERVER: registry,
    YARN_ENABLE_TELEMETRY: '0',
    YARN_ENABLE_GLOBAL_CACHE: '0',
    // Of root, yarn 1 keeps packages outside its home, and gives those of an earlier run
    YARN_CACHE_FOLDER: join(home, 'yarn-cache'),
  };
}

let tarball: Promise<string> | undefined;

/** The tarball that `npm publish` would send, of the build that this test belongs to. */
export function packed(): Promise<string> {
  tarball ??= pack();
  return tarball;
}

async function pack(): Promise<string> {
  const folder = emptyFolder('packed');
  const { code, stderr } = await run(['npm', 'pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
  });
  const [file] = readdirSync(folder);
  if (code !== 0 || file === undefined) throw new Error(`npm pack: ${stderr}`);
  return join(folder, file);
}

/** The program of the README, as a module. */
export function readmeProgram(): string {
  const [program] = codeBlocks(readDocument('README.md')).filter(({ language }) => language === 'ts');
  return transformSync(program?.code ?? '', { loader: 'ts' }).code;
}

export const GREETINGS = Array.from(
  { length: 10 },
  (_, i) => `Got result from slave: Hello World: Task ${i}`,
);

/** Sorted, since results come as they are ready. */
export const linesOf = (text: string): string[] => text.trimEnd().split('\n').sort();

/** Every package below a folder, links not followed: its name and its scripts that run when it is installed. */
export function installScripts(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.name !== 'package.json' || !entry.isFile()) continue;
    const { name, scripts = {} } = JSON.parse(readFileSync(join(entry.parentPath, entry.name), 'utf8')) as {
      readonly name?: string;
      readonly scripts?: Readonly<Record<string, string>>;
    };
    for (const script of ['preinstall', 'install', 'postinstall']) {
      if (script in scripts) found.push(`${name} ${script}`);
    }
  }
  return found;
}
