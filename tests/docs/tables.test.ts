/** The tables of the documents against the tables of the source, and the links between documents. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AUDIT_EVENT_TYPES, TEXT_TEMPLATES } from '../../src/audit/format/text-templates.js';
import { SLAVE_WORDS } from '../../src/audit/why/slave-words.js';
import { TASK_WORDS } from '../../src/audit/why/task-words.js';
import { type FlagRow, shownFlag } from '../../src/cli/flags/flag-row.js';
import { FIRST_ROWS, FLAG_ROWS } from '../../src/cli/flags/flag-table.js';
import { documentPaths, readDocument, root, section } from './read-docs.js';

const tables = suite('tables in the documents');

const flagRows = (flags: readonly FlagRow[]): string[] =>
  flags.map((row) => `| \`${shownFlag(row)}\` | ${row.byDefault ?? ''} | ${row.describe} |`);

tables('the chapter of flags has all of them, in the words and groups of the program', () => {
  const shown = readDocument('docs/manual/flags.md')
    .split(/^## /m)
    .map((part): [string, string[]] => [
      `${part.slice(0, part.indexOf('\n'))}:`,
      part.split('\n').filter((line) => line.startsWith('| `--')),
    ])
    .filter(([, rows]) => rows.length > 0);
  const groups = [...new Set(FLAG_ROWS.map(({ group }) => group))];
  const expected = groups.map((name) => [name, flagRows(FLAG_ROWS.filter(({ group }) => group === name))]);
  assert.equal(shown, expected);
});

tables('the README shows the flags that --help shows first, as the program does', () => {
  assert.equal(section(readDocument('README.md'), 'flags').split('\n').slice(2), flagRows(FIRST_ROWS));
});

tables('every environment variable that the library reads is explained', () => {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(root, 'src', path), 'utf8'));
  const read = sources.flatMap((source) =>
    Array.from(
      source.matchAll(/'((?:TS_MW|XDG)_\w+)'|\benv\.([A-Z]\w+)/g),
      ([, own, other]) => own ?? other ?? '',
    ),
  );
  const shown = Array.from(
    readDocument('docs/manual/flags.md').matchAll(/^\| `([A-Z_]+)` \|/gm),
    ([, name = '']) => name,
  );
  assert.equal(shown.sort(), [...new Set(read)].sort());
});

tables('every reason of a task and of a slave is explained', () => {
  const parts = readDocument('docs/manual/why.md').split(/^## /m);
  for (const [heading, words] of [
    ['Reasons of tasks', TASK_WORDS],
    ['Reasons of slaves', SLAVE_WORDS],
  ] as const) {
    const text = parts.find((part) => part.startsWith(`${heading}\n`)) ?? '';
    const shown = Array.from(text.matchAll(/^\| `([a-z-]+)` \|/gm), ([, because = '']) => because);
    assert.equal(shown.sort(), Object.keys(words).sort());
  }
});

tables('every test that stands for one of lfarm is in the file that the chapter names', () => {
  const text = readDocument('docs/manual/lfarm.md');
  const rows = Array.from(text.matchAll(/^\| `([a-z/-]+-test[a-z/]*)` \| (.+) \|$/gm));
  assert.is(new Set(rows.map(([, name]) => name)).size, 62);
  for (const [, name = '', where = ''] of rows) {
    const [, file] = /^`(tests\/collections\/[^`]+)`/.exec(where) ?? [];
    if (file !== undefined)
      assert.match(readFileSync(join(root, file), 'utf8'), new RegExp(`[', ]${name}\\b`));
    else assert.match(where, /^(none; .|not yet$|`tests\/)/, name);
  }
});

/** `{sid:id} <- {count:int} tasks` is shown as `{sid} <- {count} tasks`. */
function shownForm(template: string): string {
  return template
    .replace(/\{(\w+):\w+\}/g, '{$1}')
    .replaceAll('[[', '[')
    .replaceAll(']]', ']');
}

tables('every audit event is explained, with the line that is written', () => {
  const text = readDocument('docs/manual/audit-trail.md');
  const shown = Array.from(
    text.matchAll(/^\| `([a-z-]+)` \| `([^|]+)` \| ([^|]+) \|$/gm),
    ([, type = '', line = '', meaning = '']) => ({ type, line, meaning }),
  );
  const lines = Object.fromEntries(shown.map(({ type, line }) => [type, line]));
  const expected = Object.fromEntries(
    AUDIT_EVENT_TYPES.map((type) => [type, shownForm(TEXT_TEMPLATES[type])]),
  );
  assert.equal(lines, expected);
  assert.is(shown.length, AUDIT_EVENT_TYPES.length, 'no event stands there twice');
  for (const { type, meaning } of shown) assert.ok(meaning.length > 8, `${type} has a meaning`);
});

/** The anchors of a document's headings, as GitHub and its kin make them. */
function anchorsOf(text: string): Set<string> {
  const prose = text.replace(/^```.*?^```$/gms, '');
  const headings = Array.from(prose.matchAll(/^#+ (.+)$/gm), ([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

tables('every link leads to a file, and to a heading in it', () => {
  for (const path of documentPaths()) {
    const links = readDocument(path).matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g);
    for (const [link, file = '', anchor] of links) {
      if (/^[a-z]+:/.test(file)) continue;
      const target = file === '' ? path : join(dirname(path), file);
      assert.ok(existsSync(join(root, target)), `${path} links to ${file}`);
      if (anchor !== undefined) assert.ok(anchorsOf(readDocument(target)).has(anchor), `${path}: ${link}`);
    }
  }
});

tables('every chapter of the manual is in its list', () => {
  const listed = Array.from(
    readDocument('docs/manual/README.md').matchAll(/\]\(([\w-]+\.md)\)/g),
    ([, name = '']) => name,
  );
  const chapters = documentPaths().flatMap((path) => {
    const name = /^docs\/manual\/(.*)$/.exec(path)?.[1];
    return name === undefined || name === 'README.md' ? [] : [name];
  });
  assert.equal([...listed].sort(), chapters);
});

tables.run();
