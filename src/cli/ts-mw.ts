#!/usr/bin/env node
/** The command `ts-mw`, for work on a program from outside. */

import { relative } from 'node:path';
import yargs from 'yargs';
import { MwError, UsageError } from '../errors.js';
import { dumpExecutable } from './dump-exec/dump-exec.js';
import { oversee } from './oversee/oversee.js';
import { overseeParams } from './oversee/oversee-params.js';
import { FAILURE } from './process/exit-code.js';
import { packageVersion } from './process/versions.js';
import { addServerCommands } from './server-commands.js';

const commands = yargs(process.argv.slice(2))
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
  .command(
    'oversee',
    'Keep as many slaves on this machine as the resource file of a master says that it needs',
    (command) =>
      command
        .option('resource-file', { type: 'string', describe: 'The file of the master', default: '' })
        .option('min-slaves', { type: 'string', describe: 'Slaves that are kept at least', default: '0' })
        .option('max-slaves', {
          type: 'string',
          describe: 'The most slaves at a time [default: the number of cores]',
        })
        .option('wait', {
          type: 'string',
          describe:
            'Seconds to wait for the file, or for a new one of a master that is gone; 0 means forever',
          default: '30',
        }),
    async (options) => {
      process.exitCode = await oversee(overseeParams(options));
    },
  );
await addServerCommands(commands)
  .demandCommand(1, 'expected a command; type ts-mw server, or ts-mw --help for all')
  .strict()
  .recommendCommands()
  .fail((message, error) => {
    process.stderr.write(`${describe(error, message)}\n`);
    process.exit(FAILURE);
  })
  .parseAsync();

/** A message of yargs names neither the command nor where its options are listed. */
function describe(error: Error | undefined, message: string | undefined): string {
  if (error instanceof MwError) return error.message;
  if (error !== undefined && error.name !== 'YError') return error.stack ?? error.message;
  const problem = message ?? error?.message ?? 'the command line is not understood';
  if (problem.includes('--help')) return problem;
  const [command = ''] = process.argv.slice(2);
  const [, strange] = /^Unknown argument: (.*)$/.exec(problem) ?? [];
  const [, near] = /^Did you mean (.*)\?$/.exec(problem) ?? [];
  if (near !== undefined) return `there is no command ${command}; did you mean ts-mw ${near}?`;
  if (strange === command) return `there is no command ${command}; type ts-mw --help for all`;
  return `ts-mw ${command}: ${problem.charAt(0).toLowerCase()}${problem.slice(1)}; type ts-mw ${command} --help`;
}

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
