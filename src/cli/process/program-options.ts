/** Checks what a program hands to a master or a slave, and a command line cannot give. */

import { UsageError } from '../../errors.js';
import { checkAuth } from '../../machines/protocol/check-auth.js';
import { givenText } from '../../structures/value-text.js';

const FUNCTIONS = ['algorithm', 'authorizeSlave', 'onAudit'] as const;

/** Throws UsageError that names the option of `call`; other options are left alone. */
export function checkProgramOptions(
  call: string,
  options: {
    readonly program?: unknown;
    readonly serverAuth?: unknown;
  } & { readonly [K in (typeof FUNCTIONS)[number]]?: unknown },
): void {
  for (const key of FUNCTIONS) {
    const value = options[key];
    if (value === undefined || typeof value === 'function') continue;
    throw new UsageError(`${key} of ${call} is a function; got ${givenText(value)}`);
  }
  checkProgram(call, options.program);
  checkAuth(`serverAuth of ${call}`, options.serverAuth);
}

/** The file that slaves run. */
export function checkProgram(call: string, program: unknown): void {
  if (program === undefined) return;
  if (typeof program === 'string' && program !== '' && !program.includes('\0')) return;
  throw new UsageError(
    `program of ${call} is the path of the file that slaves run; got ${givenText(program)}`,
  );
}
