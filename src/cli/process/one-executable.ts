/** How a program is started again: by node from its file, or as the executable that `dump-exec` made of it. */

import { packedFacts } from '../../machines/bundle/packed-program.js';

/** The command that starts `program` again: node with its own flags and the file, or the executable itself. */
export function programCommand(program: string): readonly [string, ...string[]] {
  if (isExecutable()) return [process.execPath];
  return [process.execPath, ...inheritedNodeFlags(), program];
}

/** The file that others should start: the one that node runs, or the executable itself. */
export function programFile(program: string | undefined): string | undefined {
  return isExecutable() ? process.execPath : program;
}

function isExecutable(): boolean {
  return packedFacts()?.kind === 'executable';
}

/** Without the inspector: its port is taken, and under `--inspect-brk` every slave would wait for a debugger. */
function inheritedNodeFlags(): string[] {
  return process.execArgv.filter((flag) => !/^--inspect(-brk|-wait)?(=|$)/.test(flag));
}
