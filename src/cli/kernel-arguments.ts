/** The arguments of `makeKernel`, and their checks, which throw UsageError. */

import { UsageError } from '../errors.js';
import { hostAndPort } from '../link/connection/broker-urls.js';
import type { ServerAuth } from '../machines/protocol/auth.js';
import { checkServerOptions } from '../machines/protocol/check-server-options.js';
import { checkOptionNames, checkOptionsObject } from '../structures/check-options.js';
import { givenText } from '../structures/value-text.js';
import type { EmbeddedMasterOptions } from './embed.js';
import { checkProgram, checkProgramOptions } from './process/program-options.js';

/** The slaves of a kernel: local processes that run `program`, the running file by default. */
export interface KernelSlaves {
  /** Their number. */
  readonly slaves: number;
  /** The file that they run; it calls `makeKernel` or `initialize`. */
  readonly program?: string | undefined;
}

/** Where a standing server listens: its host, as `tls://HOST` if it speaks TLS on loopback, and its port. */
export type ServerAddress = readonly [host: string, port: number];

/** Options of `makeKernel`: those of `master()`, without those of its slaves, and the proof for standing servers. */
export interface KernelOptions
  extends Omit<EmbeddedMasterOptions, 'slaves' | 'program' | 'servers' | 'serverAuth' | 'serverTokenFile'> {
  /** The token of the servers. */
  readonly token?: string | undefined;
  /** Another way to prove itself to the servers, instead of `token`. */
  readonly auth?: ServerAuth | undefined;
  /** The file whose algorithms the servers run; the running one. */
  readonly program?: string | undefined;
}

const SLAVES_KEYS = ['slaves', 'program'] as const satisfies (keyof KernelSlaves)[];

export function isAddresses(where: unknown): where is readonly ServerAddress[] {
  if (!Array.isArray(where)) return false;
  if (where.length > 0) return true;
  throw new UsageError("makeKernel takes at least one server, such as makeKernel([['127.0.0.1', 11111]])");
}

/** For `--servers`. */
export function textOfAddress(address: unknown): string {
  const [host, port] = Array.isArray(address) ? address : [];
  if (typeof host === 'string' && host !== '' && isPort(port)) {
    const [, scheme = '', name = ''] = /^(tls:\/\/)?(.*)$/i.exec(host) ?? [];
    return `${scheme}${hostAndPort(name, port)}`;
  }
  throw new UsageError(
    `makeKernel takes addresses of servers, such as makeKernel([['127.0.0.1', 11111]]); got ${shownAddress(address)}`,
  );
}

function isPort(port: unknown): port is number {
  return Number.isSafeInteger(port) && (port as number) >= 1 && (port as number) <= 65_535;
}

function shownAddress(address: unknown): string {
  return Array.isArray(address) ? `[${address.map(givenText).join(', ')}]` : givenText(address);
}

/** Those that have another place here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  slaves: 'give it in the first argument, as makeKernel({ slaves: 4 })',
  servers: "give their addresses as the first argument, as makeKernel([['127.0.0.1', 11111]])",
  serverAuth: 'it is called auth here',
  serverTokenFile: 'give the token itself, as token',
};

export function checkKernelOptions(options: unknown): void {
  checkOptionsObject('makeKernel', options, ['token', 'auth', 'program', '…']);
  for (const [key, advice] of Object.entries(ELSEWHERE)) {
    if (!(key in options)) continue;
    throw new UsageError(`makeKernel has no option ${JSON.stringify(key)}; ${advice}`);
  }
  checkServerOptions('makeKernel', options, ['token', 'auth']);
  checkProgramOptions('makeKernel', options);
}

export function checkSlaves(where: unknown): void {
  const { slaves } = (where ?? {}) as Partial<KernelSlaves>;
  if (typeof where === 'object' && Number.isSafeInteger(slaves) && (slaves as number) >= 0) {
    checkOptionNames('makeKernel', where, SLAVES_KEYS);
    checkProgram('makeKernel', (where as KernelSlaves).program);
    return;
  }
  throw new UsageError(
    "makeKernel takes the slaves that it should start, such as makeKernel({ slaves: 4 }), or addresses of servers, such as makeKernel([['127.0.0.1', 11111]])",
  );
}
