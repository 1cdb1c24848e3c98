/** The standing servers of `--servers`, as machines of the farm. */

import { hostAndPort } from '../../link/connection/broker-urls.js';
import type { ServerMachine } from '../../machines/farm/machine.js';
import type { ServerPlace } from '../flags/server-flags.js';

/** Each with all slots that it lends, and its address as its name. */
export function serverMachines(servers: readonly ServerPlace[]): ServerMachine[] {
  return servers.map(({ host, port, encrypted }) => {
    const name = hostAndPort(host, port);
    return { name, server: encrypted ? `tls://${name}` : name };
  });
}
