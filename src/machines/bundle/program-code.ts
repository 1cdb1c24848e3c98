/**
 * Makes one piece of code from a program, its dependencies and its workers, with esbuild. `program-script.ts` makes a
 * script of it, which can require only Node's own modules.
 *
 * A program is a module and awaits at its top level, which esbuild does not turn into CommonJS. So esbuild makes a
 * module in which every import of Node's own is a `require`, and that module, now without any import, becomes the
 * body of an async function.
 */

import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { BuildFailure, BuildOptions, BuildResult } from 'esbuild';
import { MwError, UsageError } from '../../errors.js';
import type { LibraryScript } from '../library-script.js';
import { libraryPlugin } from './library-plugin.js';
import { nativePlugin } from './native-plugin.js';
import { builtinPlugin, leftOutPlugin } from './package-plugins.js';
import type { PackedFacts } from './packed-program.js';
import { sourcePlugin } from './source-plugin.js';

interface ProgramCode {
  readonly code: string;
  /** Native addons that it loads: from their names to their files here. */
  readonly addons: ReadonlyMap<string, string>;
  /** The files that it was made of. */
  readonly inputs: readonly string[];
}

/** The oldest Node that runs ts-mw: a bundle may travel to it. */
const OLDEST_NODE = 'node20';

/**
 * `program` is a file, as `programEntry` gives it. A `library` is left out of the code, which finds it in the script around it.
 * Throws UsageError with esbuild's messages, each error with its place; MwError (`ERR_MW_BUNDLE`) where esbuild is not installed.
 */
export async function makeProgramCode(
  program: string,
  kind: PackedFacts['kind'],
  library?: LibraryScript | undefined,
): Promise<ProgramCode> {
  const { build, release } = await loadEsbuild();
  try {
    return await codeWith(build, program, kind, library);
  } catch (error) {
    throw buildError(error);
  } finally {
    await release();
  }
}

/** The version of esbuild; throws as `makeProgramCode` does where it is not installed. */
export function esbuildVersion(): string {
  try {
    return String(createRequire(import.meta.url)('esbuild/package.json').version);
  } catch (error) {
    throw notInstalled(error);
  }
}

type Build = (options: BuildOptions) => Promise<BuildResult>;

async function codeWith(
  build: Build,
  program: string,
  kind: PackedFacts['kind'],
  library: LibraryScript | undefined,
): Promise<ProgramCode> {
  const addons = new Map<string, string>();
  const inputs = new Set<string>();
  const onFile = kind === 'bundle' ? (file: string) => inputs.add(file) : undefined;
  const options: BuildOptions = {
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: kind === 'bundle' ? OLDEST_NODE : `node${process.versions.node}`,
    logLevel: 'silent',
    define: { 'import.meta': '__mwMeta' },
  };
  const moduleOf = async (file: string): Promise<string> => {
    // The file is imported instead of being the entry, so that its exports do no harm
    const entry = { contents: `import ${JSON.stringify(file)};`, resolveDir: '/', loader: 'js' as const };
    const plugins = [
      // A worker has the library in its own code: it runs in a thread of its own
      ...(library !== undefined && file === program ? [libraryPlugin(library)] : []),
      builtinPlugin,
      leftOutPlugin(kind),
      nativePlugin(addons),
      sourcePlugin({ program, bundle: moduleOf, onFile }),
    ];
    const { outputFiles, metafile } = await build({ ...options, stdin: entry, plugins });
    for (const input of Object.keys(metafile?.inputs ?? {})) {
      // The others have a namespace: `builtin:os`
      if (!/^(<stdin>|[\w-]{2,}:)/.test(input)) inputs.add(resolve(input));
    }
    return outputFiles?.[0]?.text ?? '';
  };
  const code = await moduleOf(program);
  return { code, addons, inputs: [...inputs].sort() };
}

/** esbuild works in a process of its own, which is ended unless the program, or what runs it, uses it too. */
async function loadEsbuild(): Promise<{ build: Build; release: () => Promise<void> }> {
  // Bundlers that pack a program again do not follow it
  const load = createRequire(import.meta.url);
  let wasLoaded: boolean;
  try {
    wasLoaded = load.resolve('esbuild') in load.cache;
  } catch (error) {
    throw notInstalled(error);
  }
  const { build, stop } = load('esbuild') as typeof import('esbuild');
  return { build, release: wasLoaded ? async () => {} : async () => await stop() };
}

function notInstalled(cause: unknown): MwError {
  return new MwError(
    'ERR_MW_BUNDLE',
    'a program is made one file by the package esbuild, which is not installed; type npm install esbuild',
    { cause },
  );
}

/** A build's failure as lines such as `app.js:1:7: Could not resolve "x"`; any other error as it is. */
function buildError(error: unknown): unknown {
  if (!(error instanceof Error && 'errors' in error)) return error;
  const lines = (error as BuildFailure).errors.map(({ location, text }) =>
    location === null ? text : `${location.file}:${location.line}:${location.column}: ${text}`,
  );
  return new UsageError(lines.join('\n'), { cause: error });
}
