/** The printed nats-server configuration and its seeds: what is made, kept and refused, and where it goes. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFlags } from '../../src/cli/flags/parse-command.js';
import type { Flags } from '../../src/cli/flags/program-flags.js';
import { type NatsConfig, natsConfig } from '../../src/cli/print-nats-config.js';
import { FlagError } from '../../src/errors.js';
import { createUserKey, readUserKey } from '../../src/link/connection/nkeys.js';
import { findNatsServer, ifNatsServer } from '../support/nats-server.js';

const folder = mkdtempSync(join(tmpdir(), 'ts-mw-nats-config-'));
const config = suite('--print-nats-config');
config.after(() => rmSync(folder, { recursive: true, force: true }));

function print(args: readonly string[], defaults: Flags = {}): NatsConfig {
  const command = parseFlags(args, defaults, { env: {}, program: '/app.js' });
  if (command.kind !== 'print-nats-config') throw new Error(`expected a configuration, got ${command.kind}`);
  return natsConfig(command);
}

function refusal(args: readonly string[]): FlagError {
  try {
    print(args);
  } catch (error) {
    if (error instanceof FlagError) return error;
    throw error;
  }
  throw new Error(`accepted: ${args.join(' ')}`);
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

config('seeds are made in files of their owner only, and stand nowhere else', () => {
  const keys = join(folder, 'deep', 'keys');
  const { text, notes } = print(['--print-nats-config', keys, '--nats-config-users', 'alice,Bob.2']);
  assert.equal(readdirSync(keys).sort(), ['Bob.2.nk', 'alice.nk', 'master.nk']);
  assert.is(modeOf(keys), 0o700);
  for (const name of ['master', 'alice', 'Bob.2']) {
    const file = join(keys, `${name}.nk`);
    assert.is(modeOf(file), 0o600);
    const { seed, publicKey } = readUserKey(file);
    assert.is(text.split(`nkey: ${publicKey}\n`).length, 2, name);
    assert.ok(notes.includes(`${name}: wrote a new seed to ${file}`));
    assert.not.ok(`${text}${notes.join()}`.includes(seed));
  }
});

config('what is there is kept, and one user more is added', () => {
  const keys = join(folder, 'again');
  const first = print(['--print-nats-config', keys]);
  assert.equal(readdirSync(keys).sort(), ['master.nk', 'slave.nk']);
  const before = readFileSync(join(keys, 'slave.nk'), 'utf8');
  assert.is(print(['--print-nats-config', keys]).text, first.text);
  chmodSync(join(keys, 'slave.nk'), 0o644);
  const { text, notes } = print(['--print-nats-config', keys, '--nats-config-users', 'slave,more']);
  assert.is(readFileSync(join(keys, 'slave.nk'), 'utf8'), before);
  assert.ok(text.includes(readUserKey(join(keys, 'slave.nk')).publicKey));
  assert.match(
    notes[1] ?? '',
    /^slave: kept the seed in .*slave\.nk, which others may read: type chmod 600$/,
  );
  assert.match(notes[2] ?? '', /^more: wrote/);
});

config('a file that holds anything else, or leads elsewhere, is left as it is', () => {
  const keys = join(folder, 'foreign');
  print(['--print-nats-config', keys]);
  const foreign = join(keys, 'alice.nk');
  writeFileSync(foreign, 'precious');
  const error = refusal(['--print-nats-config', keys, '--nats-config-users', 'alice']);
  assert.is(error.flag, '--print-nats-config');
  assert.match(error.message, /seed of a user in .*alice\.nk/);
  assert.is(readFileSync(foreign, 'utf8'), 'precious');
  const target = join(folder, 'target');
  symlinkSync(target, join(keys, 'bob.nk'));
  assert.match(refusal(['--print-nats-config', keys, '--nats-config-users', 'bob']).message, /bob\.nk/);
  assert.not.ok(existsSync(target));
  assert.match(refusal(['--print-nats-config', foreign]).message, /alice\.nk cannot be used/);
});

config('the member id is the one typed, else that of the program, encoded', () => {
  const keys = join(folder, 'member');
  const subjects = (args: readonly string[], defaults?: Flags) =>
    /"(mw\.[^.]+)\.s\./.exec(print(['--print-nats-config', keys, ...args], defaults).text)?.[1];
  assert.is(subjects([]), 'mw.default-member-id');
  assert.is(subjects([], { memberId: 'own' }), 'mw.own');
  assert.is(subjects(['--member-id=a.b *>"'], { memberId: 'own' }), 'mw.a=2Eb=20=2A=3E=22');
});

ifNatsServer(config)('nats-server takes it, whatever the names', () => {
  const file = join(folder, 'nats.conf');
  const args = ['--print-nats-config', join(folder, 'odd\n"# keys'), '--nats-config-users', '_,0,a.b-c'];
  writeFileSync(file, print([...args, '--member-id="\n} $HOME \\']).text);
  const { status, stderr } = spawnSync(findNatsServer() ?? '', ['-t', '-c', file], { encoding: 'utf8' });
  assert.is(status, 0, stderr);
  assert.match(stderr, /is valid/);
});

for (const [args, flag, part] of [
  ['--nats-config-users a', '--nats-config-users', '--print-nats-config DIR too'],
  ['--master --nats-config-users a', '--nats-config-users', '--print-nats-config DIR too'],
  ['--print-nats-config', '--print-nats-config', 'got nothing'],
  ['--print-nats-config=', '--print-nats-config', 'not empty'],
  ['--print-nats-config d --nats-config-users=', '--nats-config-users', '""'],
  ['--print-nats-config d --nats-config-users a,,b', '--nats-config-users', '""'],
  ['--print-nats-config d --nats-config-users ../a', '--nats-config-users', '"../a"'],
  ['--print-nats-config d --nats-config-users .a', '--nats-config-users', '".a"'],
  ['--print-nats-config d --nats-config-users a,A', '--nats-config-users', 'each name once'],
  ['--print-nats-config d --nats-config-users Master', '--nats-config-users', 'not master'],
  [`--print-nats-config d --nats-config-users ${'a'.repeat(65)}`, '--nats-config-users', 'letters'],
] as const) {
  config(`refuses ${args}`, () => {
    const error = refusal(args.split(' '));
    assert.is(error.flag, flag);
    assert.ok(error.message.includes(part), error.message);
    assert.not.ok(existsSync('d'));
  });
}

config('a foreign seed that is no user is refused', () => {
  const keys = join(folder, 'prefix');
  print(['--print-nats-config', keys]);
  writeFileSync(join(keys, 'x.nk'), createUserKey().seed.replace(/^SU/, 'SA'));
  assert.match(refusal(['--print-nats-config', keys, '--nats-config-users', 'x']).message, /something else/);
});

config.run();
