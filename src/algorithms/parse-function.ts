/**
 * Parses the source of a function in the form in which its receiver compiles it. The parser is loaded by the first
 * call, since most programs have no portable function.
 */
import { createRequire } from 'node:module';
import type { Expression, Options, Program } from 'acorn';
import { PARSER_TEXT } from './parser-text.js';

/** Lines of `wrapped` before the source. */
export const LINES_BEFORE = 1;

/** The text of a function body that returns the source's function; on lines of its own, as a source may end in a comment. */
export function wrapped(source: string): string {
  return `'use strict'; return (\n${source}\n);`;
}

/** The expression that the source is, or a SyntaxError of the parser. */
export function parseFunction(source: string): Expression | undefined {
  parser ??= loadParser();
  const [statement] = parser.parse(`(function () { ${wrapped(source)} })`, OPTIONS).body;
  if (statement?.type !== 'ExpressionStatement' || statement.expression.type !== 'FunctionExpression')
    return undefined;
  const returned = statement.expression.body.body[1];
  return returned?.type === 'ReturnStatement' ? (returned.argument ?? undefined) : undefined;
}

/** `super` and `import.meta` are found by the search for free names, which says more about them. */
const OPTIONS: Options = {
  ecmaVersion: 'latest',
  sourceType: 'script',
  allowSuperOutsideMethod: true,
  allowImportExportEverywhere: true,
  locations: true,
};

interface Parser {
  readonly parse: (text: string, options: Options) => Program;
}

let parser: Parser | undefined;

function loadParser(): Parser {
  if (PARSER_TEXT === undefined) return createRequire(import.meta.url)('acorn') as Parser;
  const module = { exports: {} };
  new Function('module', 'exports', PARSER_TEXT)(module, module.exports);
  return module.exports as Parser;
}
