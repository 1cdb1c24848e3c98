/**
 * An esbuild plugin for what a module says of its own place, since a packed program has one file.
 *
 * `import.meta` of the program's module has the packed file's URL. That of any other module has a URL beside it, as
 * different from it as the modules' own, so that a module that runs as a program when it is started itself does not
 * take itself for the program. In `new Worker(new URL('./file.js', import.meta.url)`, the worker's own code replaces
 * the URL, as a `data:` URL, which Node accepts as a module. In a bundle, any other file
 * that is named in this way, up to 4 MB, is a part of it, and written beside it when its URL is asked for; beside an
 * executable people put their files themselves. Files that a module of the program, and not of a package, requires by name
 * are a part of either.
 */

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve, sep } from 'node:path';
import type { Loader, Plugin } from 'esbuild';
import { followRequired, REQUIRED } from './required-files.js';

const WORKER = /new Worker\(\s*new URL\(\s*(['"])(\.[^'"]+)\1\s*,\s*import\.meta\.url\s*\)/g;
const PLACE = /new URL\(\s*(['"])(\.[^'"]+)\1\s*,\s*import\.meta\.url\s*\)/g;
/** How a CommonJS module asks whether it is the program: of the packed file, none would be. */
const IS_MAIN = /\brequire\.main\s*={2,3}\s*module\b|\bmodule\s*={2,3}\s*require\.main\b/g;
const META = 'mw-meta:';
const REQUIRED_IMPORT = new RegExp(`^${REQUIRED}`);
const MOST_FILE_BYTES = 4 * 2 ** 20;

interface SourceParams {
  /** The program's own file. */
  readonly program: string;
  /** Makes a module from a worker's file that imports only Node's own modules. */
  readonly bundle: (file: string) => Promise<string>;
  /** Is told of files that become part of the code; none does without it. */
  readonly onFile: ((file: string) => void) | undefined;
}

export function sourcePlugin({ program, bundle, onFile }: SourceParams): Plugin {
  const workerOf = async (file: string): Promise<string> => {
    const code = Buffer.from(await bundle(sourceFile(file))).toString('base64');
    return `new Worker(__mwWorker("${code}")`;
  };
  const placeOf = async (file: string, text: string): Promise<string> => {
    if (onFile === undefined) return text;
    const found = await stat(file).catch(() => undefined);
    if (found === undefined || !found.isFile() || found.size > MOST_FILE_BYTES) return text;
    onFile(file);
    const content = await readFile(file, 'base64');
    return `__mwFileUrl(${JSON.stringify(basename(file))}, "${content}")`;
  };
  return {
    name: 'sources',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const source = path === program ? text.replace(IS_MAIN, 'true') : text;
        const rest = { loader: loaderOf(path), resolveDir: dirname(path) };
        if (!source.includes('import.meta'))
          return source === text ? undefined : { contents: source, ...rest };
        const from = (file: string): string => resolve(dirname(path), file);
        const threaded = await replaceAll(source, WORKER, (file) => workerOf(from(file)));
        const placed = await replaceAll(threaded, PLACE, (file, text) => placeOf(from(file), text));
        const isOfPackage = path.split(sep).includes('node_modules');
        const { text: replaced, imports } = isOfPackage
          ? { text: placed, imports: '' }
          : await followRequired(placed, (required) => requiredBy(path, required));
        // On the first line, so that errors keep their places; a #! stays before it
        const [hashbang = ''] = /^(#!.*\n)?/.exec(replaced) ?? [];
        const place = JSON.stringify(`${META}${placeBeside(program, path)}`);
        const contents = `${hashbang}import __mwMeta from ${place}; ${imports}${replaced.slice(hashbang.length)}`;
        return { contents, ...rest };
      });
      const requiredBy = async (importer: string, required: string): Promise<string | undefined> => {
        const found = await build.resolve(required, {
          importer,
          resolveDir: dirname(importer),
          kind: 'require-call',
        });
        const isOurs = found.errors.length === 0 && ['file', 'addon'].includes(found.namespace);
        return isOurs ? found.path : undefined;
      };
      build.onResolve({ filter: REQUIRED_IMPORT }, ({ path }) => ({
        path: path.slice(REQUIRED.length),
        namespace: 'mw-required',
      }));
      build.onLoad({ filter: /.*/, namespace: 'mw-required' }, ({ path }) => ({
        contents: `module.exports = () => require(${JSON.stringify(path)});`,
        loader: 'js',
        resolveDir: dirname(path),
      }));
      build.onResolve({ filter: /^mw-meta:/ }, ({ path }) => ({
        path: path.slice(META.length),
        namespace: 'mw-meta',
      }));
      build.onLoad({ filter: /.*/, namespace: 'mw-meta' }, ({ path }) => ({
        contents: `export default __mwMetaOf(${JSON.stringify(path)});`,
        loader: 'js',
      }));
    },
  };
}

/** Each file that `pattern` finds is made once, and written wherever it is named. */
async function replaceAll(
  text: string,
  pattern: RegExp,
  make: (file: string, text: string) => Promise<string>,
): Promise<string> {
  const parts = new Map<string, string>();
  for (const [found, , file = ''] of text.matchAll(pattern)) {
    if (!parts.has(file)) parts.set(file, await make(file, found));
  }
  return text.replace(pattern, (_found, _quote, file: string) => parts.get(file) ?? '');
}

/** TypeScript names the file that will be compiled from the one that is there. */
function sourceFile(file: string): string {
  if (existsSync(file)) return file;
  const typed = file.replace(/js(x?)$/, 'ts$1');
  return existsSync(typed) ? typed : file;
}

/** From the folder of the packed file; `.` for the program itself. Never above that folder. */
function placeBeside(program: string, path: string): string {
  if (path === program) return '.';
  return relative(dirname(program), path).split(sep).join('/').replaceAll('../', '__up__/');
}

function loaderOf(path: string): Loader {
  const kind = extname(path).replace(/^\.[cm]?/, '');
  return kind as 'js' | 'jsx' | 'ts' | 'tsx';
}
