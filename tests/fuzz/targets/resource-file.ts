/** The text of a resource file: refused in one line that keeps the token to itself, or read and written alike. */
import { parseFlags } from '../../../src/cli/flags/parse-command.js';
import {
  formatResourceFile,
  parseResourceFile,
  type ResourceFile,
} from '../../../src/cli/resource-file/resource-file.js';
import { slaveTarget } from '../../../src/cli/slave/slave-target.js';
import { FormatError } from '../../../src/errors.js';
import { type FuzzTarget, wayOf } from '../driver.js';

const TOKEN = 'tokentokentoken';
const FILE: ResourceFile = {
  'computation-status': 'in-progress',
  timestamp: '2026-01-01T12:00:00.000Z',
  'member-id': 'm "quoted"',
  'update-interval': 300,
  'slaves-needed': 4,
  'slave-executable': '/usr/bin/node',
  'slave-arguments': ['--slave', 'ü'],
  nats: { urls: ['nats://127.0.0.1:4222'], token: TOKEN },
  'run-id': '0011223344556677',
  'master-process': { host: 'h', pid: 7, started: 'boot 9' },
};

const command = parseFlags(
  ['--slave', '--resource-file', 'FILE', '--master-port', '4'],
  {},
  { env: {}, program: '' },
);
const slave = (command as typeof command & { readonly kind: 'run' }).configuration;

export const resourceFileTarget: FuzzTarget = {
  name: 'resource-file',
  seeds: () => [formatResourceFile(FILE), formatResourceFile({ ...FILE, nats: { urls: ['a', 'b'] } })],
  dictionary: [
    ...Object.keys(FILE).map((key) => JSON.stringify(key)),
    ...['"urls"', '"token"', `"${TOKEN}"`, '"finished"', '"__proto__"', '"constructor"', '"toString"'],
    ...['null', '{}', '[]', '1e999', '-1', '\\', '"', '\0', '{"a":', '[[[[', '\\"'],
  ],
  run(input) {
    try {
      const file = parseResourceFile(input.toString('utf8'), 'FILE');
      const text = formatResourceFile(file);
      const { kind } = slaveTarget(slave, file);
      if (formatResourceFile(parseResourceFile(text, 'FILE')) !== text)
        throw new Error('it reads as another');
      return `${kind} ${file['computation-status']} ${file.nats.urls.length} ${file.nats.token === undefined}`;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      if (/\n/.test(error.message) || error.message.length > 300) throw new Error('it says too much');
      // A key may have become the text that the message quotes.
      if (error.message.includes(TOKEN) && !/is foreign: "[a-z-]+" must be/.test(error.message)) {
        throw new Error(`it tells the token: ${error.message}`);
      }
      return wayOf(error);
    }
  },
};
