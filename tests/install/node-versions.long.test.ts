/** The packed library on other versions of Node. */
import { join } from 'node:path';
import { suite } from 'uvu';
import { ifNatsServer, startNatsServer } from '../support/nats-server.js';
import { certificateFile, keyFile } from '../support/tls-files.js';
import { InstalledApp } from './installed-app.js';
import { GREETINGS, NOT_FETCHED, removePlace, tool } from './support.js';

const versions = suite('node versions');
let app: InstalledApp;
versions.before(async () => {
  app = await InstalledApp.make();
});
versions.after(removePlace);

const LOCAL = ['--master', '--slaves', '1'];
const LOCALS = ['--master', '--slaves', '2'];

/** Undefined where it was not fetched. */
const NODES: readonly (readonly [string, string | undefined])[] = [
  ['node 22', tool('node-22/bin/node')],
  ['node 24', tool('node-24/bin/node')],
];

for (const [name, node] of NODES) {
  if (node === undefined) {
    versions.skip(`${name} is ${NOT_FETCHED}`, () => {});
    continue;
  }
  versions(`${name}: two slaves, TLS, a slave killed, a checkpoint`, async () => {
    await app.prints([node, 'killed.mjs', ...LOCALS, join(app.folder, `${name} was killed`)], ['285']);
    const tls = ['--tls-cert', certificateFile('broker'), '--tls-key', keyFile('broker')];
    const kept = ['--checkpoint', `kept by ${name}`];
    await app.prints([node, 'hello.mjs', ...LOCAL, ...tls, ...kept], GREETINGS);
    await app.prints([node, 'hello.mjs', '--master', ...kept], GREETINGS);
  });

  versions(`${name}: types are stripped, and require takes it`, async () => {
    await app.prints([node, 'typed.ts', ...LOCAL], ['42 0']);
    await app.prints([node, 'required.cjs', ...LOCAL], ['42']);
  });

  ifNatsServer(versions)(`${name}: a nats-server`, async () => {
    const server = await startNatsServer();
    try {
      await app.prints([node, 'hello.mjs', ...LOCAL, '--nats-url', server.url], GREETINGS);
    } finally {
      await server.stop();
    }
  });
}

versions.run();
