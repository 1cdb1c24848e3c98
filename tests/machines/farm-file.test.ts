/** Farm files: what they may hold, and the place and the cure of what is wrong in them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError, UsageError } from '../../src/errors.js';
import { checkMachine } from '../../src/machines/farm/check-machine.js';
import { parseFarmFile } from '../../src/machines/farm/farm-file.js';

const test = suite('machines/farm-file');

const FARM = `# two machines
machines:
  - local: true
    slots: cores
  - name: big
    ssh: me@big.example
    slots: 16
    cwd: /scratch/me
    env: { THREADS: "8" }
    node: /opt/node/bin/node
    program: /opt/app/app.js
    prologue: |
      module load node
      ulimit -n 4096
    retries: forever
    validate: checkDisk
  - server: "[::1]:11111"
  - server: tls://h:11111
`;
const MACHINES = [
  { local: true, slots: 'cores' },
  {
    name: 'big',
    ssh: 'me@big.example',
    slots: 16,
    cwd: '/scratch/me',
    env: { THREADS: '8' },
    node: '/opt/node/bin/node',
    program: '/opt/app/app.js',
    prologue: 'module load node\nulimit -n 4096\n',
    retries: 'forever',
    validate: 'checkDisk',
  },
  { server: '[::1]:11111' },
  { server: 'tls://h:11111' },
];

test('reads YAML and JSON, a list or an object with one', () => {
  assert.equal(parseFarmFile(FARM, 'farm.yaml'), MACHINES);
  for (const indent of [undefined, 2, '\t']) {
    assert.equal(parseFarmFile(JSON.stringify(MACHINES, undefined, indent), 'farm.json'), MACHINES);
    assert.equal(
      parseFarmFile(JSON.stringify({ machines: MACHINES }, undefined, indent), 'farm.json'),
      MACHINES,
    );
  }
});

for (const [text, message] of [
  ['', 'f:1:1: expected a list, got nothing; write a list of machines, such as - local: true'],
  ['[]', 'f:1:1: expected at least one machine, got none; write a list of machines, such as - local: true'],
  [
    'machine:\n  - local: true',
    'f:1:1: there is no field "machine" here; write machines: and a list below it',
  ],
  ['machines: 3', 'f:1:11: expected a list, got 3; write a list of machines, such as - local: true'],
  [
    '- local: true\n  slots: many',
    'f:2:3: slots: expected a whole number from 1 to 1024, or cores, got "many"; write slots: 4',
  ],
  [
    '- local: true\n  slot: 3',
    'f:2:3: slot: there is no such field; the fields are local, ssh, server, name, slots, cwd, env, node, prologue, program, retries, validate',
  ],
  [
    '- name: a',
    'f:1:3: expected one of local, ssh and server, got none of them; write local: true, ssh: USER@HOST or server: HOST:PORT',
  ],
  [
    '- ssh: a\n  server: b:1',
    'f:2:3: server: expected one of local, ssh and server, got ssh and server; write local: true, ssh: USER@HOST or server: HOST:PORT',
  ],
  [
    '- ssh: -oProxyCommand=x',
    'f:1:3: ssh: expected HOST or USER@HOST, got "-oProxyCommand=x"; write ssh: user@host',
  ],
  [
    '- server: host',
    'f:1:3: server: expected HOST:PORT or tls://HOST:PORT, got "host"; write server: host:11111',
  ],
  [
    '- server: h:1\n  prologue: x',
    'f:2:3: prologue: a machine with server cannot have this field, which is for local and ssh; leave it out',
  ],
  [
    '- local: true\n  program: x',
    'f:2:3: program: a machine with local cannot have this field, which is for ssh; leave it out',
  ],
  ['- local: no', 'f:1:3: local: expected true, got "no"; write local: true'],
  ['- local: true\n  env:\n    A: ok\n    B: 8', 'f:4:5: env.B: expected a text, got 8; write B: "8"'],
  ['- local: true\n  env: { "A B": x }', 'f:2:10: env.A B: "A B" cannot be the name of a variable'],
  [
    '- local: true\n  validate: [x]',
    'f:2:3: validate: expected the name of a task algorithm, got a list; write validate: checkMachine',
  ],
  [
    '- local: true\n- ssh: b\n  name: local',
    'f:3:3: there is a machine "local" above; give this one another name: name: local-2',
  ],
  ['- local: true\n  slots: 2\n  slots: 3', 'f:3:3: Map keys must be unique'],
  [
    '{"machines": [',
    'f:1:15: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  [
    '- local: true\n---\n- local: true',
    'f:2:1: a second document begins here; leave out this line, and write one list of machines',
  ],
  ['- just a word', 'f:1:3: expected an object, got "just a word"; write local: true'],
] as const) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    try {
      parseFarmFile(text, 'f');
    } catch (error) {
      assert.instance(error, FormatError);
      assert.is((error as Error).message, message);
      return;
    }
    assert.unreachable('it was taken');
  });
}

test('a program may give functions for its validation, and hears of the field that is wrong', () => {
  checkMachine({ local: true, validate: () => true });
  assert.throws(
    () => checkMachine({ local: true, validate: 3 }),
    (error: Error) =>
      error instanceof UsageError &&
      error.message ===
        'the field validate of a machine: expected the name of a task algorithm, the algorithm, or a function of what the machine says of itself, got 3; write validate: checkMachine',
  );
  assert.throws(
    () => checkMachine(undefined),
    /^a machine: expected an object, got undefined; write local: true$/,
  );
});

test.run();
