/**
 * An esbuild plugin for native addons, which a bundle cannot contain: collects their files, which must be
 * next to the executable, and makes the bundle load them from there.
 */

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { OnLoadResult, Plugin } from 'esbuild';

/** In the bundle: loads an addon by its name, next to the executable. */
const LOAD_ADDON = '__mwLoadAddon';

export const LOAD_ADDON_SOURCE = `const ${LOAD_ADDON} = (name) => {
  const module = { exports: {} };
  const path = require('node:path');
  process.dlopen(module, path.join(path.dirname(process.execPath), name));
  return module.exports;
};`;

/** Packages that look for an addon on the disk, where esbuild cannot see the result. */
const SEEKERS = /^(node-gyp-build|node-gyp-build-optional-packages|bindings)$/;

/** `addons` gets the addons that the bundle uses: from their names next to the executable to their files. */
export function nativePlugin(addons: Map<string, string>): Plugin {
  const nameOf = (file: string): string => {
    const name = `${basename(packageRoot(file))}-${basename(file)}`;
    addons.set(name, file);
    return name;
  };
  return {
    name: 'native addons',
    setup(build) {
      build.onResolve({ filter: /\.node$/ }, ({ path, importer }) => ({
        path: createRequire(importer).resolve(path),
        namespace: 'addon',
      }));
      build.onLoad({ filter: /.*/, namespace: 'addon' }, ({ path }) =>
        source(`module.exports = ${LOAD_ADDON}(${JSON.stringify(nameOf(path))});`),
      );
      build.onResolve({ filter: SEEKERS }, ({ path, importer }) => ({
        path: `${path} for ${importer}`,
        namespace: 'addon-seeker',
        pluginData: { seeker: path, importer },
      }));
      build.onLoad({ filter: /.*/, namespace: 'addon-seeker' }, ({ pluginData }) => {
        const { seeker, importer }: { seeker: string; importer: string } = pluginData;
        const files = found(seeker, importer);
        const byName = Object.fromEntries(files.map((file) => [basename(file, '.node'), nameOf(file)]));
        // node-gyp-build is called with a folder, bindings with a name; usually a package has one addon
        return source(`const names = ${JSON.stringify(byName)};
const loaded = new Map();
module.exports = (wanted) => {
  const key = typeof wanted === 'string' ? wanted.replace(/\\.node$/, '') : wanted?.bindings;
  const name = names[key] ?? Object.values(names)[0];
  if (name === undefined) throw new Error('there was no native addon for ' + wanted);
  if (!loaded.has(name)) loaded.set(name, ${LOAD_ADDON}(name));
  return loaded.get(name);
};
module.exports.path = module.exports.resolve = (wanted) => wanted;`);
      });
    },
  };
}

const source = (contents: string): OnLoadResult => ({ contents, loader: 'js' });

/** The file that the seeker would find on this machine for the package that asks. */
function found(seeker: string, importer: string): string[] {
  const root = packageRoot(importer);
  if (seeker !== 'bindings') {
    const load: unknown = createRequire(importer)(seeker);
    const seek: unknown = Object(load).path ?? Object(load).resolve;
    return typeof seek === 'function' ? [String(seek(root))] : [];
  }
  const folder = join(root, 'build', 'Release');
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.node'));
    return names.map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** The folder below the nearest node_modules, or the file's own folder. */
function packageRoot(file: string): string {
  const match = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file);
  return match?.[1] ?? dirname(file);
}
