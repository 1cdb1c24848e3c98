/** Whether this program is one executable made by `dump-exec`, and how a program is started accordingly. */

/** What `dump-exec` writes into an executable, which has no package.json to look into. */
export interface ExecutableFacts {
  readonly libraryVersion: string;
  /** Of the package that the program belonged to, if it had one. */
  readonly programVersion?: string | undefined;
}

declare const TS_MW_EXECUTABLE: ExecutableFacts | undefined;

/** Undefined in a program that node runs. */
export const executableFacts: ExecutableFacts | undefined =
  typeof TS_MW_EXECUTABLE === 'undefined' ? undefined : TS_MW_EXECUTABLE;

/** The command that starts `program` again: node with its own flags and the file, or the executable itself. */
export function programCommand(program: string): readonly [string, ...string[]] {
  if (executableFacts !== undefined) return [process.execPath];
  return [process.execPath, ...inheritedNodeFlags(), program];
}

/** What others are told to start: the file that node runs, or the executable itself. */
export function programFile(program: string | undefined): string | undefined {
  return executableFacts === undefined ? program : process.execPath;
}

/** Without the inspector: its port is taken, and under `--inspect-brk` every slave would wait for a debugger. */
function inheritedNodeFlags(): string[] {
  return process.execArgv.filter((flag) => !/^--inspect(-brk|-wait)?(=|$)/.test(flag));
}
