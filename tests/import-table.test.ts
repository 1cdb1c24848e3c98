/** The design's table of layers: which may import which, and which package has which owner. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  structures: ['errors.ts'],
  algorithms: ['structures', 'errors.ts'],
  audit: ['structures', 'errors.ts'],
  picture: ['audit', 'structures', 'errors.ts'],
  threads: ['errors.ts'],
  dashboard: ['audit', 'picture', 'structures', 'threads', 'errors.ts'],
  broker: ['threads', 'errors.ts'],
  wire: ['algorithms', 'errors.ts'],
  link: ['structures', 'wire', 'threads', 'errors.ts'],
  machines: ['audit', 'broker', 'link', 'structures', 'threads', 'errors.ts'],
  master: ['algorithms', 'audit', 'structures', 'wire', 'link', 'machines', 'threads', 'errors.ts'],
  slave: ['algorithms', 'audit', 'structures', 'wire', 'link', 'threads', 'errors.ts'],
  forecast: ['algorithms', 'audit', 'structures', 'wire', 'master', 'slave', 'errors.ts'],
  tracing: ['structures', 'wire'],
  collections: ['algorithms', 'structures', 'errors.ts'],
  flow: ['algorithms', 'structures', 'errors.ts'],
  actors: ['algorithms', 'flow', 'structures', 'errors.ts'],
  cli: [
    'structures',
    'algorithms',
    'audit',
    'picture',
    'dashboard',
    'forecast',
    'broker',
    'wire',
    'link',
    'machines',
    'tracing',
    'master',
    'slave',
    'collections',
    'flow',
    'threads',
    'errors.ts',
  ],
  'index.ts': [
    'algorithms',
    'audit',
    'broker',
    'wire',
    'link',
    'machines',
    'master',
    'slave',
    'collections',
    'flow',
    'actors',
    'machines',
    'cli',
    'errors.ts',
  ],
};

/**
 * Inside the layers, which room may import which: a folder, or a file that stands for itself. None is reached
 * again from what it imports, so that a computation is read downwards.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  audit: ['audit/events.ts', 'audit/format', 'audit/write'],
  'audit/events.ts': [],
  'audit/format': ['audit/events.ts'],
  'audit/notices': ['audit', 'audit/events.ts', 'audit/format', 'audit/write'],
  'audit/read': ['audit/events.ts', 'audit/format', 'audit/write'],
  'audit/why': ['audit/events.ts', 'audit/format', 'audit/read'],
  'audit/write': [],
  picture: [],
  'picture/notices': ['picture'],
  'picture/report': ['picture', 'picture/trace'],
  'picture/trace': [],
  dashboard: [
    'dashboard/http',
    'dashboard/listener',
    'dashboard/messages.ts',
    'dashboard/model',
    'dashboard/pages',
    'dashboard/profile',
  ],
  'dashboard/http': ['dashboard/listener', 'dashboard/messages.ts'],
  'dashboard/listener': [],
  'dashboard/messages.ts': ['dashboard/listener'],
  'dashboard/model': ['dashboard/messages.ts'],
  'dashboard/pages': ['dashboard/messages.ts', 'dashboard/model', 'dashboard/profile'],
  'dashboard/profile': [],
  'dashboard/saved': ['dashboard', 'dashboard/model', 'dashboard/pages'],
  broker: ['broker/admission', 'broker/broker-event.ts', 'broker/protocol', 'broker/routing'],
  'broker/admission': ['broker/broker-event.ts', 'broker/protocol'],
  'broker/broker-event.ts': [],
  'broker/protocol': [],
  'broker/routing': [],
  wire: [],
  'wire/messages': [],
  'wire/session': ['wire/messages'],
  'wire/shares': ['wire/values'],
  'wire/values': [],
  link: [],
  'link/connection': ['link'],
  'link/profile': [],
  'link/sentinel': ['link', 'link/connection', 'link/profile', 'link/shared'],
  'link/shared': [],
  master: ['master/core', 'master/fates', 'master/model', 'master/program', 'master/slaves', 'master/why'],
  'master/program': ['master/core', 'master/fates', 'master/model', 'master/slaves'],
  'master/core': [
    'master/checkpoint',
    'master/dispatch',
    'master/fates',
    'master/jar',
    'master/model',
    'master/shares',
    'master/slaves',
    'master/why',
  ],
  'master/fates': [
    'master/checkpoint',
    'master/dispatch',
    'master/jar',
    'master/model',
    'master/shares',
    'master/slaves',
  ],
  'master/why': [
    'master/checkpoint',
    'master/dispatch',
    'master/fates',
    'master/jar',
    'master/model',
    'master/slaves',
  ],
  'master/checkpoint': ['master/jar', 'master/model'],
  'master/dispatch': ['master/jar', 'master/model', 'master/shares'],
  'master/jar': ['master/model'],
  'master/shares': ['master/model'],
  'master/slaves': ['master/model'],
  'master/model': [],
  slave: ['slave/core', 'slave/run', 'slave/shares'],
  'slave/operations': ['slave/run'],
  'slave/run': ['slave/core'],
  'slave/core': ['slave/shares'],
  'slave/shares': [],
  collections: ['collections/parts'],
  'collections/parts': [],
  flow: ['flow/scope'],
  machines: [],
  'machines/bundle': ['machines'],
  'machines/farm': ['machines'],
  'machines/protocol': ['machines'],
  'machines/dial': ['machines', 'machines/protocol'],
  'machines/server': ['machines', 'machines/protocol'],
  'machines/ssh': ['machines'],
  'flow/scope': [],
  cli: [
    'cli/batch',
    'cli/define-program.ts',
    'cli/dump-exec',
    'cli/embed.ts',
    'cli/farm-check',
    'cli/flags',
    'cli/master',
    'cli/oversee',
    'cli/process',
    'cli/repl',
    'cli/slave',
    'cli/trail',
    'cli/watch',
  ],
  'cli/repl': [
    'cli/define-program.ts',
    'cli/embed.ts',
    'cli/flags',
    'cli/master',
    'cli/process',
    'cli/trail',
    'cli/watch',
  ],
  'cli/farm-check': ['cli/flags', 'cli/master', 'cli/process', 'cli/trail'],
  'cli/embed.ts': [
    'cli/define-program.ts',
    'cli/flags',
    'cli/master',
    'cli/process',
    'cli/slave',
    'cli/trail',
    'cli/watch',
  ],
  'cli/master': ['cli/define-program.ts', 'cli/flags', 'cli/process', 'cli/resource-file'],
  'cli/oversee': ['cli/flags', 'cli/master', 'cli/process', 'cli/resource-file'],
  'cli/slave': ['cli/define-program.ts', 'cli/flags', 'cli/process', 'cli/resource-file', 'cli/trail'],
  'cli/batch': ['cli/flags', 'cli/process'],
  'cli/dump-exec': ['cli/process'],
  'cli/resource-file': ['cli/flags', 'cli/process'],
  'cli/trail': ['cli/flags'],
  'cli/watch': ['cli/dashboard', 'cli/flags', 'cli/metrics'],
  'cli/dashboard': ['cli/flags', 'cli/process'],
  'cli/metrics': ['cli/flags', 'cli/process'],
  'cli/flags': ['cli/process'],
  'cli/process': [],
  'cli/define-program.ts': ['cli/process'],
};

/** Tasks, slaves and runs name one another, as types. */
const MAY_CIRCLE_AS_TYPES = 'master/model';

