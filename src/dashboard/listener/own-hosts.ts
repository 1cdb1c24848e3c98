/**
 * Under which names a listener may be asked. A page of another site can make a browser ask us under a name that its own
 * server has pointed here (DNS rebinding), and would then be told everything. It cannot do that with an address.
 */

import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** The names of this machine, and the host that the listener was given. */
export function namesOf(host: string, machine: string = hostname()): ReadonlySet<string> {
  const name = machine.toLowerCase();
  return new Set([host.toLowerCase(), name, name.split('.', 1)[0] ?? name]);
}

/** Whether a request's `Host` is one of the names, `localhost` or an address; any port, since tunnels have their own. */
export function isOwnHost(header: string | undefined, names: ReadonlySet<string>): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(header ?? '') ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  const name = plain?.toLowerCase().replace(/\.$/, '') ?? '';
  return isIP(name) === 4 || name === 'localhost' || (name !== '' && names.has(name));
}

/** Also tells what to type. */
export function foreignHostText(header: string | undefined, flag: string): string {
  const name = (header ?? '').slice(0, 100).replace(/[^\w.:[\]-]/g, '?');
  return `"${name}" is not a name of this listener; use an address, or start it with ${flag} HOST:PORT\n`;
}
