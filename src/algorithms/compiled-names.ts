/** Names that compilers, bundlers and similar tools write into functions, and a cure for each kind. */

const CURES: readonly (readonly [pattern: RegExp, cure: (name: string) => string])[] = [
  [
    /^(require|module|exports|__filename|__dirname)$/,
    () => "A module of Node's own is there by process.getBuiltinModule('node:fs') or await import('node:fs')",
  ],
  [
    /^(__toESM|__toCommonJS|__require|require_\w+)$/,
    (name) =>
      `${name} is an import() as a bundler has changed it; for a module of Node's own write ` +
      "process.getBuiltinModule('node:fs')",
  ],
  [
    /^(import_\w+|__vi\w*import\w*|(?!tslib_)\w+_\d+)$/,
    (name) => `${name} is an import in compiled form; copy what it needs into a const, and capture that`,
  ],
  [
    /^(__[a-z]|tslib_|cov_|_(async|await|define|object|to|class)_?[A-Za-z])/,
    (name) =>
      `${name} is a helper that a compiler or a coverage tool wrote; compile for ES2022 or later, and without ` +
      'coverage counters in the code',
  ],
];

/** Advice about a free name that a compiler or bundler wrote; empty for a name that the program seems to have. */
export function cureFor(name: string, captured: readonly string[]): string {
  const base = /^(\w*?[A-Za-z_$])\d+$/.exec(name)?.[1];
  if (base !== undefined && captured.includes(base)) {
    return `A bundler has renamed ${base}: no other variable of the program may have the name of a capture`;
  }
  return CURES.find(([pattern]) => pattern.test(name))?.[1](name) ?? '';
}
