/** Makes one script of the page's modules: a browser fetches one file, and a saved page has it inside. */

/** In the order in which one needs the others. */
export const SCRIPTS: readonly string[] = [
  'format.js',
  'elements.js',
  'charts.js',
  'table.js',
  'source.js',
  'overview.js',
  'lanes.js',
  'stream.js',
  'slaves.js',
  'machines.js',
  'failures.js',
  'tasks.js',
  'trail.js',
  'flame.js',
  'profile.js',
  'threads.js',
  'output.js',
  'app.js',
];

const IMPORT = /^import \{([^}]*)\} from '\.\/([^']+)';\n/gm;
const EXPORT = /^export (?=(?:async function|function|const|class) (\w+))/gm;

/**
 * Each module becomes a function that returns what it exports. They import by names from the ones before them, and export
 * declarations only.
 */
export function joinScripts(texts: readonly string[]): string {
  const parts = texts.map((text, index) => {
    const names = Array.from(text.matchAll(EXPORT), ([, name]) => name);
    const body = text
      .replace(IMPORT, (_, imported: string, file: string) => `const {${imported}} = modules['${file}'];\n`)
      .replace(EXPORT, '');
    return `modules['${SCRIPTS[index]}'] = (() => {\n${body}return { ${names.join(', ')} };\n})();\n`;
  });
  return `'use strict';\n{\nconst modules = {};\n${parts.join('')}}\n`;
}
