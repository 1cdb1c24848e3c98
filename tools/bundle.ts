/**
 * Makes dist/lib, which is what npm publishes and what examples run: one file for each thread, without a
 * package to look for, and apart from it what only some runs need.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { dashboardAssets } from '../src/dashboard/assets.js';
import { leftOutPlugin } from '../src/machines/bundle/package-plugins.js';
import { MOVES } from '../src/master/model/slave-moves.js';
import { THIRD_PARTY, thirdPartyHeading } from './third-party.js';

const root = join(fileURLToPath(import.meta.url), '../../..');
const OUT = join(root, 'dist', 'lib');

/** Installed by those who want what needs them. */
const OPTIONAL = ['lmdb', 'esbuild', 'postject'];

/** Beside the library; nobody's bundle has a file of these names. Node starts a thread of CommonJS sooner than one of a module. */
const THREADS = {
  sentinel: './ts-mw-sentinel.cjs',
  broker: './ts-mw-broker.cjs',
  dial: './ts-mw-dial.cjs',
  dashboard: './ts-mw-dashboard.cjs',
};

/** The library as one script, for bundles of programs: see library-script.ts. Few read it, so it is compressed. */
const LIBRARY = './ts-mw-library.cjs.br';
/** The highest one makes it a tenth smaller, and takes twenty times as long. */
const LIBRARY_QUALITY = 9;

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const COMMON: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Text that is not there needs no time to be read. Names stay, for stacks and for profiles.
  minifySyntax: true,
  minifyWhitespace: true,
  // Node prints the whole line of an error that nobody catches
  lineLimit: 160,
  legalComments: 'none',
  logLevel: 'warning',
  absWorkingDir: root,
  define: {
    TS_MW_VERSION: JSON.stringify(version),
    TS_MW_THREAD_FILES: JSON.stringify(THREADS),
    TS_MW_LIBRARY_FILE: JSON.stringify(LIBRARY),
  },
};

/** A `require` of Node's own in CommonJS becomes an import: a module has no `require`. */
const builtins: Plugin = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'require-call' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `import builtin from ${JSON.stringify(path)}; module.exports = builtin;`,
      loader: 'js',
    }));
  },
};

/**
 * Of the NATS client we use the core alone; JetStream and services are two thirds of it. Its additions to older Nodes make
 * this one load its streams of the web, and nkeys, which few runs have, is loaded with the first call.
 */
const natsCore: Plugin = {
  name: 'core of nats',
  setup(build) {
    const rest =
      /[\\/]nats[\\/]lib[\\/](jetstream[\\/]\w+|nats-base-client[\\/](service|serviceclient|bench))\.js$/;
    build.onLoad({ filter: rest }, () => ({ contents: '', loader: 'js' }));
    build.onLoad({ filter: /[\\/]nats[\\/]lib[\\/]src[\\/]mod\.js$/ }, ({ path }) => ({
      contents: `exports.connect = require('./connect').connect;
Object.assign(exports, require('../nats-base-client/mod'));`,
      resolveDir: dirname(path),
      loader: 'js',
    }));
    build.onResolve({ filter: /^nkeys\.js$/ }, ({ path, namespace, resolveDir }) =>
      namespace === 'late' ? undefined : { path, namespace: 'late', pluginData: resolveDir },
    );
    build.onLoad({ filter: /.*/, namespace: 'late' }, ({ path, pluginData }) => ({
      contents: ['createUser', 'encode', 'fromSeed']
        .map((name) => `exports.${name} = (...args) => require(${JSON.stringify(path)}).${name}(...args);`)
        .join('\n'),
      resolveDir: pluginData as string,
      loader: 'js',
    }));
  },
};

/**
 * Modules that few runs need go into one file: each file more is one to look for, and the common part of two would
 * be a file too.
 */
const seldom: Plugin = {
  name: 'seldom used',
  setup(build) {
    build.onResolve(
      {
        filter:
          /(ask-server|check-farm|farm-file|master-watch|open-server|print-batch|print-nats-config|run-repl|report-trail|saved-page|trail-watch|verify-trail)\.js$/,
      },
      ({ kind }) => (kind === 'dynamic-import' ? { path: 'seldom', namespace: 'seldom' } : undefined),
    );
    build.onLoad({ filter: /.*/, namespace: 'seldom' }, () => ({
      contents: `export { checkFarm } from './cli/farm-check/check-farm.js';
export { readFarmFile } from './machines/farm/farm-file.js';
export { batchFile } from './cli/batch/print-batch.js';
export { natsConfig } from './cli/print-nats-config.js';
export { askServer } from './machines/dial/ask-server.js';
export { Server, serverSettings } from './machines/server/open-server.js';
export { runRepl } from './cli/repl/run-repl.js';
export { reportTrail } from './picture/report/report-trail.js';
export { SavedPage } from './dashboard/saved/saved-page.js';
export { watchMaster } from './cli/watch/master-watch.js';
export { watchTrail } from './cli/watch/trail-watch.js';
export { verifyTrail } from './audit/read/verify-trail.js';`,
      resolveDir: join(root, 'dist', 'src'),
      loader: 'js',
    }));
  },
};

/** For programs that are bundled in their turn. */
const threadTexts = (texts: Readonly<Record<string, string>>): Plugin => ({
  name: 'thread texts',
  setup(build) {
    build.onLoad({ filter: /[\\/]threads[\\/]thread-texts\.js$/ }, () => ({
      contents: `export const THREAD_TEXTS = ${JSON.stringify(texts)};`,
      loader: 'js',
    }));
  },
});

