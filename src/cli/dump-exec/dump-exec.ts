/** Writes a program, its dependencies and Node as one executable file (CL-MW's mw-dump-exec). */

import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { whyUnwritable } from '../../audit/write/unwritable.js';
import { UsageError } from '../../errors.js';
import { makeProgramCode } from '../../machines/bundle/program-code.js';
import { programEntry } from '../../machines/bundle/program-entry.js';
import { programScript } from '../../machines/bundle/program-script.js';
import { packageVersion, versionAbove } from '../process/versions.js';

interface DumpOptions {
  /** The compiled program. */
  readonly program: string;
  /** Path of the executable; the program's name in the current directory by default. */
  readonly execName?: string | undefined;
}

interface Dumped {
  readonly file: string;
  readonly bytes: number;
  /** Files that were copied next to it; it does not run without them. */
  readonly addons: readonly string[];
}

const run = promisify(execFile);

/** The mark in a node binary that shows whether something was injected into it. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Needs the packages esbuild and postject. The executable is for this machine's system and processor, and
 * contains the Node that runs this. Throws a UsageError of one line for problems that the caller can fix.
 */
export async function dumpExecutable({ program, execName }: DumpOptions): Promise<Dumped> {
  const postject = commandOfPostject();
  const path = programEntry(program);
  const suffix = process.platform === 'win32' && !execName?.endsWith('.exe') ? '.exe' : '';
  const file = resolve(`${execName ?? basename(path, extname(path))}${suffix}`);
  // Next to the target, so that it can be renamed, also over a running executable
  const folder = await folderBeside(file);
  try {
    const { code, addons } = await makeProgramCode(path, 'executable');
    const script = programScript(code, {
      kind: 'executable',
      libraryVersion: packageVersion(),
      programVersion: versionAbove(path),
    });
    const main = join(folder, 'main.cjs');
    const blob = join(folder, 'blob');
    const config = join(folder, 'config.json');
    const executable = join(folder, 'executable');
    await writeFile(main, script);
    await writeFile(config, JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true }));
    await run(process.execPath, ['--experimental-sea-config', config]);
    await copyFile(process.execPath, executable);
    await chmod(executable, 0o755);
    await signed(executable, async () => {
      const segment = process.platform === 'darwin' ? ['--macho-segment-name', 'NODE_SEA'] : [];
      const args = [executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE, ...segment];
      await run(process.execPath, [postject, ...args]).catch(explainInjection);
    });
    for (const [name, from] of addons) await copyFile(from, join(dirname(file), name));
    await rename(executable, file);
    const { size } = await stat(file);
    return { file, bytes: size, addons: [...addons.keys()] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** For the work; before it, since that takes seconds. */
async function folderBeside(file: string): Promise<string> {
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory()) throw new UsageError(`--exec-name: ${file} is a folder; name a file in it`);
  try {
    return await mkdtemp(join(dirname(file), '.dump-exec-'));
  } catch (error) {
    throw new UsageError(`--exec-name: ${whyUnwritable(file, error)}`, { cause: error });
  }
}

/** Some distributions keep Node's code in a library, next to a binary that only starts it. */
function explainInjection(error: unknown): never {
  if (!String(Object(error).stderr).includes('sentinel')) throw error;
  throw new UsageError(`${process.execPath} cannot contain a program; use a node from nodejs.org`, {
    cause: error,
  });
}

/** A process of its own, since its warnings about Node's own symbols would only worry users. */
function commandOfPostject(): string {
  const { resolve } = createRequire(import.meta.url);
  try {
    resolve('esbuild');
    return join(dirname(resolve('postject')), 'cli.js');
  } catch (error) {
    throw new UsageError('dump-exec needs two packages; type npm install --save-dev esbuild postject', {
      cause: error,
    });
  }
}

/** macOS runs no binary whose signature is broken. */
async function signed(executable: string, change: () => Promise<void>): Promise<void> {
  if (process.platform === 'darwin') await run('codesign', ['--remove-signature', executable]);
  await change();
  if (process.platform === 'darwin') await run('codesign', ['--sign', '-', executable]);
}
