/**
 * A command line, an argument a line, of which the first is TS_MW_TOKEN: it is understood, or refused in one
 * line that keeps passwords and tokens to itself.
 */
import { FLAG_ROWS } from '../../../src/cli/flags/flag-table.js';
import { parseFlags } from '../../../src/cli/flags/parse-command.js';
import { slaveTarget } from '../../../src/cli/slave/slave-target.js';
import { FlagError } from '../../../src/errors.js';
import type { Random } from '../../wire/values/random-value.js';
import { type FuzzTarget, wayOf } from '../driver.js';

const SECRET = 'hiddenhidden';
const VALUES = [
  ...[
    '1',
    '0',
    '-1',
    '2.5',
    '1e3',
    '99999999999999999999',
    'auto',
    'text',
    'json',
    '64k',
    '2g',
    '',
    ' ',
    'x',
  ],
  ...['127.0.0.1', '[::1]', '::', 'h:1', 'nats://h:4222', 'tls://h', 'nats://u:hiddenhidden@h:1', '/nowhere'],
  ...[
    'slurm',
    'kubernetes',
    '__proto__',
    'constructor',
    '--',
    '--slave',
    '=',
    'a=b',
    '\u2028',
    '\r',
    '\x1b[2J',
  ],
];

function generate(random: Random): Uint8Array {
  const words = Array.from({ length: random.below(8) }, () => {
    const { name } = random.pick(FLAG_ROWS);
    const value = random.pick(VALUES);
    return random.pick([name, `${name}\n${value}`, `${name}=${value}`, value]);
  });
  return Buffer.from([SECRET, random.pick(['--master', '--slave', '']), ...words].join('\n'));
}

export const flagsTarget: FuzzTarget = {
  name: 'flags',
  seeds: () => [
    '\n--master',
    `${SECRET}\n--slave\n--resource-file\nm.rsc`,
    `\n--master\n--nats-url\nh:1\n--nats-user\nu\n--nats-password\n${SECRET}`,
    '\n--slave\n--master-port\n4\n--\n--slaves\n2',
  ],
  dictionary: [...FLAG_ROWS.map(({ name }) => name), ...VALUES, '\n'],
  mostBytes: 2_048,
  generate,
  run(input) {
    const [token = '', ...argv] = input.toString('utf8').replaceAll('\0', '').split('\n');
    try {
      const command = parseFlags(argv, {}, { env: { TS_MW_TOKEN: token }, program: '/nowhere/app.js' });
      if (command.kind === 'run' && command.configuration.role === 'slave') {
        slaveTarget(command.configuration, undefined);
      }
      return command.kind;
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      const { message } = error;
      if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(message)) throw new Error(`it is no line: ${JSON.stringify(message)}`);
      if (message.includes(SECRET) && !mayShow(argv)) throw new Error(`it tells a secret: ${message}`);
      return `${error.flag} ${wayOf(error)}`;
    }
  },
};

/** Damage may have put the secret where texts are shown: only those of our secret flags are ours to hide. */
function mayShow(argv: readonly string[]): boolean {
  const flag = /^--(nats-token|nats-password)(=|$)/;
  // A flag with = has its value already
  const flagAlone = /^--(nats-token|nats-password)$/;
  return argv.some(
    (word, index) => word.includes(SECRET) && !flag.test(word) && !flagAlone.test(argv[index - 1] ?? ''),
  );
}
