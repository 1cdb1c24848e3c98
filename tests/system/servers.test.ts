/** Standing servers as processes: a master on two of them, one is killed and comes back, then the master is killed. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { overEachBroker } from '../support/each-broker.js';
import { freePort } from '../support/free-port.js';
import { type Programs, type RunningProgram, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('standing servers');
const COMMAND = 'lib/ts-mw.js';
const CLIENT_TIMEOUT = ['--client-timeout', '5'];

interface RunningServer {
  readonly program: RunningProgram;
  readonly port: string;
  readonly folder: string;
}

async function lend({ start, folder }: Programs, name: string, lastPort?: string): Promise<RunningServer> {
  const port = lastPort ?? String(await freePort());
  const own = join(folder, name);
  const env = { TS_MW_SERVER_TOKEN: 'token of the test' };
  const program = start(COMMAND, ['server', '--port', port, '--slots', '1', '--folder', own], { env });
  await program.waitForLine(/SERVER READY 127\.0\.0\.1:\d+ .* 1 slots$/);
  return { program, port, folder: own };
}

const leases = ({ folder }: RunningServer): string[] =>
  (readdirSync(join(folder, 'work'), { recursive: true }) as string[]).filter((name) => /LEASE/.test(name));

overEachBroker(test, 'a master on two servers', async ({ args }, programs) => {
  const [one, other] = await Promise.all([lend(programs, 'one'), lend(programs, 'other')]);
  const both = [one.program.pid, other.program.pid].sort().join(' ');
  const servers = `127.0.0.1:${one.port},127.0.0.1:${other.port}`;
  const env = { TS_MW_SERVER_TOKEN: 'token of the test' };
  const master = programs.start('lent.js', ['--master', '--servers', servers, ...CLIENT_TIMEOUT, ...args], {
    env,
  });
  await master.waitForLine(new RegExp(`: 16 from ${both}$`));

  one.program.kill('SIGKILL');
  await one.program.exit;
  await master.waitForLine(new RegExp(`MACHINE "127.0.0.1:${one.port}" -> :failing again in \\d`));
  await master.waitForLine(new RegExp(`: 16 from ${other.program.pid}$`));
  // Its slaves are gone with it, its folder with the next one
  const again = await lend(programs, 'one', one.port);
  const newBoth = [again.program.pid, other.program.pid].sort().join(' ');
  await master.waitForLine(new RegExp(`: 16 from ${newBoth}$`));
  assert.is(readdirSync(join(again.folder, 'work')).length, 1);

  master.kill('SIGKILL');
  await master.exit;
  for (const server of [again, other]) {
    await server.program.waitForLine(/LEASE-\d ENDED after/);
    assert.equal(leases(server), []);
  }
  const ended = programs.start(COMMAND, ['end-server', `127.0.0.1:${other.port}`], { env });
  assert.is(await ended.code(), 0);
  assert.is(await other.program.code(), 0);
  again.program.kill('SIGTERM');
  assert.is(await again.program.code(), 143);
  assert.equal(readdirSync(join(again.folder, 'work')), []);
});

test('a slave from a spare process runs the library that its server had loaded there', () =>
  withPrograms(async (programs) => {
    const server = await lend(programs, 'prepared');
    const env = { TS_MW_SERVER_TOKEN: 'token of the test' };
    const look = async (): Promise<unknown> => {
      const program = programs.start('borrowed.js', [`127.0.0.1:${server.port}`], { env });
      assert.is(await program.code(), 0, program.report());
      return JSON.parse(program.out.join(''));
    };
    const borrowed = JSON.stringify(['SLAVE-0', ['bundle.cjs', 'ts-mw-library.cjs'], 'FinalError']);
    // It may ask before a spare process is ready; its slave has the library of its bundle then
    for (let tries = 1; ; tries++) {
      const found = JSON.stringify(await look());
      if (found === borrowed) break;
      assert.is(found, JSON.stringify(['SLAVE-0', ['bundle.cjs'], 'FinalError']));
      assert.ok(tries < 20, 'never from a spare process');
      await sleep(tries * 200);
    }
    server.program.kill('SIGTERM');
    await server.program.ended();
  }));

test.long('a master whose main is blocked for longer than the timeout keeps its servers', () =>
  withPrograms(async (programs) => {
    const server = await lend(programs, 'patient');
    const env = { TS_MW_SERVER_TOKEN: 'token of the test' };
    const flags = ['--servers', `127.0.0.1:${server.port}`, '--client-timeout', '3'];
    const master = programs.start('lent.js', ['--master', ...flags, '--', 'block'], { env });
    await master.waitForLine(/^unblocked$/);
    await master.waitForLine(/^round [4-9]: 16 from \d+$/);
    assert.is(master.count(/MACHINE .* -> :failing/), 0, master.report());
    assert.is(server.program.count(/LEASE-1 ENDED/), 0, server.program.report());
    master.kill('SIGTERM');
    await master.ended();
    await server.program.waitForLine(/LEASE-1 ENDED after .*: its master has left/);
    server.program.kill('SIGTERM');
    await server.program.ended();
  }),
);

test.long('ping says whether a server is there, and mistakes say what to type', () =>
  withPrograms(async (programs) => {
    const server = await lend(programs, 'pinged');
    const env = { TS_MW_SERVER_TOKEN: 'token of the test' };
    const run = async (args: readonly string[], variables: NodeJS.ProcessEnv = {}) => {
      const program = programs.start(COMMAND, args, { env: variables });
      return [await program.code(), program.report()] as const;
    };
    const place = `127.0.0.1:${server.port}`;
    assert.equal((await run(['ping', place], env))[0], 0);
    assert.match((await run(['ping', place]))[1], /asks for a token, and none was given/);
    server.program.kill('SIGTERM');
    await server.program.ended();
    const [code, text] = await run(['ping', place, '--timeout', '0.2'], env);
    assert.is(code, 1);
    assert.match(text, /does not answer within 0.2 s/);
    assert.match(
      (await run(['server', '--host', '0.0.0.0']))[1],
      /could run code here; give --token-file FILE/,
    );
    assert.match((await run(['end-server']))[1], /type ts-mw end-server HOST:PORT/);
    assert.match((await run(['ping', 'host:x']))[1], /expected HOST:PORT or tls:\/\/HOST:PORT/);
  }),
);

test.run();
