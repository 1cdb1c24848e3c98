/** Finds the file of a program that is named as node takes it. */

import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { UsageError } from '../../errors.js';

/** Its real path, with its extension. Throws UsageError if there is no such file. */
export function programEntry(program: string): string {
  const path = resolve(program);
  try {
    return realpathSync(createRequire(path).resolve(path));
  } catch (error) {
    throw new UsageError(`there is no ${path}; build the program and name its compiled file`, {
      cause: error,
    });
  }
}
