/** The error of a server that cannot listen. */
import { MwError } from '../errors.js';

/** By the code of Node's error, which is all that is left of one that comes from a thread. */
const CURES: readonly (readonly [code: string, cure: string])[] = [
  ['EADDRINUSE', 'another program has that port; type another one'],
  ['EADDRNOTAVAIL', 'this machine does not have that address; type one that it has'],
  ['EACCES', 'that port needs rights that this user has not; type one from 1024'],
  ['ENOTFOUND', 'there is no host of that name; type an address of this machine'],
];

/** `who` is a server, such as "the broker". */
export function cannotListen(who: string, host: string, port: number, why: string): MwError {
  const cure = CURES.find(([code]) => why.includes(code))?.[1];
  const text = cure === undefined ? why : `${cure} (${why})`;
  return new MwError('ERR_MW_BROKER', `${who} cannot listen on ${placeOf(host, port)}: ${text}`);
}

/** An IPv6 address needs its brackets. */
export function placeOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
