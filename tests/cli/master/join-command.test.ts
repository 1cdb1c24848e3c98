/** The command that a master tells people to type in another shell. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFlags } from '../../../src/cli/flags/parse-command.js';
import { joinCommand } from '../../../src/cli/master/join-command.js';
import { NatsAccount } from '../../support/nats-accounts.js';
import { certificateFile, keyFile } from '../../support/tls-files.js';

const test = suite('the command that starts a slave');

const directory = '/home/user/work';
const broker = { host: '127.0.0.1', port: 4567 };

function commandOf(flags: string, at: typeof broker | 'nats-server' = broker, program = 'app.js') {
  const command = parseFlags(['--master', ...flags.split(' ').filter((word) => word !== '')], {});
  if (command.kind !== 'run') throw new Error(command.kind);
  const line = joinCommand({
    configuration: command.configuration,
    program: join(directory, program),
    broker: at === 'nats-server' ? undefined : at,
    directory,
  });
  // Node's own flags, of the process that runs the test
  return line.replace(/^node (?:-\S+ )*/, 'node ');
}

test('it has the port, the member id and the arguments of the program', () => {
  assert.is(commandOf(''), 'node app.js --slave --master-port 4567');
  assert.is(
    commandOf('--member-id m --slave-concurrency 4 -- a b', broker, 'my app.js'),
    "node 'my app.js' --slave --master-port 4567 --member-id m --slave-concurrency 4 -- a b",
  );
  assert.is(
    commandOf('', broker, '../other/app.js'),
    'node /home/user/other/app.js --slave --master-port 4567',
  );
});

test('a resource file takes the place of all that it holds', () => {
  assert.is(commandOf('--resource-file m.rsc --member-id m'), 'node app.js --slave --resource-file m.rsc');
});

test('beside a resource file it has what that does not hold', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ts-mw-join-'));
  const creds = join(folder, 'a.creds');
  const user = new NatsAccount().createUser(() => ({ publish: [], subscribe: [] }));
  writeFileSync(creds, user.creds, { mode: 0o600 });
  try {
    const place = '--nats-url tls://h:1 --resource-file m.rsc';
    const ca = `--tls-ca ${certificateFile('ca')}`;
    assert.is(
      commandOf(`${place} --nats-creds ${creds} ${ca}`, 'nats-server'),
      `node app.js --slave --resource-file m.rsc --nats-creds ${creds}`,
    );
    const own = `--tls-cert ${certificateFile('broker')} --tls-key ${keyFile('broker')}`;
    assert.is(
      commandOf(`${place} ${own}`, 'nats-server'),
      'node app.js --slave --resource-file m.rsc --tls-cert FILE --tls-key FILE',
    );
    assert.is(commandOf(`--resource-file m.rsc ${own}`), 'node app.js --slave --resource-file m.rsc');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a value that begins with a dash stays one', () => {
  assert.is(commandOf('--member-id=-m'), 'node app.js --slave --master-port 4567 --member-id=-m');
});

test('with a nats-server it has its URLs, and no secret', () => {
  const line = commandOf('--nats-url h:1 --nats-url h:2 --nats-token s3cret', 'nats-server');
  const urls = '--nats-url nats://h:1 --nats-url nats://h:2';
  assert.is(line, `node app.js --slave ${urls} --nats-token-file FILE`);
});

test('a master on another address names it', () => {
  const line = commandOf('--master-host 192.0.2.7 --insecure --nats-token s3cret', {
    host: '192.0.2.7',
    port: 4567,
  });
  const place = '--master-host 192.0.2.7 --master-port 4567';
  assert.is(line, `node app.js --slave ${place} --nats-token-file FILE --insecure`);
});

test.run();