const OWNERS: Readonly<Record<string, readonly string[]>> = {
  nats: ['link'],
  'nkeys.js': ['link'],
  superjson: ['wire'],
  xstate: ['master', 'slave'],
  yargs: ['cli'],
  esbuild: ['machines'],
  'sonic-boom': ['audit'],
  lmdb: ['master'],
  acorn: ['algorithms'],
  yaml: ['machines'],
  kerberos: ['machines'],
  '@opentelemetry': ['tracing'],
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly typeOnly: boolean;
  /** Loaded only when the line is reached. */
  readonly lazy: boolean;
}

const src = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src');

function imports(): Import[] {
  const found: Import[] = [];
  for (const name of readdirSync(src, { recursive: true }) as string[]) {
    if (!name.endsWith('.ts')) continue;
    const text = readFileSync(join(src, name), 'utf8');
    const pattern = /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
    for (const match of text.matchAll(pattern)) {
      found.push({ file: name, from: match[2] ?? '', typeOnly: match[1] !== undefined, lazy: false });
    }
    for (const match of text.matchAll(/\b(?:import|createRequire\(import\.meta\.url\))\(\s*'([^']+)'/g)) {
      found.push({ file: name, from: match[1] ?? '', typeOnly: false, lazy: true });
    }
  }
  return found;
}

function layerOf(file: string): string {
  const first = file.split('/')[0] ?? '';
  return first === 'index.js' || first === 'errors.js' ? first.replace('.js', '.ts') : first;
}

const table = suite('import table');

table('every folder of src is in the table', () => {
  for (const { file } of imports()) assert.ok(layerOf(file) in LAYERS, `${file} is in no layer`);
});

table('a layer imports only what stands below it', () => {
  for (const { file, from } of imports()) {
    if (!from.startsWith('.')) continue;
    const target = layerOf(posix.join(posix.dirname(file), from));
    const layer = layerOf(file);
    if (target === layer) continue;
    assert.ok(LAYERS[layer]?.includes(target), `${file} imports ${from}: ${layer} may not import ${target}`);
  }
});

