/**
 * Every TypeScript block of the documents is a module: all are compiled against the package as its users
 * import it, and those that are programs are run.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runWithTwoSlaves } from '../examples/run-example.js';
import { codeBlocks, documentPaths, readDocument, root } from './read-docs.js';

const TSC = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

// Inside the package, so that `ts-mw` is found by its own name, by its `exports`
mkdirSync(join(root, 'dist', 'snippets'), { recursive: true });
const folder = mkdtempSync(join(root, 'dist', 'snippets', 'run-'));

const snippets = documentPaths().flatMap((path) =>
  codeBlocks(readDocument(path))
    .filter(({ language }) => language === 'ts')
    .map(({ line, code }) => ({
      title: `${path}:${line}`,
      name: `${path.replace(/\W/g, '-')}-${line}`,
      code,
      isProgram: /^await (initialize|using)\b/m.test(code),
    })),
);

const programs = suite('programs in the documents');

programs.after(() => rmSync(folder, { recursive: true, force: true }));

programs('they all compile, and what is marked as an error is one', () => {
  assert.ok(snippets.length > 5, 'the blocks were found');
  for (const { name, code } of snippets) writeFileSync(join(folder, `${name}.ts`), `${code}\nexport {};\n`);
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const { incremental: _, tsBuildInfoFile: __, rootDir: ___, outDir: ____, ...options } = compilerOptions;
  const own = { ...options, noUnusedLocals: false, declaration: false, sourceMap: false, typeRoots };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: own, include: ['*.ts'] }));
  const { status, stdout } = spawnSync(process.execPath, [TSC, '-p', folder], { encoding: 'utf8' });
  assert.is(stdout, '', snippets.map(({ title }) => title).join(' '));
  assert.is(status, 0);
});

const typeRoots = [join(root, 'node_modules', '@types')];

for (const { title, name } of snippets.filter(({ isProgram }) => isProgram)) {
  programs(`${title} runs with two slaves and exits 0`, async () => {
    const { code, stderr, trail } = await runWithTwoSlaves(join(folder, `${name}.js`), undefined);
    assert.is(code, 0, stderr + trail);
  });
}

programs("the README's program is examples/hello-world.ts", () => {
  const [program] = codeBlocks(readDocument('README.md')).filter(({ language }) => language === 'ts');
  const example = readFileSync(join(root, 'examples', 'hello-world.ts'), 'utf8')
    .replace(/^\/\*\*.*?\*\/\n/s, '')
    .replace('../src/index.js', 'ts-mw');
  assert.is(program?.code, example);
});

programs.run();
