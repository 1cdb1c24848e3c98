#!/usr/bin/env node
/** The command `ts-mw`, for work on a program from outside. */

import { relative } from 'node:path';
import yargs from 'yargs';
import { MwError, UsageError } from '../errors.js';
import { dumpExecutable } from './dump-exec/dump-exec.js';
import { FAILURE } from './process/exit-code.js';
import { packageVersion } from './process/versions.js';

await yargs(process.argv.slice(2))
  .scriptName('ts-mw')
  .locale('en')
  .version(packageVersion())
  .command(
    'dump-exec [program]',
    'Write a compiled program, its dependencies and Node as one executable file',
    (command) =>
      command
        .positional('program', {
          type: 'string',
          describe: 'Its file, such as dist/app.js',
        })
        .option('exec-name', {
          type: 'string',
          describe: "The executable's path [default: the program's name]",
        }),
    ({ program, execName }) => dumpExec(program, execName),
  )
  .demandCommand(1, 'expected a command; type ts-mw dump-exec PROGRAM')
  .strict()
  .fail((message, error) => {
    const known = error instanceof MwError || error === undefined;
    process.stderr.write(`${known ? (message ?? error?.message) : (error.stack ?? error.message)}\n`);
    process.exit(FAILURE);
  })
  .parseAsync();

async function dumpExec(program: string | undefined, execName: string | undefined): Promise<void> {
  if (program === undefined) {
    throw new UsageError('expected a program, got none; type ts-mw dump-exec PROGRAM, such as dist/app.js');
  }
  const { file, bytes, addons } = await dumpExecutable({ program, execName });
  const megabytes = (bytes / 2 ** 20).toFixed(0);
  const lines = [
    `${relative('', file)}: ${megabytes} MB, with node ${process.version} for ${process.platform}-${process.arch}`,
  ];
  for (const addon of addons) lines.push(`native addon, needed beside it: ${addon}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}
