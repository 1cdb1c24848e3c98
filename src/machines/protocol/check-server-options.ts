/** Checks what a program says of a server, its own or another: a wrong word could let in everybody. */

import { createSecureContext } from 'node:tls';
import { UsageError } from '../../errors.js';
import { checkOptionNames } from '../../structures/check-options.js';
import { nameFault } from '../../structures/name-fault.js';
import { givenText } from '../../structures/value-text.js';
import { checkAuth } from './check-auth.js';

interface Check {
  readonly is: string;
  readonly holds: (value: unknown) => boolean;
  /** It is not shown in an error. */
  readonly isSecret?: boolean;
}

const LONGEST_NAME = 256;
const PEM_FIELDS = ['cert', 'key', 'ca'] as const;

const CHECKS = {
  slots: { is: 'a whole number', holds: Number.isSafeInteger },
  name: {
    is: `a text of 1 to ${LONGEST_NAME} characters that a line can show`,
    holds: (value) => isText(value) && value.length <= LONGEST_NAME && nameFault(value) === undefined,
  },
  token: { is: 'a text that is not empty', holds: isText, isSecret: true },
  tls: { is: 'an object of texts in PEM', holds: (value) => isObject(value), isSecret: true },
  allowedUsers: {
    is: 'an array of names',
    holds: (value) => Array.isArray(value) && value.every(isText),
  },
  authorize: { is: 'a function', holds: isFunction },
  insecure: { is: 'true or false', holds: (value) => typeof value === 'boolean' },
  folder: { is: 'a path', holds: isText },
  timeout: { is: 'a number of seconds', holds: (value) => Number.isFinite(value) && Number(value) >= 0 },
  onAudit: { is: 'a function', holds: isFunction },
} as const satisfies Record<string, Check>;

type Option = keyof typeof CHECKS | 'auth';

/** Throws UsageError for a host or a port that cannot be one, and for options of another name or kind. */
export function checkServerCall(
  call: string,
  { host, port, options }: { readonly host: unknown; readonly port: unknown; readonly options: unknown },
  known: readonly Option[],
): void {
  if (!isText(host))
    throw new UsageError(`the host of ${call} is a name or an address; got ${givenText(host)}`);
  const isPort = Number.isSafeInteger(port) && Number(port) >= 0 && Number(port) <= 65_535;
  if (!isPort) throw new UsageError(`the port of ${call} is a whole number to 65535; got ${givenText(port)}`);
  checkOptionNames(call, options, known);
  checkServerOptions(call, options, known);
  checkPem(call, Reflect.get(options, 'tls'));
}

/** Throws UsageError for those of `options` that are among `among`; the others are left alone. */
export function checkServerOptions(call: string, options: object, among: readonly Option[]): void {
  for (const key of among) {
    const value: unknown = Reflect.get(options, key);
    if (key === 'auth') {
      checkAuth(`auth of ${call}`, value);
      continue;
    }
    const { is, holds, isSecret }: Check = CHECKS[key];
    if (value === undefined || holds(value)) continue;
    throw new UsageError(
      `${key} of ${call} is ${is}; got ${isSecret ? `another ${typeof value}` : givenText(value)}`,
    );
  }
  const { token, auth } = options as { readonly token?: unknown; readonly auth?: unknown };
  if (token === undefined || auth === undefined) return;
  throw new UsageError(`${call} takes either a token or an auth; leave one of them out`);
}

function checkPem(call: string, tls: unknown): void {
  if (tls === undefined) return;
  checkOptionNames(`tls of ${call}`, tls, PEM_FIELDS);
  const [cert, key, ca] = PEM_FIELDS.map((field) => Reflect.get(tls as object, field) as string | undefined);
  try {
    createSecureContext({ cert, key, ca });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`tls of ${call} has ${PEM_FIELDS.join(', ')} in PEM, which cannot be read: ${why}`);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
