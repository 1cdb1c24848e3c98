/**
 * `npm run load`: hundreds of slave processes, a thousand connections, a storm of slaves, results that
 * come too fast, a million tasks, large results. Exits 1 if anything was lost, doubled, or grew beyond
 * its bound.
 *
 *     npm run load                              all parts, 20 minutes or so
 *     npm run load -- --small                   all parts, small; a minute
 *     npm run load -- --only storm --json figures.json
 */

import { writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import yargs from 'yargs';
import { measureBacklog } from './backlog.js';
import { measureConnections } from './connections.js';
import { measureLarge } from './large.js';
import { type LoadRow, megabytes, rowHead, rowLines } from './load-row.js';
import { measureMillion } from './million.js';
import { measureSlaves } from './slaves.js';
import { measureStorm } from './storm.js';

interface Part {
  readonly full: () => Promise<LoadRow[]>;
  readonly small: () => Promise<LoadRow[]>;
}

const PARTS = {
  slaves: {
    full: () => measureSlaves({ slaves: 300 }),
    small: () => measureSlaves({ slaves: 30 }),
  },
  connections: {
    full: () => measureConnections({ connections: 1_000 }),
    small: () => measureConnections({ connections: 200 }),
  },
  storm: {
    full: () => measureStorm({ rate: 200, seconds: 60 }),
    small: () => measureStorm({ rate: 40, seconds: 3 }),
  },
  backlog: {
    full: () => measureBacklog({ share: 1 }),
    small: () => measureBacklog({ share: 0.05 }),
  },
  million: {
    full: () => measureMillion({ tasks: 1_000_000 }),
    small: () => measureMillion({ tasks: 20_000 }),
  },
  large: {
    full: () => measureLarge({ results: 1_000 }),
    small: () => measureLarge({ results: 20 }),
  },
} as const satisfies Readonly<Record<string, Part>>;

type PartName = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as PartName[];

const flags = await yargs(process.argv.slice(2))
  .usage('npm run load -- [flags]')
  .option('only', {
    describe: 'the parts to run, joined by commas',
    default: NAMES.join(),
    coerce: readParts,
  })
  .option('small', { type: 'boolean', default: false, describe: 'as small as in the tests' })
  .option('json', { type: 'string', describe: 'a file for the figures' })
  .strict()
  .parse();

function readParts(text: string): PartName[] {
  return text.split(',').map((name) => {
    if (!(NAMES as string[]).includes(name)) throw new Error(`--only takes ${NAMES.join(', ')}; got ${name}`);
    return name as PartName;
  });
}

const memory = `${megabytes(totalmem()).toFixed(0)} MB of memory`;
console.log(`Node ${process.version}, ${availableParallelism()} cores, ${memory}, audit trail to a file\n`);
console.log(rowHead());
const rows: LoadRow[] = [];
const failures: string[] = [];
for (const name of flags.only) {
  try {
    for (const row of await PARTS[name][flags.small ? 'small' : 'full']()) {
      rows.push(row);
      failures.push(...row.failures);
      console.log(rowLines(row).join('\n'));
    }
  } catch (error) {
    const failure = `${name}: ${error instanceof Error ? error.message : String(error)}`;
    failures.push(failure);
    console.log(`FAILED: ${failure}`);
  }
}
if (flags.json !== undefined) {
  const conditions = { node: process.version, cores: availableParallelism(), time: new Date().toISOString() };
  writeFileSync(flags.json, `${JSON.stringify({ conditions, rows, failures }, null, 2)}\n`);
}
process.exitCode = failures.length > 0 ? 1 : 0;
