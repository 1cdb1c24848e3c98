/**
 * An esbuild plugin for native addons, which one file cannot contain: collects them, and makes the program load them
 * by name. An executable finds them beside it; a bundle that travelled has none.
 */

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { OnLoadResult, Plugin } from 'esbuild';

/** Of the script around the code. */
const LOAD_ADDON = '__mwLoadAddon';

/** Packages that look for an addon on the disk, where esbuild cannot see the result. */
const SEEKERS = /^(node-gyp-build|node-gyp-build-optional-packages|bindings)$/;

/** `addons` gets the addons that the program uses: from their names to their files. */
export function nativePlugin(addons: Map<string, string>): Plugin {
  const nameOf = (file: string): string => {
    const name = `${basename(packageRoot(file))}-${basename(file)}`;
    addons.set(name, file);
    return name;
  };
  return {
    name: 'native addons',
    setup(build) {
      build.onResolve({ filter: /\.node$/ }, ({ path, importer }) => {
        const file = placeOf(path, importer);
        // Of another system, most often, behind a condition
        return file === undefined ? undefined : { path: file, namespace: 'addon' };
      });
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

function placeOf(path: string, importer: string): string | undefined {
  try {
    return createRequire(importer).resolve(path);
  } catch {
    return undefined;
  }
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
