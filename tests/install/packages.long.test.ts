/** A stranger installs the packed library with npm, pnpm and yarn: no word of warning, nothing built, and it runs. */
import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  emptyFolder,
  GREETINGS,
  installScripts,
  linesOf,
  NOT_FETCHED,
  packed,
  readmeProgram,
  removePlace,
  run,
  strangersEnvironment,
  tool,
} from './support.js';

interface Manager {
  readonly name: string;
  /** Undefined where it is not here. */
  readonly command: readonly [string, ...string[]] | undefined;
  readonly add: (tarball: string) => readonly string[];
  /** Files that its folder has before. */
  readonly files?: Readonly<Record<string, string>>;
}

const script = (path: string): Manager['command'] => {
  const file = tool(path);
  return file === undefined ? undefined : [process.execPath, file];
};

const MANAGERS: readonly Manager[] = [
  { name: 'npm', command: ['npm'], add: (tarball) => ['install', tarball] },
  { name: 'pnpm', command: script('pnpm/bin/pnpm.cjs'), add: (tarball) => ['add', tarball] },
  { name: 'yarn 1', command: script('yarn/bin/yarn.js'), add: (tarball) => ['add', `file:${tarball}`] },
  {
    name: 'yarn 4',
    command: script('@yarnpkg/cli-dist/bin/yarn.js'),
    add: (tarball) => ['add', `ts-mw@file:${tarball}`],
    files: { 'yarn.lock': '', '.yarnrc.yml': 'nodeLinker: node-modules\n' },
  },
];

const APP = { name: 'app', version: '1.0.0', private: true, license: 'MIT', type: 'module' };
const MOST_BYTES = 5_500_000;

const installing = suite('install');
installing.after(removePlace);

for (const { name, command, add, files = {} } of MANAGERS) {
  if (command === undefined) {
    installing.skip(`${name} is ${NOT_FETCHED}`, () => {});
    continue;
  }
  installing(`${name} installs it without a word, and it runs`, async () => {
    const folder = emptyFolder(name);
    for (const [file, text] of Object.entries({ ...files, 'package.json': JSON.stringify(APP) })) {
      writeFileSync(join(folder, file), text);
    }
    cpSync(await packed(), join(folder, 'ts-mw.tgz'));
    const env = await strangersEnvironment(emptyFolder(`home of ${name}`));
    const { code, stdout, stderr } = await run([...command, ...add('./ts-mw.tgz')], { cwd: folder, env });
    const said = stdout + stderr;
    assert.is(code, 0, said);
    assert.equal(
      said.split('\n').filter((line) => /warn|error|deprecated|build script/i.test(line)),
      [],
      said,
    );
    const modules = join(folder, 'node_modules');
    assert.equal(installScripts(modules), []);
    const bytes = bytesBelow(modules);
    console.log(`${name}: node_modules of ${(bytes / 1e6).toFixed(1)} MB`);
    assert.ok(bytes < MOST_BYTES, `node_modules of ${bytes} bytes`);
    assert.not(existsSync(join(modules, 'lmdb')));

    writeFileSync(join(folder, 'app.mjs'), readmeProgram());
    const ran = await run([process.execPath, 'app.mjs', '--master', '--slaves', '2'], { cwd: folder, env });
    assert.equal(linesOf(ran.stdout), GREETINGS, ran.stderr);
    assert.is(ran.code, 0, ran.stderr);

    const kept = await run([process.execPath, 'app.mjs', '--master', '--checkpoint', 'kept'], {
      cwd: folder,
      env,
    });
    assert.is(kept.code, 255, kept.stderr);
    assert.match(
      kept.stderr,
      /^--checkpoint: expected the package lmdb, it is not installed; type npm install lmdb$/m,
    );
    assert.not(existsSync(join(folder, 'kept')), 'before anything else begins');
  });
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

installing.run();
