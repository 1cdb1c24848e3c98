/**
 * Every TypeScript block of the documents is a module: all are compiled against the package as its users
 * import it, and those that are programs are run.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as assert from 'uvu/assert';
import { runWithSlaves } from '../examples/run-example.js';
import { withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';
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
      isProgram: /^await (initialize|using)\b|^const kernel = await makeKernel/m.test(code),
    })),
);

const programs = suiteInTurns('programs in the documents');

programs.after(() => rmSync(folder, { recursive: true, force: true }));

programs.both('they all compile, and what is marked as an error is one', () => {
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

for (const [index, { title, name, code }] of snippets.filter(({ isProgram }) => isProgram).entries()) {
  // The one that wins there runs beside the other
  const slaves = code.includes('firstWins(') ? 2 : 1;
  programs.oneIn(30, index, `${title} runs and exits 0`, async () => {
    const ended = await runWithSlaves(join(folder, `${name}.js`), undefined, [], { slaves });
    assert.is(ended.code, 0, ended.stderr + ended.trail);
  });
}

const waiting = snippets.filter(
  ({ isProgram, code }) =>
    // A task for certain slaves is not submitted before they are there.
    isProgram &&
    /^await initialize/m.test(code) &&
    /results\(|masterLoop|\.future\(/.test(code) &&
    !/allocateSlaves/.test(code),
);

/** Programs stop in one way; a few of them show it. */
const EVERY = 8;

for (const [index, { title, name }] of waiting.filter((_, place) => place % EVERY === 0).entries()) {
  const [signal, code] = index % 2 === 0 ? (['SIGINT', 130] as const) : (['SIGTERM', 143] as const);
  programs.oneIn(30, index >> 1, `${title} prints no answer when ${signal} comes before it has one`, () =>
    withPrograms(async ({ start }) => {
      // Without slaves nothing is ever done.
      const program = start(relative(join(root, 'dist'), join(folder, `${name}.js`)), ['--master']);
      await program.waitForLine(/\[A\] TASKS .*SUBMITTED/);
      program.kill(signal);
      assert.is(await program.code(), code, program.report());
      assert.equal(program.out, [], program.report());
    }),
  );
}

programs('the primes of the manual are not told of when half of them were counted', () =>
  withPrograms(async ({ start }) => {
    const primes = waiting.find(({ code }) => code.includes('primes below'));
    const file = relative(join(root, 'dist'), join(folder, `${primes?.name}.js`));
    const program = start(file, ['--master', '--slaves', '1', '200000000']);
    await program.waitForLine(/SLAVE-0 -> \d+ results$/, undefined, 3);
    program.kill('SIGINT');
    assert.is(await program.code(), 130, program.report());
    assert.equal(program.out, [], program.report());
    const said = /^the master was stopped by SIGINT with (\d{2,}) tasks pending \(countPrimes \1\)/;
    assert.is(program.count(said), 1, program.report());
  }),
);

programs("the README's program is examples/hello-world.ts", () => {
  const [program] = codeBlocks(readDocument('README.md')).filter(({ language }) => language === 'ts');
  const example = readFileSync(join(root, 'examples', 'hello-world.ts'), 'utf8').replace(
    /^\/\*\*.*?\*\/\n/s,
    '',
  );
  assert.is(program?.code, example);
});

programs.run();
