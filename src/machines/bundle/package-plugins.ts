/** esbuild plugins for packages whose code does not go into a packed program. */

import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';
import type { PackedFacts } from './packed-program.js';

/** Each import of Node's own becomes a `require`. */
export const builtinPlugin: Plugin = {
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
 * Optional packages of ts-mw. esbuild finds its own binary by its place, so it cannot be in another file. lmdb is for
 * masters: an executable has it if it is installed, and a bundle, which is for slaves, does not. A program that asks
 * for what was left out gets an error that says so.
 */
export function leftOutPlugin(kind: PackedFacts['kind']): Plugin {
  return {
    name: 'optional packages',
    setup(build) {
      build.onResolve(
        { filter: /^(lmdb|esbuild)$/ },
        async ({ path, importer, resolveDir, kind: how, pluginData }) => {
          if (pluginData === RESOLVING) return undefined;
          if (path === 'esbuild' || kind === 'bundle') return { path, namespace: 'left-out' };
          const found = await build.resolve(path, {
            importer,
            resolveDir,
            kind: how,
            pluginData: RESOLVING,
          });
          return found.errors.length === 0 ? found : { path, namespace: 'not-installed' };
        },
      );
      build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
        contents: `throw new Error('${path} is not part of ${kind === 'bundle' ? 'a program that was sent to a machine' : 'an executable'}');`,
        loader: 'js',
      }));
      build.onLoad({ filter: /.*/, namespace: 'not-installed' }, ({ path }) => ({
        contents: `throw new Error('the executable was made without it; type npm install ${path}, and make it again');`,
        loader: 'js',
      }));
    },
  };
}
