/** Bundles that have the library as a script of its own: leaves it out of the program's code, and puts it around that code. */

import type { Plugin } from 'esbuild';
import { LIBRARY_PARAMETERS, type LibraryScript, PREPARED_LIBRARY } from '../library-script.js';

const LOAD = '__mwLibrary';

/** An esbuild plugin that leaves the library out of a program's code, which takes it from the script. */
export function libraryPlugin({ module }: LibraryScript): Plugin {
  return {
    name: 'library',
    setup(build) {
      const filter = new RegExp(`^${module.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`);
      build.onLoad({ filter, namespace: 'file' }, () => ({
        contents: 'export * from "mw-library:";',
        loader: 'js',
      }));
      build.onResolve({ filter: /^mw-library:$/ }, () => ({ path: 'ts-mw', namespace: 'mw-library' }));
      build.onLoad({ filter: /.*/, namespace: 'mw-library' }, () => ({
        contents: `module.exports = ${LOAD}();`,
        loader: 'js',
      }));
    },
  };
}

const HEAD = `function (${LIBRARY_PARAMETERS.join(', ')}) {\n`;
const TAIL = '\n}';

/**
 * The texts before and after the script's own in a bundle: there, its function is called once, unless the very same script was
 * loaded in advance.
 */
export const AROUND_LIBRARY = {
  before: `const __mwRunLibrary = ${HEAD}`,
  after: `${TAIL};
const ${LOAD} = () => {
  const around = { packed: TS_MW_PACKED, fingerprints: TS_MW_FINGERPRINTS, meta: __mwMetaOf('ts-mw.js') };
  const key = Symbol.for('${PREPARED_LIBRARY}');
  const prepared = globalThis[key];
  delete globalThis[key];
  if (prepared !== undefined && ${JSON.stringify(HEAD)} + prepared.text + ${JSON.stringify(TAIL)} === String(__mwRunLibrary)) {
    Object.assign(prepared.around, around);
    return prepared.exports;
  }
  const module = { exports: {} };
  __mwRunLibrary(module.exports, require, module, around);
  return module.exports;
};
`,
};
