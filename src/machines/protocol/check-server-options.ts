/** Checks what a program says of a server, its own or another: a wrong word could let in everybody. */

import { createSecureContext } from 'node:tls';
import { UsageError } from '../../errors.js';
import { checkOptionNames } from '../../structures/check-options.js';
import { givenText } from '../../structures/value-text.js';

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
    is: `a text of 1 to ${LONGEST_NAME} characters`,
    holds: (value) => isText(value) && value.length <= LONGEST_NAME,
  },
  token: { is: 'a text that is not empty', holds: isText, isSecret: true },
  tls: { is: 'an object of texts in PEM', holds: (value) => isObject(value), isSecret: true },
  auth: {
    is: 'an object with method, proveToServer and acceptMaster, such as tokenAuth returns',
    holds: (value) => isObject(value) && isText(Reflect.get(value, 'method')) && hasBothSides(value),
    isSecret: true,
  },
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

type Option = keyof typeof CHECKS;

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
  for (const [key, value] of Object.entries(options)) {
    const { is, holds, isSecret }: Check = CHECKS[key as Option];
    if (value === undefined || holds(value)) continue;
    throw new UsageError(
      `${key} of ${call} is ${is}; got ${isSecret ? `another ${typeof value}` : givenText(value)}`,
    );
  }
  checkPem(call, Reflect.get(options, 'tls'));
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

function hasBothSides(auth: object): boolean {
  return ['proveToServer', 'acceptMaster'].every((side) => isFunction(Reflect.get(auth, side)));
}
