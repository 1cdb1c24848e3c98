/** The manual against the code: every export, every member of handles, stubs and policies, and no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as exported from '../../src/index.js';
import { readDocument, root } from './read-docs.js';

const chapter = (name: string): string => readDocument(`docs/manual/${name}.md`);

/** The rows of the table below a heading of a chapter. */
function rowsOf(heading: string, text = chapter('api')): string[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  // Behind its head and the line of dashes
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2);
}

const firstCells = (heading: string, text?: string): string[] =>
  rowsOf(heading, text)
    .map((row) => /^\| `([\w-]+)` \|/.exec(row)?.[1] ?? row)
    .sort();

/** The names of an interface's members, as they are written in its file. */
function membersOf(file: string, name: string): string[] {
  const source = readFileSync(join(root, 'src', file), 'utf8');
  const body = new RegExp(`^export interface ${name}\\b.*?\\{\\n(.*?)^\\}`, 'ms').exec(source)?.[1] ?? '';
  return [
    ...new Set(Array.from(body.matchAll(/^ {2}(?:readonly )?(\w+)[(:<?]/gm), ([, member = '']) => member)),
  ].sort();
}

const api = suite('API in the documents');

api('every function and every error that is exported has its row', () => {
  const isError = (name: string): boolean => name.endsWith('Error');
  const names = Object.keys(exported).sort();
  assert.equal(
    firstCells('Functions'),
    names.filter((name) => !isError(name)),
  );
  const errors = rowsOf('Errors')
    .map((row) => /^\| `(\w+)` \|/.exec(row)?.[1])
    .sort();
  assert.equal(errors, names.filter(isError));
});

api('every type that is exported is listed', () => {
  const index = readFileSync(join(root, 'src', 'index.ts'), 'utf8');
  const names = Array.from(index.matchAll(/^export (type )?\{([^}]*)\}/gm)).flatMap(([, all, list = '']) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '' && (all !== undefined || item.startsWith('type ')))
      .map((item) => item.replace(/^type /, '')),
  );
  const listed = rowsOf('Types').flatMap((row) =>
    Array.from(row.matchAll(/`(\w+)`/g), ([, name = '']) => name),
  );
  assert.equal(listed.sort(), names.sort());
});

for (const [heading, file, name] of [
  ['Stubs', 'algorithms/types.ts', 'AlgorithmStubs'],
  ["The master's handle", 'master/program/master-handle.ts', 'MasterHandle'],
  ["The slave's handle", 'slave/run/slave-handle.ts', 'SlaveHandle'],
] as const) {
  api(`every member of ${name} has its row`, () => {
    assert.equal(firstCells(heading), membersOf(file, name));
  });
}

for (const [name, heading, of] of [
  ['policies', 'All fields', 'TaskPolicy'],
  ['task-algorithms', 'Options', 'AlgorithmOptions'],
] as const) {
  api(`every field of ${of} has its row`, () => {
    assert.equal(firstCells(heading, chapter(name)), membersOf('algorithms/types.ts', of));
  });
}

api('every reason of an unrunnable task has its row', () => {
  const source = readFileSync(join(root, 'src', 'errors.ts'), 'utf8');
  const union = /^export type UnrunnableReason =([^;]*);/m.exec(source)?.[1] ?? '';
  const reasons = Array.from(union.matchAll(/'([\w-]+)'/g), ([, reason = '']) => reason);
  assert.ok(reasons.length > 5);
  assert.equal(firstCells('Tasks that failed', chapter('policies')), reasons.sort());
});

api.run();
