/**
 * The text of the parser, a CommonJS module, which a portable function needs at once: a dynamic import would be too
 * late, and a bundler leaves files out. The packed library has it here; a text costs its start almost nothing.
 * Otherwise the parser is a package in `node_modules`.
 */
export const PARSER_TEXT: string | undefined = undefined;
