/**
 * Says whether this program is one executable made by `dump-exec`, and how a program is started accordingly.
 */

/** The data that `dump-exec` writes into an executable, which has no package.json. */
export interface ExecutableFacts {
  readonly libraryVersion: string;
  /** From the program's package, if it had one. */
  readonly programVersion?: string | undefined;
}

declare const TS_MW_EXECUTABLE: ExecutableFacts | undefined;

/** Undefined if node runs the program. */
export const executableFacts: ExecutableFacts | undefined =
  typeof TS_MW_EXECUTABLE === 'undefined' ? undefined : TS_MW_EXECUTABLE;

/** The command that starts `program` again: node with its own flags and the file, or the executable itself. */
export function programCommand(program: string): readonly [string, ...string[]] {
  if (executableFacts !== undefined) return [process.execPath];
  return [process.execPath, ...inheritedNodeFlags(), program];
}

/** The file that others should start: the one that node runs, or the executable itself. */
export function programFile(program: string | undefined): string | undefined {
  return executableFacts === undefined ? program : process.execPath;
}

/** Without the inspector: its port is taken, and under `--inspect-brk` every slave would wait for a debugger. */
function inheritedNodeFlags(): string[] {
  return process.execArgv.filter((flag) => !/^--inspect(-brk|-wait)?(=|$)/.test(flag));
}
