/** The tables of the documents against the tables of the source, and the links between documents. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AUDIT_EVENT_TYPES, TEXT_TEMPLATES } from '../../src/audit/text-templates.js';
import { FLAG_ROWS } from '../../src/cli/flag-table.js';
import { documentPaths, readDocument, root, section } from './read-docs.js';

const tables = suite('tables in the documents');

tables('the flags of the README are those of the program, in its words', () => {
  const rows = FLAG_ROWS.map(
    ({ name, takesValue, byDefault = '', describe }) =>
      `| \`${name}${takesValue ? ' …' : ''}\` | ${byDefault} | ${describe} |`,
  );
  const expected = ['| flag | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  assert.is(section(readDocument('README.md'), 'flags'), expected);
});

/** `{sid:id} <- {count:int} tasks` is shown as `{sid} <- {count} tasks`. */
function shownForm(template: string): string {
  return template
    .replace(/\{(\w+):\w+\}/g, '{$1}')
    .replaceAll('[[', '[')
    .replaceAll(']]', ']');
}

tables('every audit event is explained, with the line that is written', () => {
  const text = readDocument('docs/audit-trail.md');
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

tables('every link to a file leads to one', () => {
  for (const path of documentPaths()) {
    for (const [, target = ''] of readDocument(path).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      assert.ok(existsSync(join(root, dirname(path), target)), `${path} links to ${target}`);
    }
  }
});

tables.run();
