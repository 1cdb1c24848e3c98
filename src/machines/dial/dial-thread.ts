/** The thread that has a master's connections to its servers: hands commands to links, and their events to main. */

import { parentPort } from 'node:worker_threads';
import { LeaseLink } from './lease-link.js';
import type { LinkCommand, LinkEvent } from './link-messages.js';

const links = new Map<number, LeaseLink>();

parentPort?.on(
  'message',
  ({ link: id, command }: { readonly link: number; readonly command: LinkCommand }) => {
    if (command.type !== 'open') {
      links.get(id)?.take(command);
      return;
    }
    const link = new LeaseLink(command, (event: LinkEvent) => parentPort?.postMessage({ link: id, event }));
    links.set(id, link);
    void link.run().then(() => links.delete(id));
  },
);
