/**
 * Where a token or a password must not appear: in what masters and slaves print, in their audit trails, in
 * the process list, in what wrong command lines are answered, in dumps and printed objects.
 */

import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { master, slave } from 'ts-mw';
import * as assert from 'uvu/assert';
import { batchFile } from '../../src/cli/batch/print-batch.js';
import { parseFlags } from '../../src/cli/flags/parse-command.js';
import { formatResourceFile } from '../../src/cli/resource-file/resource-file.js';
import { ifNatsServer, startNatsServer } from '../support/nats-server.js';
import { type Programs, type RunningProgram, until, withPrograms } from '../support/programs.js';
import { suiteInTurns } from '../support/turns.js';

const test = suiteInTurns('security/secrets');

const DEEP = { depth: 20, showHidden: true, getters: true } as const;

/** Nothing else on this machine has it. */
const newSecret = (): string => `s3cret${randomBytes(12).toString('hex')}`;

/** Command lines of all processes; those that end meanwhile say nothing any more. */
function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    });
}

function expectSilent(secret: string, texts: readonly string[], where: string): void {
  const told = texts.filter((text) => text.includes(secret) || text.includes(encodeURIComponent(secret)));
  assert.equal(told, [], where);
}

const printed = ({ out, err }: RunningProgram): string[] => [...out, ...err];

