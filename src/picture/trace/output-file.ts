/** Files that are written beside the tables of a report, none of which may be the trail itself. */

import { stat } from 'node:fs/promises';
import { oldFilesOf } from '../../audit/read/trail-set.js';
import { UsageError } from '../../errors.js';

/** Throws UsageError if the file that is named by the flag is one of the trail's, old ones included. */
export async function refuseTrailFile(
  flag: '--html' | '--trace',
  path: string,
  trail: string,
): Promise<void> {
  for (const read of [...(await oldFilesOf(trail)), trail]) {
    if (!(await isSameFile(path, read))) continue;
    throw new UsageError(`${flag} would overwrite the trail ${read}; name another file after ${flag}`);
  }
}

async function isSameFile(path: string, other: string): Promise<boolean> {
  try {
    const [one, another] = await Promise.all([stat(path), stat(other)]);
    return one.isFile() && one.ino === another.ino && one.dev === another.dev;
  } catch {
    // One that is not there is not the other
    return false;
  }
}
