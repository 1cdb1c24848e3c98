/** The server's door for others: loaded only where a server is started. */

export { Server } from './server.js';
export { serverSettings } from './server-options.js';
