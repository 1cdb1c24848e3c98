/** Holds a machine by ssh, with one process there that never ends, until it is killed itself. */
import { SshHost } from '../../src/machines/ssh/ssh-host.js';

const [destination = '', ssh = '', temporary = ''] = process.argv.slice(2);
const host = new SshHost({
  destination,
  ssh,
  node: process.execPath,
  env: { TMPDIR: temporary },
  bundle: async () => ({ bytes: Buffer.from('setInterval(() => {}, 1000);') }),
  ways: {},
  argsOf: () => [],
  secrets: {},
  clientTimeoutMs: 30_000,
  onOutput: () => {},
});
await host.open(new AbortController().signal);
const slave = host.startSlave(() => {});
slave.onPid = (pid) => console.log(`started ${pid}`);
