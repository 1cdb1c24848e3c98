/**
 * The script of a spare process: it loads Node's own modules that slaves use, starts the sentinel's thread of this library and
 * loads this library, whose files are its arguments, compiles a bundle that it is told of, and becomes a slave of another bundle
 * or of that one when it is told its order. It ends with the pipe of its orders.
 *
 * Nothing of a bundle is run before the order: until then the process is nobody's slave. Only the server's own code is. The thread
 * waits for its first message; the library reads nothing of the process while it is loaded.
 */

import { PREPARED_THREAD, sourceUrl } from '../../threads/prepared-thread.js';
import { LIBRARY_PARAMETERS, PREPARED_LIBRARY } from '../library-script.js';
import { PARENT_PIPE } from '../parent-pipe.js';

/** The descriptor of the pipe of orders, which is closed before the slave begins. */
export const ORDER_PIPE = PARENT_PIPE + 1;

/** A slave. Paths are absolute. */
export interface SlaveStart {
  /** The file that node runs. */
  readonly bundle: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Beside the variables of the server. */
  readonly env: Readonly<Record<string, string>>;
}

/** The file is compiled only if it has that SHA-256. */
export interface BundleToCompile {
  readonly bundle: string;
  readonly sha256: string;
}

/** A line of JSON each; nothing comes after `begin`. */
export type SpareOrder =
  | ({ readonly type: 'compile' } & BundleToCompile)
  | ({ readonly type: 'begin' } & SlaveStart);

export const SPARE_SCRIPT = `'use strict';
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { Socket } = require('node:net');
const { dirname } = require('node:path');
const vm = require('node:vm');
const { SHARE_ENV, Worker } = require('node:worker_threads');
const { brotliDecompressSync } = require('node:zlib');
for (const name of ['dns', 'fs/promises', 'os', 'perf_hooks', 'timers/promises', 'tls', 'tty']) {
  require('node:' + name);
}
const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];
let compiled;
// Node warns of the first import() of what is compiled here, once: slaves would print it
function withoutWarnings(act) {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    act();
  } finally {
    process.emitWarning = emitWarning;
  }
}
// Older Nodes have no import() in what is compiled here
const importModuleDynamically = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
function functionOf(text, parameters, filename) {
  const options = { filename, importModuleDynamically };
  withoutWarnings(() => vm.runInThisContext('import("node:os")', options));
  return vm.compileFunction(text, parameters, options);
}
function compile({ bundle, sha256 }) {
  if (importModuleDynamically === undefined || compiled?.bundle === bundle) return;
  compiled = undefined;
  try {
    const bytes = readFileSync(bundle);
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) return;
    compiled = { bundle, run: functionOf(bytes.toString(), PARAMETERS, bundle) };
  } catch {
    // Gone, or no script: the slave says it
  }
}
function prepareThread(file) {
  const key = Symbol.for('${PREPARED_THREAD}');
  const forget = () => delete globalThis[key];
  try {
    const text = readFileSync(file, 'utf8');
    // The variables of the order are the thread's too
    const options = { name: 'sentinel', eval: true, argv: [], execArgv: [], env: SHARE_ENV };
    const worker = new Worker(text + ${JSON.stringify(sourceUrl('sentinel'))}, options);
    worker.on('error', forget).on('exit', forget).unref();
    globalThis[key] = { name: 'sentinel', text, worker };
  } catch {
    // The slave starts one, or says why it cannot
  }
}
function prepareLibrary(file) {
  if (importModuleDynamically === undefined) return;
  const key = Symbol.for('${PREPARED_LIBRARY}');
  try {
    const text = brotliDecompressSync(readFileSync(file)).toString();
    const around = { meta: {} };
    const main = { exports: {} };
    const run = functionOf(text, ${JSON.stringify(LIBRARY_PARAMETERS)}, file.replace(/\\.br$/, ''));
    run(main.exports, require, main, around);
    globalThis[key] = { text, around, exports: main.exports };
    around.prepare().catch(() => {});
  } catch {
    // The bundle has the same
    delete globalThis[key];
  }
}
function begin({ bundle, args, cwd, env }) {
  const run = compiled?.bundle === bundle ? compiled.run : undefined;
  compiled = undefined;
  process.chdir(cwd);
  Object.assign(process.env, env);
  process.argv.splice(1, process.argv.length, bundle, ...args);
  delete Module._cache[__filename];
  if (run === undefined) {
    Module.runMain(bundle);
    return;
  }
  const main = new Module(bundle, null);
  main.id = '.';
  main.filename = bundle;
  main.paths = Module._nodeModulePaths(dirname(bundle));
  process.mainModule = main;
  Module._cache[bundle] = main;
  Reflect.apply(run, main.exports, [main.exports, Module.createRequire(bundle), main, bundle, dirname(bundle)]);
  main.loaded = true;
}
const [sentinel, library] = process.argv.slice(2);
if (sentinel !== undefined) prepareThread(sentinel);
if (library !== undefined) prepareLibrary(library);
const orders = new Socket({ fd: ${ORDER_PIPE}, readable: true, writable: false });
let text = '';
orders.setEncoding('utf8');
orders.on('error', () => process.exit(1));
orders.on('data', (chunk) => {
  const lines = (text + chunk).split('\\n');
  text = lines.pop();
  for (const line of lines) {
    const { type, ...order } = JSON.parse(line);
    if (type === 'compile') {
      compile(order);
      continue;
    }
    orders.removeAllListeners();
    orders.destroy();
    begin(order);
  }
});
`;
