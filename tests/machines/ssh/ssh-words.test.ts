/** The words of ssh: what it is told, what it says, and what we say of it. */
import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  explainFailure,
  explainFault,
  explainVersion,
  type SshFailure,
} from '../../../src/machines/ssh/explain-failure.js';
import { ReportReader } from '../../../src/machines/ssh/report-reader.js';
import { allocatedPort, isForwardRefused, sshArguments } from '../../../src/machines/ssh/ssh-command.js';

const it = suite('the words of ssh');

it('name the destination last, whatever it is, and leave the checks of host keys to the user', () => {
  const words = sshArguments({
    destination: '-oProxyCommand=evil',
    targets: [
      { host: '127.0.0.1', port: 4222 },
      { host: '::1', port: 4223 },
    ],
    mark: 'm',
  });
  assert.is(words.at(-3), '--');
  assert.is(words.at(-2), '-oProxyCommand=evil');
  const ports = words.filter((_, index) => words[index - 1] === '-R');
  assert.equal(ports, ['127.0.0.1:0:127.0.0.1:4222', '127.0.0.1:0:[::1]:4223']);
  assert.not(words.some((word) => /HostKey|KnownHosts|Password/i.test(word)));
  assert.ok(words.includes('BatchMode=yes'));
});

it('run a prologue and the Node that is named, in any shell', () => {
  const command =
    sshArguments({
      destination: 'x',
      targets: [],
      node: '~/a node/bin/node',
      prologue: `X='it'"'"'s'; export X; printf '%s ' "$X"`,
      mark: 'm',
    }).at(-1) ?? '';
  const boot = /-e (.*)$/.exec(command)?.[1] ?? '';
  assert.not(/[!\n`]/.test(boot), 'nothing that a shell would change');
  const node = command.replace('exec "$HOME"/', 'exec printf "%s\\n" "$HOME"/');
  const printed = execFileSync('sh', ['-c', node], {
    encoding: 'utf8',
    env: { ...process.env, HOME: '/home/me' },
  });
  assert.match(printed, /^it's \/home\/me\/a node\/bin\/node\n-e\nvar m="m",/);
});

it('tell the ports that sshd gave', () => {
  const target = { host: '127.0.0.1', port: 4222 };
  const line = 'Allocated port 40001 for remote forward to 127.0.0.1:4222';
  assert.is(allocatedPort(line, target), 40001);
  assert.is(allocatedPort(line, { host: '127.0.0.1', port: 4223 }), undefined);
  assert.is(allocatedPort(`banner: ${line}`, target), undefined);
  assert.ok(isForwardRefused('Warning: remote port forwarding failed for listen port 0'));
});

it('are told from reports, which noise may surround and cut', () => {
  const reader = new ReportReader('mark');
  assert.equal(reader.take('Welcome!\nmark no report\nmark {"type":"clo'), []);
  assert.equal(reader.take('ck","now":5}\nbye'), [{ type: 'clock', now: 5 }]);
  assert.is(reader.noise, 'Welcome!\nmark no report\n');
  assert.equal(reader.take('x'.repeat(3_000_000)), []);
  assert.equal(reader.take('end of it\nmark {"type":"clock","now":6}\n'), [{ type: 'clock', now: 6 }]);
  assert.ok(reader.noise.length <= 2048);
});

const failure = (code: number | null, errors: readonly string[], more: Partial<SshFailure> = {}): string =>
  explainFailure({
    destination: 'me@one',
    node: 'node',
    code,
    errors,
    printed: '',
    hasBegun: false,
    ...more,
  });

it('become one line each, with the cure', () => {
  const rows: readonly (readonly [said: string, expected: RegExp])[] = [
    [failure(255, ['me@one: Permission denied (publickey).']), /^it refused the key .*authorized_keys/],
    [
      failure(255, [
        'No ED25519 host key is known for one and you have requested strict checking.',
        'Host key verification failed.',
      ]),
      /^its host key is not known here; type ssh me@one once, compare/,
    ],
    [
      failure(255, ['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @', 'Host key verification failed.']),
      /^its host key is not the one in known_hosts.*ssh-keygen -R/,
    ],
    [
      failure(255, ['ssh: Could not resolve hostname one: Name or service not known']),
      /^its name is not known \(no address for one\)/,
    ],
    [failure(255, ['ssh: connect to host one port 22: Connection refused']), /^nothing listens there/],
    [
      failure(255, ['ssh: connect to host one port 22: Connection timed out']),
      /^it does not answer .*firewall/,
    ],
    [failure(255, ['/home/me/.ssh/config: line 3: Bad configuration option: x']), /^ssh cannot use its own/],
    [failure(255, ['Timeout, server one not responding.']), /^the connection was cut \(Timeout, server one/],
    [failure(255, ['kex_exchange: odd']), /^ssh ended: kex_exchange: odd$/],
    [failure(255, []), /^the connection ended; type ssh me@one to see why$/],
    [
      failure(255, ['Connection to one closed by remote host.']),
      /^the connection was cut \(Connection to one closed/,
    ],
    [failure(127, ['sh: 1: exec: node: not found']), /^there is no node; install Node 20 or above, or name/],
    [failure(126, ['sh: 1: exec: node: Permission denied']), /^node cannot be run \(sh: 1: exec/],
    [
      failure(3, [], { printed: 'This account\nis \u001b[31mnot available.\n' }),
      /^its shell ended with 3 .*\(is \[31mnot available\.\)/,
    ],
    [failure(1, ['out of memory'], { hasBegun: true }), /^Node there ended with 1 \(out of memory\)$/],
    [
      explainVersion('18.2.0', 'node'),
      /^node there is version 18\.2\.0, and ts-mw needs 20 or above; install/,
    ],
    [explainFault('ENOSPC: no space left on device, write', 'ENOSPC'), /^its disk is full .*TMPDIR/],
    [explainFault('EACCES: permission denied, mkdtemp', 'EACCES'), /^its temporary folder takes nothing/],
    [explainFault('there is no folder x', undefined), /^there is no folder x$/],
  ];
  for (const [said, expected] of rows) {
    assert.match(said, expected);
    assert.not(said.includes('\n'));
  }
});

it.run();