/** It is sent to other machines. */
const agentText = (text: string): Plugin => ({
  name: 'agent text',
  setup(build) {
    build.onLoad({ filter: /[\\/]ssh[\\/]agent-text\.js$/ }, () => ({
      contents: `export const agentText = async () => ${JSON.stringify(text)};`,
      loader: 'js',
    }));
  },
});

/** As text too: it must be there at once, in bundles of bundles too, and few programs use it. */
const parserText = (text: string): Plugin => ({
  name: 'parser text',
  setup(build) {
    build.onLoad({ filter: /[\\/]algorithms[\\/]parser-text\.js$/ }, () => ({
      contents: `export const PARSER_TEXT = ${JSON.stringify(text)};`,
      loader: 'js',
    }));
  },
});

/** Modules that slaves load late can be loaded in advance too. */
const LIBRARY_ENTRY = `export * from './index.js';
__mwAround.prepare = () => Promise.all([import('./cli/slave/run-slave.js'), import('./threads/thread-texts.js')]);`;

/** xstate takes longer to load than all of its answers together. */
const movesOnly: Plugin = {
  name: 'moves only',
  setup(build) {
    build.onLoad({ filter: /[\\/]model[\\/]slave-moves\.js$/ }, () => ({
      contents: `export const MOVES = new Map(${JSON.stringify([...MOVES])});`,
      loader: 'js',
    }));
  },
};

/** The dashboard's page: an executable has no folder to read it from. */
const pageText: Plugin = {
  name: 'page text',
  setup(build) {
    build.onLoad({ filter: /[\\/]dashboard[\\/]assets\.js$/ }, () => ({
      contents: `const ASSETS = ${JSON.stringify(dashboardAssets())};
export const dashboardAssets = () => ASSETS;`,
      loader: 'js',
    }));
  },
};

/** One file without parts. */
async function bundleAlone(
  entry: string,
  options: BuildOptions = {},
): Promise<{ text: string; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    ...COMMON,
    ...options,
    metafile: true,
    write: false,
    entryPoints: [entry],
    external: OPTIONAL,
    plugins: options.format === 'cjs' ? [natsCore] : [builtins, natsCore],
  });
  return { text: outputFiles[0]?.text ?? '', metafile };
}

/**
 * A script that Node can also run from its text: its names are its own then, and not those of the thread's global object. No
 * thread asks for its own place, since `import.meta` is in what is left out of them.
 */
async function bundleThread(entry: string): Promise<{ text: string; metafile: Metafile }> {
  const { text, metafile } = await bundleAlone(entry, {
    format: 'cjs',
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return { text: `(() => {${text}})();\n`, metafile };
}

/** Folders of the packages whose code went into a bundle, from the root. */
function packagesOf({ inputs }: Metafile): string[] {
  const places = Object.keys(inputs).map((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return places.filter((place) => place !== undefined);
}

/** Their licences want to be where their code is. */
function thirdPartyText(places: Iterable<string>): string {
  const parts = [...new Set(places)].sort().map((place) => {
    const folder = join(root, place);
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly [key in 'name' | 'version' | 'license']: string;
    };
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    if (file === undefined) throw new Error(`${name} has no file with its licence`);
    return `${thirdPartyHeading(name, version, license)}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return `The code of these packages is part of ts-mw.\n\n${parts.join('\n')}`;
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const sentinel = await bundleThread('dist/src/link/sentinel/sentinel-thread.js');
const broker = await bundleThread('dist/src/broker/thread.js');
const dial = await bundleThread('dist/src/machines/dial/dial-thread.js');
writeFileSync(join(OUT, THREADS.sentinel), sentinel.text);
writeFileSync(join(OUT, THREADS.broker), broker.text);
writeFileSync(join(OUT, THREADS.dial), dial.text);
const dashboard = await bundleThread('dist/src/dashboard/thread.js');
writeFileSync(join(OUT, THREADS.dashboard), dashboard.text);
const command = await bundleAlone('dist/src/cli/ts-mw.js');
writeFileSync(join(OUT, 'ts-mw.js'), command.text, { mode: 0o755 });
const agent = await bundleAlone('dist/src/machines/ssh/agent.js');
const parser = await bundleAlone('node_modules/acorn/dist/acorn.js', { format: 'cjs', minify: true });
const texts = [
  parserText(parser.text),
  agentText(agent.text),
  threadTexts({
    sentinel: sentinel.text,
    broker: broker.text,
    dial: dial.text,
    dashboard: dashboard.text,
  }),
  pageText,
  movesOnly,
];
const library = await build({
  ...COMMON,
  format: 'cjs',
  metafile: true,
  write: false,
  stdin: { contents: LIBRARY_ENTRY, resolveDir: join(root, 'dist', 'src'), loader: 'js' },
  define: {
    ...COMMON.define,
    TS_MW_PACKED: '__mwAround.packed',
    TS_MW_FINGERPRINTS: '__mwAround.fingerprints',
    'import.meta': '__mwAround.meta',
  },
  plugins: [leftOutPlugin('bundle'), natsCore, ...texts],
});
const script = library.outputFiles[0]?.contents ?? new Uint8Array();
const params = {
  [constants.BROTLI_PARAM_QUALITY]: LIBRARY_QUALITY,
  [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
};
writeFileSync(join(OUT, LIBRARY), brotliCompressSync(script, { params }));
const { metafile } = await build({
  ...COMMON,
  metafile: true,
  entryPoints: { index: 'dist/src/index.js' },
  outdir: OUT,
  splitting: true,
  chunkNames: 'part-[hash]',
  external: OPTIONAL,
  plugins: [builtins, natsCore, seldom, ...texts],
});
writeFileSync(
  THIRD_PARTY,
  thirdPartyText(
    [sentinel, broker, dial, dashboard, command, parser, library, { metafile }]
      .map((one) => one.metafile)
      .flatMap(packagesOf),
  ),
);