/** All regular files of a folder but those that are to hold the secret. */
function filesOf(folder: string, but: readonly string[]): string[] {
  return readdirSync(folder)
    .filter((name) => !but.includes(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** A run with a local slave and others from elsewhere, on the broker that `flags` and `env` name. */
async function expectSilentRun(
  { start, folder }: Programs,
  secret: string,
  flags: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const file = join(folder, 'm.rsc');
  writeFileSync(file, 'wide open before', { mode: 0o666 });
  chmodSync(file, 0o666);
  const trail = ['--audit-file', join(folder, 'trail'), '--audit-format', 'json'];
  const place = ['--resource-file', file];
  const running = start(
    'lives.js',
    ['--master', ...place, ...flags, ...trail, '--slaves', '1', '--', 'pausing'],
    { env },
  );
  await running.waitForLine(/^pausing begins$/);
  expectSilent(secret, commandLines(), 'the process list');
  assert.is(statSync(file).mode & 0o777, 0o600);
  const other = start('worker.js', ['--slave', ...place, ...flags, '--audit-file', join(folder, 'other')], {
    env,
  });
  await until(
    'the other slave has joined',
    () =>
      existsSync(join(folder, 'other')) &&
      readFileSync(join(folder, 'other'), 'utf8').includes('-> ID SLAVE-'),
  );
  expectSilent(secret, commandLines(), 'the process list');
  chmodSync(file, 0o644);
  const warned = start('worker.js', ['--slave', ...place, ...flags], { env });
  await warned.waitForLine(/MASTER -> ID SLAVE-/);
  const holdsToken = readFileSync(file, 'utf8').includes('"token"');
  assert.is(warned.count(/WARNING .*m\.rsc.*chmod 600/), holdsToken ? 1 : 0, warned.report());
  running.kill('SIGTERM');
  assert.is(await running.code(), 143, running.report());
  for (const program of [running, other, warned]) {
    await program.ended();
    expectSilent(secret, printed(program), 'what was printed');
  }
  expectSilent(secret, filesOf(folder, ['m.rsc', 'token', 'nats.conf']), 'the trails');
  const report = start('lives.js', [
    '--audit-report',
    join(folder, 'trail'),
    '--html',
    join(folder, 'page.html'),
  ]);
  assert.is(await report.code(), 0, report.report());
  expectSilent(secret, [...printed(report), readFileSync(join(folder, 'page.html'), 'utf8')], 'the report');
}

test('a token of a file is shown nowhere (embedded)', () =>
  withPrograms(async (programs) => {
    const secret = newSecret();
    const token = join(programs.folder, 'token');
    writeFileSync(token, secret, { mode: 0o600 });
    await expectSilentRun(programs, secret, ['--nats-token-file', token], {});
  }));

const onServer = ifNatsServer(test.long);
onServer('a token of the environment is shown nowhere (nats-server)', () =>
  withPrograms(async (programs) => {
    const secret = newSecret();
    const server = await startNatsServer({ token: secret });
    try {
      await expectSilentRun(programs, secret, ['--nats-url', server.url], { TS_MW_TOKEN: secret });
    } finally {
      await server.stop();
    }
  }),
);

onServer('a password of the environment is shown nowhere (nats-server)', () =>
  withPrograms(async (programs) => {
    const secret = newSecret();
    const server = await startNatsServer({ user: 'u', password: secret });
    try {
      const flags = ['--nats-url', server.url, '--nats-user', 'u'];
      await expectSilentRun(programs, secret, flags, { TS_MW_NATS_PASSWORD: secret });
    } finally {
      await server.stop();
    }
  }),
);

test('what wrong flags are answered tells none, nor does what the error holds', () =>
  withPrograms(async ({ folder }) => {
    const secret = newSecret();
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const slaveAt = (url: string, ...more: readonly string[]): string[] => [
      '--slave',
      '--nats-url',
      url,
      ...more,
    ];
    const wrong: readonly (readonly string[])[] = [
      slaveAt(`nats://u:${secret}@127.0.0.1:1`),
      slaveAt(`nats://${secret}@127.0.0.1:1`),
      slaveAt(`u:${secret}@127.0.0.1:1`),
      slaveAt(`http://u:${secret}@127.0.0.1`),
      slaveAt(`nats://u:${secret}@127.0.0.1:99999999`),
      slaveAt(`nats://u:a@${secret}@127.0.0.1:1`),
      slaveAt(`nats://u:${secret}@@@`),
      slaveAt(`nats://u:a/${secret}@127.0.0.1:1`),
      slaveAt(`nats:u:${secret}@127.0.0.1:1`),
      slaveAt('127.0.0.1:1', '--nats-token', secret, '--nats-user', 'u'),
      slaveAt('127.0.0.1:1', '--nats-password', secret),
      slaveAt('127.0.0.1:1', '--nats-pasword', secret),
      slaveAt('127.0.0.1:1', `--nats-pasword=${secret}`),
      slaveAt('127.0.0.1:1', `--nats-tokn=${secret}`),
      slaveAt('127.0.0.1:1', '--nats-token-file', write('words', `${secret} and more`)),
      ['--master', '--nats-password', secret],
      ['--master', '--nats-url', `nats://u:${secret}@h:1`],
      ['--nats-token', secret],
    ];
    for (const args of wrong) {
      let answer: unknown;
      try {
        const command = parseFlags(args, {});
        // A flag that is not ours may be one of the program's
        answer = command.kind === 'run' && command.configuration.warnings;
      } catch (error) {
        answer = error;
      }
      assert.ok(
        answer instanceof Error || args.some((arg) => arg.includes('pasword') || arg.includes('tokn')),
      );
      expectSilent(secret, [inspect(answer, DEEP)], args.join(' '));
    }
    for (const flags of [
      ['--nats-token', secret],
      ['--nats-url', 'h:1', '--nats-user', 'u', '--nats-password', secret],
    ]) {
      const command = parseFlags(['--master', '--print-batch', 'condor', ...flags], {});
      assert.is(command.kind, 'print-batch');
      try {
        if (command.kind === 'print-batch') batchFile({ ...command, program: '/app.js', directory: '/' });
        assert.unreachable('a secret was taken into a submit file');
      } catch (error) {
        expectSilent(secret, [inspect(error, DEEP)], flags.join(' '));
      }
    }
  }));

test('a slave that does not find its master tells none of what its resource file has', () =>
  withPrograms(async ({ start, folder }) => {
    const secret = newSecret();
    const resource = (urls: readonly string[]): string =>
      formatResourceFile({
        'computation-status': 'in-progress',
        timestamp: new Date(0).toISOString(),
        'member-id': 'm',
        'update-interval': 1,
        'slaves-needed': 1,
        'slave-executable': 'x',
        'slave-arguments': [],
        nats: { urls, token: secret },
        'run-id': '0011223344556677',
      });
    const texts = [
      resource(['nats://127.0.0.1:1']).slice(0, -40),
      resource([`nats://u:${secret}@127.0.0.1:1`, `nats://${secret}@127.0.0.1:2`]),
      resource([`http://u:a@${secret}@127.0.0.1:1`]),
    ];
    const runs = texts.map((text, index) => {
      const file = join(folder, `${index}.rsc`);
      writeFileSync(file, text, { mode: 0o600 });
      return start('worker.js', ['--slave', '--resource-file', file, '--connect-timeout', '0.3']);
    });
    for (const run of runs) {
      assert.is(await run.code(60_000), 255, run.report());
      expectSilent(secret, printed(run), 'what was printed');
    }
  }));

test.long('a token of the environment is in no dump of the process, nor in what it starts', () =>
  withPrograms(async ({ start }) => {
    const secret = newSecret();
    const env = { TS_MW_TOKEN: secret, TS_MW_NATS_PASSWORD: secret };
    const running = start('dumped.js', ['--master', '--slaves', '1'], { env });
    assert.is(await running.code(), 0, running.report());
    assert.is(running.count(/^dumped (here|there) \d{4,}$/), 2, running.report());
    expectSilent(secret, printed(running), 'the dump');
  }),
);

test('who types a token or a password is told that others see it', () => {
  const warningsOf = (args: readonly string[]): readonly string[] => {
    const command = parseFlags(args, {});
    return command.kind === 'run' ? command.configuration.warnings : [];
  };
  assert.match(
    warningsOf(['--master', '--nats-token', 'x']).join(),
    /^--nats-token: .*; type --nats-token-file FILE$/,
  );
  const password = ['--slave', '--nats-url', 'h:1', '--nats-user', 'u', '--nats-password', 'x'];
  assert.match(warningsOf(password).join(), /^--nats-password: .*; set TS_MW_NATS_PASSWORD$/);
  assert.equal(warningsOf(['--master']), []);
});

test('masters and slaves show none when they are printed', async () => {
  const natsToken = newSecret();
  const mw = await master({ natsToken });
  try {
    const worker = await slave(mw);
    expectSilent(
      natsToken,
      [inspect(mw, DEEP), inspect(worker, DEEP), JSON.stringify(mw)],
      'what inspect shows',
    );
    const refused = await slave(mw, { natsToken: `${natsToken}x`, connectTimeout: 1 }).catch(
      (error: unknown) => error,
    );
    expectSilent(natsToken, [inspect(refused, DEEP)], 'the error of a refused slave');
  } finally {
    await mw.stop();
  }
});

test.run();