const FLAT: readonly string[] = [
  'actors',
  'algorithms',
  'forecast',
  'structures',
  'threads',
  'tracing',
  'errors.ts',
  'index.ts',
];

function roomOf(file: string): string {
  return file in ROOMS ? file : posix.dirname(file);
}

table('every file of a layer that has rooms is in one of them', () => {
  for (const { file } of imports()) {
    if (!FLAT.includes(layerOf(file))) assert.ok(roomOf(file) in ROOMS, `${file} is in no room`);
  }
});

table('a room imports only the rooms that the table allows it', () => {
  for (const { file, from } of imports()) {
    if (!from.startsWith('.') || FLAT.includes(layerOf(file))) continue;
    const target = posix.join(posix.dirname(file), from).replace(/\.js$/, '.ts');
    const [room, other] = [roomOf(file), roomOf(target)];
    if (layerOf(target) !== layerOf(file) || room === other) continue;
    assert.ok(ROOMS[room]?.includes(other), `${file} imports ${from}: ${room} may not import ${other}`);
  }
});

table('no room is reached again from what it imports', () => {
  const visit = (room: string, path: readonly string[]): void => {
    assert.not(path.includes(room), `a circle: ${[...path, room].join(' -> ')}`);
    for (const next of ROOMS[room] ?? []) visit(next, [...path, room]);
  };
  for (const room of Object.keys(ROOMS)) visit(room, []);
});

table('what the table allows is used', () => {
  const used = new Set<string>();
  for (const { file, from } of imports()) {
    if (!from.startsWith('.')) continue;
    const target = posix.join(posix.dirname(file), from).replace(/\.js$/, '.ts');
    used.add(`${roomOf(file)} -> ${roomOf(target)}`);
  }
  for (const [room, others] of Object.entries(ROOMS)) {
    for (const other of others)
      assert.ok(used.has(`${room} -> ${other}`), `${room} does not import ${other}`);
  }
});

table('a package is imported by its owner only', () => {
  for (const { file, from } of imports()) {
    if (from.startsWith('.') || from.startsWith('node:')) continue;
    const packageName = from.split('/')[0] ?? '';
    const owners = OWNERS[packageName];
    assert.ok(owners, `${file} imports ${from}, which has no owner in the table`);
    assert.ok(
      owners.includes(layerOf(file)),
      `${file} imports ${from}, which belongs to ${owners.join(' and ')}`,
    );
  }
});

/** Modules that only some runs need, so that the others start without them. */
const LAZY: readonly RegExp[] = [
  /^cli\/dump-exec\//,
  /^machines\/bundle\/(?!packed-program)/,
  /^machines\/ssh\//,
  /^cli\/repl\//,
  /^cli\/watch\/(master|trail)-watch\.ts$/,
  /^cli\/(ts-mw|server-commands)\.ts$/,
  /^machines\/(dial|server)\//,
  /^machines\/farm\/farm-file\.ts$/,
  /^cli\/farm-check\//,
  /^cli\/master\/(server-places|start-servers|remote-)/,
  /^dashboard\/(?!listener\/)/,
  /^cli\/flags\/describe-flags\.ts$/,
  /^cli\/(master|slave)\/run-(master|slave)\.ts$/,
  /^cli\/batch\/print-batch\.ts$/,
  /^cli\/print-nats-config\.ts$/,
];
const LAZY_PACKAGES: readonly string[] = [
  'acorn',
  'esbuild',
  'kerberos',
  'lmdb',
  'nats',
  'xstate',
  'yaml',
  'yargs',
];

table('a program does not load what only some runs need', () => {
  const all = imports();
  const reached = new Set(['index.ts']);
  for (const file of reached) {
    assert.not(
      LAZY.some((pattern) => pattern.test(file)),
      `${file} is loaded by every program`,
    );
    for (const { from, typeOnly, lazy } of all.filter((one) => one.file === file)) {
      if (typeOnly || lazy) continue;
      assert.not(LAZY_PACKAGES.includes(from), `${file} loads ${from}`);
      if (from.startsWith('.')) reached.add(posix.join(posix.dirname(file), from).replace(/\.js$/, '.ts'));
    }
  }
  assert.ok(reached.size > 50, 'the imports were followed');
});

table('no import runs in a circle, nor types outside of the model', () => {
  const edges = new Map<string, string[]>();
  for (const { file, from, typeOnly } of imports()) {
    if (!from.startsWith('.')) continue;
    const target = posix.join(posix.dirname(file), from).replace(/\.js$/, '.ts');
    if (typeOnly && [file, target].every((one) => roomOf(one) === MAY_CIRCLE_AS_TYPES)) continue;
    edges.set(file, [...(edges.get(file) ?? []), target]);
  }
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    assert.not(path.includes(file), `a circle: ${[...path, file].join(' -> ')}`);
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of edges.keys()) visit(relative('.', file), []);
});

table.run();
