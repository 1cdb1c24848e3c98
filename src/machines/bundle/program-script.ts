/**
 * Makes a CommonJS script of a program's code: the wrapper around it, with what stands for files that are not there.
 *
 * The same texts begin the program's workers, which are made when they start, since only then is the script's own
 * place known.
 */

import { HIDE_CHANNEL } from '../hidden-channel.js';
import type { PackedFacts } from './packed-program.js';

export interface ScriptFacts extends PackedFacts {
  /** Of the algorithms as the program's own files have them, by name. */
  readonly fingerprints?: Readonly<Record<string, string>> | undefined;
}

/** `code` is that of `makeProgramCode`. */
export function programScript(code: string, facts: ScriptFacts): string {
  const { before, after } = textsAroundCode(facts);
  return before + code + after;
}

export function textsAroundCode({ fingerprints = {}, ...facts }: ScriptFacts): {
  readonly before: string;
  readonly after: string;
} {
  const before = `(async () => {
'use strict';
${facts.kind === 'bundle' ? HIDE_CHANNEL : ''}
const TS_MW_PACKED = ${JSON.stringify(facts)};
const TS_MW_FINGERPRINTS = ${JSON.stringify(fingerprints)};
const __mwFile = ${facts.kind === 'executable' ? 'process.execPath' : '__filename'};
const __mwPrelude = ${JSON.stringify(PRELUDE)};
${PRELUDE}
`;
  return { before, after: '\n})();\n' };
}

const PRELUDE = `
const __mwMetaOf = (place) => {
  const path = require('node:path');
  const { pathToFileURL } = require('node:url');
  const filename = place === '.' ? __mwFile : path.join(path.dirname(__mwFile), place);
  const url = pathToFileURL(filename).href;
  const resolve = (name) => {
    if (require('node:module').isBuiltin(name)) return name.startsWith('node:') ? name : 'node:' + name;
    if (/^(\\.{0,2}\\/|[a-z]+:)/.test(name)) return new URL(name, url).href;
    throw new Error('import.meta.resolve: ' + name + ' is part of this file, and has no place of its own');
  };
  return { url, filename, dirname: path.dirname(filename), resolve };
};
const __mwFileUrl = (name, base64) => {
  const fs = require('node:fs');
  const path = require('node:path');
  const hash = require('node:crypto').createHash('sha256').update(base64).digest('hex').slice(0, 16);
  const folder = path.join(__mwFile + '.files', hash);
  const file = path.join(folder, name);
  if (!fs.existsSync(file)) {
    fs.mkdirSync(folder, { recursive: true });
    const draft = file + '.' + process.pid + '-' + require('node:worker_threads').threadId;
    fs.writeFileSync(draft, base64, 'base64');
    fs.renameSync(draft, file);
  }
  return require('node:url').pathToFileURL(file);
};
const __mwLoadAddon = (name) => {
  if (TS_MW_PACKED.kind === 'bundle') {
    throw new Error(name + ', a native addon, did not travel with the program; install the program on this machine');
  }
  const module = { exports: {} };
  const path = require('node:path');
  process.dlopen(module, path.join(path.dirname(process.execPath), name));
  return module.exports;
};
const __mwWorker = (base64) => {
  const text = [
    "import { createRequire } from 'node:module';",
    'const TS_MW_PACKED = ' + JSON.stringify(TS_MW_PACKED) + ';',
    'const TS_MW_FINGERPRINTS = ' + JSON.stringify(TS_MW_FINGERPRINTS) + ';',
    'const __mwFile = ' + JSON.stringify(__mwFile) + ';',
    'const require = createRequire(__mwFile);',
    'const __filename = __mwFile;',
    "const __dirname = require('node:path').dirname(__mwFile);",
    'const __mwPrelude = ' + JSON.stringify(__mwPrelude) + ';',
    __mwPrelude,
    Buffer.from(base64, 'base64').toString(),
  ].join('\\n');
  return new URL('data:text/javascript;base64,' + Buffer.from(text).toString('base64'));
};`.trim();
