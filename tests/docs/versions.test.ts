/** The versions that the documents name against those of the source. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readDocument, root } from './read-docs.js';

const versions = suite('versions in the documents');

const { version, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly engines: { readonly node: string };
};

/** The first group of the one place in the source that matches. */
function inSource(pattern: RegExp): string {
  const found = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => pattern.exec(readFileSync(join(root, 'src', path), 'utf8'))?.[1] ?? []);
  assert.is(found.length, 1, `${pattern} is in one file`);
  return found[0] ?? '';
}

const inDocument = (path: string, pattern: RegExp): string | undefined =>
  pattern.exec(readDocument(path))?.[1];

versions(
  'the README has the version of the package, of the protocol and of the layout of checkpoints',
  () => {
    assert.is(inDocument('README.md', /^- \*\*([\d.]+)\*\*/m), version);
    assert.is(
      inDocument('README.md', /\*\*Protocol\*\* version (\d+)/),
      inSource(/PROTOCOL_VERSION = (\d+);/),
    );
    assert.is(
      inDocument('README.md', /\*\*Checkpoints\*\* have\s+layout (\d+)/),
      inSource(/'ts-mw checkpoint (\d+)'/),
    );
  },
);

versions('the README names the first version of Node that the package takes', () => {
  assert.is(`>=${inDocument('README.md', /^Node (\d+) or later/m)}`, engines.node);
  assert.is(`>=${inDocument('README.md', /\*\*Node\*\* (\d+)/)}`, engines.node);
});

versions('the package that is packed and the one that is compared have the version of this one', () => {
  for (const path of ['README.md', 'docs/manual/first-program.md']) {
    assert.is(inDocument(path, /ts-mw-([\d.]+)\.tgz/), version, path);
  }
  assert.is(inDocument('docs/compared.md', /^\| ts-mw \| ([\d.]+) \|/m), version);
});

versions.run();
