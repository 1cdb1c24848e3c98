/** Whole programs over TLS, on both brokers: slaves that join, words to those that may not, what a listener sees. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { master, slave } from 'ts-mw';
import * as assert from 'uvu/assert';
import { square } from '../programs/algorithms.js';
import { ifNatsServer, startNatsServer } from '../support/nats-server.js';
import { type Programs, type RunningProgram, until, withPrograms } from '../support/programs.js';
import { certificateFile, keyFile, pem } from '../support/tls-files.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('TLS');

const TOKEN = 'a-token-that-nobody-may-see';
const own = (name: 'broker' | 'self' | 'client' | 'expired'): string[] => [
  '--tls-cert',
  certificateFile(name),
  '--tls-key',
  keyFile(name),
];
const trusting = ['--tls-ca', certificateFile('ca')];

function tokenFile(folder: string): string[] {
  const file = join(folder, 'token');
  writeFileSync(file, TOKEN, { mode: 0o600 });
  return ['--nats-token-file', file];
}

async function portOf(master: RunningProgram): Promise<string> {
  return (await master.waitForLine(/MASTER READY tls:\/\/[\d.]+:(\d+)/))[1] ?? '';
}

/** Passes bytes on and keeps them all. */
async function recordingWay(target: number): Promise<AsyncDisposable & { port: number; seen(): string }> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[] = [];
  const server = createServer((near) => {
    const far = connectSocket(target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        to.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    seen: () => Buffer.concat(chunks).toString('latin1'),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function refused(program: RunningProgram, ...said: RegExp[]): Promise<void> {
  assert.is(await program.code(), 255, program.report());
  for (const line of said) assert.ok(program.count(line) > 0, `${line}\n${program.report()}`);
  assert.is(program.count(/^ +at /), 0, program.report());
}

/** A slave goes on looking, however long a busy machine takes for its first attempt. */
async function refusedSlave(program: RunningProgram, said: RegExp): Promise<void> {
  await program.waitForLine(said);
  program.kill('SIGTERM');
  await refused(program);
}

test('slaves join by the resource file alone, whatever names the certificate has', () =>
  withPrograms(async ({ start, folder }) => {
    const file = join(folder, 'm.rsc');
    const flags = ['--master-host', '0.0.0.0', '--resource-file', file, ...own('self'), '--slaves', '1'];
    const running = start('lives.js', ['--master', ...flags, '--', 'pausing']);
    await running.waitForLine(/^pausing begins$/);
    const { nats } = JSON.parse(readFileSync(file, 'utf8')) as {
      nats: { urls: string[]; certificate: string; token: string };
    };
    for (const url of nats.urls) assert.match(url, /^tls:\/\//);
    assert.is(nats.certificate, pem('self'));
    const port = await portOf(running);
    await using way = await recordingWay(Number(port));
    const place = ['--resource-file', file, '--master-host', '127.0.0.1', '--master-port', String(way.port)];
    const joined = start('worker.js', ['--slave', ...place]);
    await joined.waitForLine(/MASTER -> ID SLAVE-1/);
    const distrusting = start('worker.js', ['--slave', ...place, ...trusting]);
    await refusedSlave(
      distrusting,
      /CONNECT REFUSED tls:\/\/127\.0\.0\.1:\d+ no TLS with .*: --tls-ca \S+ \(CN=ca\) did not sign its certificate \(CN=self, signed by itself\)/,
    );
    running.kill('SIGTERM');
    assert.is(await running.code(), 143, running.report());
    assert.is(await joined.code(), 0, joined.report());
    const seen = way.seen();
    assert.match(seen, /^INFO .*"tls_required":true/m);
    for (const word of [nats.token, 'CONNECT', 'hello', 'SUB ']) assert.not(seen.includes(word), word);
  }));

test.long('a plain broker is never taken by who was told of TLS', () =>
  withPrograms(async ({ start }) => {
    await using plain = await master({ natsToken: TOKEN });
    await using way = await recordingWay(plain.masterPort);
    const place = ['--slave', '--master-port', String(way.port)];
    const env = { TS_MW_TOKEN: TOKEN };
    await refusedSlave(
      start('worker.js', [...place, ...trusting], { env }),
      /does not offer TLS, which is required/,
    );
    assert.match(way.seen(), /INFO/);
    assert.not(way.seen().includes(TOKEN));
    const open = start('worker.js', place, { env });
    await open.waitForLine(/MASTER -> ID SLAVE-0/);
    await plain.stop();
    assert.is(await open.code(), 0, open.report());
    assert.ok(way.seen().includes(TOKEN), 'without TLS the way does see it');
  }),
);

test.long(
  'with --tls-verify only holders of a certificate join, and the master itself, its slaves and guests',
  () =>
    withPrograms(async ({ start, folder }) => {
      const flags = [...own('broker'), ...trusting, '--tls-verify', ...tokenFile(folder)];
      const running = start('lives.js', ['--master', ...flags, '--slaves', '1', '--', 'pausing']);
      await running.waitForLine(/^pausing begins$/);
      const place = ['--slave', '--master-host', 'localhost', '--master-port', await portOf(running)];
      const known = [...place, ...trusting, ...tokenFile(folder)];
      const without = start('worker.js', known);
      await refusedSlave(
        without,
        /CONNECT REFUSED .* it asks for a certificate of ours .*--tls-cert FILE --tls-key FILE$/,
      );
      await running.waitForLine(/BROKER AUTH FAIL\w+ .*Client Certificate Required: no certificate/);
      const right = start('worker.js', [...known, ...own('client')]);
      await right.waitForLine(/MASTER -> ID SLAVE-1/);
      running.kill('SIGTERM');
      assert.is(await running.code(), 143, running.report());
      assert.is(await right.code(), 0, right.report());

      const [tlsCert, tlsKey] = [certificateFile('broker'), keyFile('broker')];
      await using mw = await master({ tlsCert, tlsKey, tlsCa: certificateFile('ca'), tlsVerify: true });
      await using _guest = await slave(mw);
      assert.is(await mw.run(() => square.future(7)), 49);
    }),
);

const onServer = ifNatsServer(test.long);
onServer(
  'a nats-server with TLS: master, local slaves, and others by the resource file; others are refused',
  () =>
    withPrograms(async (programs) => {
      const server = await startNatsServer({ tls: { name: 'broker', verify: true }, token: TOKEN });
      try {
        await throughNatsServer(server, programs);
      } finally {
        await server.stop();
      }
    }),
);

async function throughNatsServer(
  { port, url }: { readonly port: number; readonly url: string },
  { start, folder }: Programs,
): Promise<void> {
  await using way = await recordingWay(port);
  const file = join(folder, 'm.rsc');
  const through = ['--nats-url', `nats://127.0.0.1:${way.port}`, ...tokenFile(folder)];
  const flags = [...through, ...trusting, ...own('client'), '--resource-file', file];
  const running = start('lives.js', ['--master', ...flags, '--slaves', '1', '--', 'pausing']);
  await running.waitForLine(/^pausing begins$/);
  const joined = start('worker.js', ['--slave', '--resource-file', file, ...own('client')]);
  await joined.waitForLine(/MASTER -> ID SLAVE-1/);
  const unsigned = ['--nats-url', url, ...tokenFile(folder)];
  await refused(
    start('lives.js', ['--master', ...unsigned, '--', 'squares']),
    /^no TLS with tls:.* no authority that this machine trusts signed its certificate/,
  );
  await refused(
    start('lives.js', ['--master', ...unsigned, ...trusting, '--', 'squares']),
    /^no TLS with tls:.* asks for a certificate of ours .*--tls-cert FILE --tls-key FILE$/,
  );
  running.kill('SIGTERM');
  assert.is(await running.code(), 143, running.report());
  assert.is(await joined.code(), 0, joined.report());
  assert.match(way.seen(), /^INFO /);
  assert.not(way.seen().includes(TOKEN));
}

test.long('beyond loopback a master demands TLS, and nobody tells a secret, unless --insecure is typed', () =>
  withPrograms(async ({ start, folder }) => {
    const secret = tokenFile(folder);
    const squares = ['--', 'squares', '10'];
    const any = ['--master', '--master-host', '0.0.0.0', ...secret];
    await refused(
      start('lives.js', [...any, ...squares]),
      /^--master-host: expected TLS on 0\.0\.0\.0, .*--tls-cert FILE --tls-key FILE, or --insecure/,
    );
    const insecure = start('lives.js', [...any, '--insecure', '--slaves', '1', ...squares]);
    assert.is(await insecure.code(), 0, insecure.report());
    const told =
      /^--insecure: expected TLS before a token goes to nats:\/\/192\.0\.2\.1:\d+, .* --insecure to go without$/;
    const away = ['--nats-url', 'nats://192.0.2.1:1', ...secret];
    await refused(start('lives.js', ['--master', ...away, ...squares]), told);
    await refused(start('worker.js', ['--slave', ...away]), told);
    await refused(
      start('worker.js', ['--slave', '--master-host', '192.0.2.1', '--master-port', '1', ...secret]),
      told,
    );
    const file = join(folder, 'plain.rsc');
    await using mw = await master({ resourceFile: file });
    await until('the file is there', () => existsSync(file));
    const plain = readFileSync(file, 'utf8').replace('127.0.0.1', '192.0.2.1');
    await mw.stop();
    writeFileSync(file, plain, { mode: 0o600 });
    await refusedSlave(
      start('worker.js', ['--slave', '--resource-file', file]),
      /CONNECT REFUSED .* our token or password would travel unencrypted to nats:\/\/192\.0\.2\.1:\d+; .*--insecure$/,
    );
  }),
);

test('a certificate that has expired ends a master in one line', () =>
  withPrograms(async ({ start }) => {
    const running = start('lives.js', ['--master', ...own('expired'), '--', 'squares']);
    await refused(
      running,
      /^--tls-cert: expected a certificate that is valid now, the one in \S+expired\.pem expired on Jan/,
    );
  }));

test.run();
