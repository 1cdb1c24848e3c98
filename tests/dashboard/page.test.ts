/** The page's own files: one script of them all, and no way by which a text becomes markup or code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dashboardAssets } from '../../src/dashboard/assets.js';
import { joinScripts, SCRIPTS } from '../../src/dashboard/join-scripts.js';
import { root } from '../docs/read-docs.js';

const test = suite('dashboard page');

const FOLDER = join(root, 'src', 'dashboard', 'assets');
const FILES = readdirSync(FOLDER);
const textOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

test('every module is in the script, behind those that it needs, and finds what it imports', () => {
  assert.equal(FILES.filter((name) => name.endsWith('.js')).sort(), [...SCRIPTS].sort());
  for (const [index, name] of SCRIPTS.entries()) {
    for (const [, names = '', from = ''] of textOf(name).matchAll(
      /^import \{([^}]*)\} from '\.\/([^']+)';$/gm,
    )) {
      assert.ok(SCRIPTS.indexOf(from) < index && SCRIPTS.includes(from), `${name} imports ${from}`);
      for (const one of names
        .split(',')
        .map((text) => text.trim())
        .filter(Boolean))
        assert.match(textOf(from), new RegExp(`^export (async )?(function|const|class) ${one}\\b`, 'm'));
    }
  }
  const script = joinScripts(SCRIPTS.map(textOf));
  assert.not.match(script, /^\s*(import|export) /m);
  new Script(script);
  assert.is(dashboardAssets().script, script);
});

test('nothing writes markup, evaluates text, or goes to another origin', () => {
  for (const name of FILES) {
    const text = textOf(name);
    assert.not.match(
      text,
      /innerHTML|outerHTML|insertAdjacent|document\.write|DOMParser|eval\(|new Function|setAttribute\('on|javascript:|\bstyle="|srcdoc/,
      name,
    );
    const places = Array.from(text.matchAll(/https?:\/\/[^\s"']+/g), ([place]) => place);
    assert.equal(
      places.filter((place) => place !== 'http://www.w3.org/2000/svg'),
      [],
      name,
    );
  }
});

test.run();
