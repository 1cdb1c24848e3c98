/** Removes from a program's output the name of the machine where it ran. */

export interface Machine {
  readonly hostName: string;
  /** Folders that must not be seen: the repository's, the user's home. */
  readonly folders: readonly string[];
}

const HOST = 'node-1';

/** The host's name is replaced. A folder is an error, since text without it would not be what the program prints. */
export function anonymous(output: string, { hostName, folders }: Machine): string {
  const seen = folders.find((folder) => folder !== '/' && output.includes(folder));
  if (seen !== undefined)
    throw new Error(`the program printed the folder ${seen}; run it where it prints none`);
  const name = hostName.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  // Not inside a longer word: a host may be called `a`
  return output.replace(new RegExp(`(?<![\\w.-])${name}(?![\\w-])`, 'g'), HOST);
}
