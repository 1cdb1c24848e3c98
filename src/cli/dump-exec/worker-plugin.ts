/**
 * An esbuild plugin for `new Worker(new URL('./file.js', import.meta.url)`: an executable has no files, so
 * the worker's own bundle replaces the URL, as a `data:` URL, which Node accepts as a module.
 */

import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import type { Loader, Plugin } from 'esbuild';

const WORKER = /new Worker\(\s*new URL\(\s*(['"])(\.[^'"]+)\1\s*,\s*import\.meta\.url\s*\)/g;

/** `bundle` makes a module from the worker's file that imports only Node's own modules. */
export function workerPlugin(bundle: (file: string) => Promise<string>): Plugin {
  const bundled = new Map<string, Promise<string>>();
  const dataUrl = async (file: string): Promise<string> => {
    const code = await (bundled.get(file) ?? bundle(file));
    return `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  };
  return {
    name: 'workers',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]s$/, namespace: 'file' }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const files = new Set(Array.from(source.matchAll(WORKER), ([, , file = '']) => file));
        if (files.size === 0) return undefined;
        const urls = new Map<string, string>();
        for (const file of files) urls.set(file, await dataUrl(resolve(dirname(path), file)));
        const contents = source.replace(
          WORKER,
          (_, __, file: string) => `new Worker(new URL("${urls.get(file)}")`,
        );
        const loader: Loader = /ts$/.test(extname(path)) ? 'ts' : 'js';
        return { contents, loader, resolveDir: dirname(path) };
      });
    },
  };
}
