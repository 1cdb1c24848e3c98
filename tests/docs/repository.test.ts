/** The repository as the documents have it: its paths and commands, and that what is published is whole. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentPaths, readDocument, root } from './read-docs.js';

const repository = suite('the repository in the documents');

/** The history of earlier versions is not held to this one. */
const current = documentPaths().filter((path) => path !== 'CHANGELOG.md');

const matches = (pattern: RegExp): (readonly [document: string, found: string])[] =>
  current.flatMap((path) =>
    Array.from(readDocument(path).matchAll(pattern), ([, found = '']) => [path, found] as const),
  );

repository('every path that a document names is there', () => {
  const named = matches(/`((?:src|tests|tools|bench|examples|docs|etc)\/[\w./-]+)`/g);
  assert.ok(named.length > 50, 'the paths were found');
  for (const [document, path] of named) assert.ok(existsSync(join(root, path)), `${document}: ${path}`);
});

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

repository(
  'the first command shows greetings and a few notices, also where its output goes to a pipe',
  () => {
    assert.match(readDocument('README.md'), /npm run hello +# .* ten greetings, a few notices/);
    const { hello = '' } = scripts;
    assert.match(hello, / --audit-file dist\/\S+$/, 'else the trail goes there');
  },
);

repository('every npm script that a document names is one', () => {
  const named = matches(/npm run (?:-s )?([\w:-]+)/g);
  assert.ok(named.length > 20, 'the commands were found');
  for (const [document, script] of named) assert.ok(script in scripts, `${document}: npm run ${script}`);
});

/** Paths of what `npm publish` sends, folders included. */
function published(): ReadonlySet<string> {
  const said = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(said) as [{ readonly files: readonly { readonly path: string }[] }];
  const paths = new Set<string>();
  for (const { path } of files) {
    for (let part = path; part !== '.'; part = dirname(part)) paths.add(part);
  }
  return paths;
}

const paths = published();

repository('what is published has no link to what is not', () => {
  assert.ok(paths.has('LICENSE') && paths.has('docs/manual'), [...paths].join(' '));
  const documents = [...paths].filter((path) => path.endsWith('.md'));
  assert.equal(
    documentPaths().filter((path) => !documents.includes(path)),
    [],
    'every document is published',
  );
  for (const document of documents) {
    for (const [, file = ''] of readDocument(document).matchAll(/\]\(([^)#\s]*)(?:#[^)]*)?\)/g)) {
      if (file === '' || /^[a-z]+:/.test(file)) continue;
      assert.ok(paths.has(join(dirname(document), file)), `${document} links to ${file}`);
    }
  }
});

repository('what the published types need is published, and is no other package', () => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly exports: { readonly '.': { readonly types: string } };
  };
  const reached = new Set([join(exports['.'].types)]);
  for (const file of reached) {
    assert.ok(paths.has(file), `${file} is published`);
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, from = ''] of text.matchAll(/(?:\bfrom |\bimport\()\s*['"]([^'"]+)['"]/g)) {
      if (from.startsWith('node:')) continue;
      assert.match(from, /^\./, `${file} needs ${from}, which is not installed with ts-mw`);
      reached.add(join(dirname(file), from).replace(/\.js$/, '.d.ts'));
    }
  }
  assert.ok(reached.size > 10, 'the imports were followed');
});

repository.run();
