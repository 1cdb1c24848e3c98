/**
 * Makes one script from a program, its dependencies and its workers, for Node's single executables.
 *
 * These run a CommonJS script that can require only Node's own modules. A program is a module and awaits at
 * its top level, which esbuild does not turn into CommonJS. So esbuild makes a module in which every import
 * of Node's own is a `require`, and that module, now without any import, becomes the body of an async
 * function.
 */

import { isBuiltin } from 'node:module';
import type { BuildFailure, BuildOptions, BuildResult, Plugin } from 'esbuild';
import { UsageError } from '../../errors.js';
import type { ExecutableFacts } from '../process/one-executable.js';
import { LOAD_ADDON_SOURCE, nativePlugin } from './native-plugin.js';
import { workerPlugin } from './worker-plugin.js';

export interface Bundle {
  readonly code: string;
  /** Native addons that must be next to the executable: from their names there to their files here. */
  readonly addons: ReadonlyMap<string, string>;
}

/** Throws UsageError with esbuild's messages, each error with its place. */
export async function bundleProgram(program: string, facts: ExecutableFacts): Promise<Bundle> {
  const { build } = await import('esbuild');
  try {
    return await bundleWith(build, program, facts);
  } catch (error) {
    throw bundleError(error);
  }
}

async function bundleWith(build: Build, program: string, facts: ExecutableFacts): Promise<Bundle> {
  const addons = new Map<string, string>();
  const options: BuildOptions = {
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: `node${process.versions.node}`,
    logLevel: 'silent',
    define: { 'import.meta': '__mwMeta', TS_MW_EXECUTABLE: JSON.stringify(facts) },
  };
  const moduleOf = async (file: string): Promise<string> => {
    // The file is imported instead of being the entry, so that its exports do no harm
    const entry = { contents: `import ${JSON.stringify(file)};`, resolveDir: '/', loader: 'js' as const };
    const plugins = [builtinPlugin, optionalPlugin, nativePlugin(addons), workerPlugin(workerModule)];
    const { outputFiles } = await build({ ...options, stdin: entry, plugins });
    return outputFiles?.[0]?.text ?? '';
  };
  const workerModule = async (file: string): Promise<string> =>
    `import { createRequire } from 'node:module';
const require = createRequire('file:///');
${META}
${LOAD_ADDON_SOURCE}
${await moduleOf(file)}`;
  const code = `(async () => {
'use strict';
${META}
${LOAD_ADDON_SOURCE}
${await moduleOf(program)}
})();
`;
  return { code, addons };
}

type Build = (options: BuildOptions) => Promise<BuildResult>;

/** A build's failure as lines such as `app.js:1:7: Could not resolve "x"`; any other error as it is. */
function bundleError(error: unknown): unknown {
  if (!(error instanceof Error && 'errors' in error)) return error;
  const lines = (error as BuildFailure).errors.map(({ location, text }) =>
    location === null ? text : `${location.file}:${location.line}:${location.column}: ${text}`,
  );
  return new UsageError(lines.join('\n'), { cause: error });
}

/** There is no file except the executable. */
const META = `const __mwMeta = {
  url: require('node:url').pathToFileURL(process.execPath).href,
  filename: process.execPath,
  dirname: require('node:path').dirname(process.execPath),
};`;

const builtinPlugin: Plugin = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, namespace }) => {
      if (!isBuiltin(path)) return undefined;
      return namespace === 'builtin' ? { path, external: true } : { path, namespace: 'builtin' };
    });
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

const RESOLVING = Symbol('resolving an optional package');

/**
 * Packages that ts-mw does not need; a program that asks the executable for one gets an error that says so.
 */
const optionalPlugin: Plugin = {
  name: 'optional packages',
  setup(build) {
    build.onResolve({ filter: /^lmdb$/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === RESOLVING) return undefined;
      const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: RESOLVING });
      return found.errors.length === 0 ? found : { path, namespace: 'not-installed' };
    });
    build.onLoad({ filter: /.*/, namespace: 'not-installed' }, ({ path }) => ({
      contents: `throw new Error('the executable was made without it; type npm install ${path}, and make it again');`,
      loader: 'js',
    }));
  },
};
