/** The error of a server that cannot listen. */
import { MwError } from '../errors.js';

/** `who` is a server, such as "the broker". */
export function cannotListen(who: string, host: string, port: number, why: string): MwError {
  return new MwError('ERR_MW_BROKER', `${who} cannot listen on ${placeOf(host, port)}: ${why}`);
}

/** An IPv6 address needs its brackets. */
export function placeOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
