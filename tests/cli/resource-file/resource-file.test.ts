/** The resource file: its form, everything that can be wrong with it, and its replacement in one step. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  formatResourceFile,
  parseResourceFile,
  RESOURCE_FILE_LIMIT,
  type ResourceFile,
  readResourceFile,
  writeResourceFile,
} from '../../../src/cli/resource-file/resource-file.js';
import { ResourceWriter } from '../../../src/cli/resource-file/resource-writer.js';
import { FlagError, FormatError } from '../../../src/errors.js';

const SECRET = 'hush-hush-token';

const FILE: ResourceFile = {
  'computation-status': 'in-progress',
  timestamp: '2026-01-01T12:00:00.000Z',
  'member-id': 'm "1"\n',
  'update-interval': 300,
  'slaves-needed': 1000,
  'slave-executable': '/usr/bin/node',
  'slave-arguments': ['app.js', '--slave', '--resource-file', 'm.rsc'],
  nats: { urls: ['nats://127.0.0.1:4222'], token: SECRET },
  'run-id': 'r-1',
};

async function withFolder(body: (folder: string) => unknown): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'resource-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The fault according to the error, which must name the path and keep the token to itself. */
function complaint(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.instance(error, FormatError);
    const { message, cause } = error as FormatError;
    assert.ok(message.startsWith('the resource file /a/m.rsc '), message);
    assert.not.match(message, SECRET);
    assert.is(cause, undefined);
    return message.slice('the resource file /a/m.rsc '.length);
  }
  return 'nothing';
}

const complaintOf = (text: string) => complaint(() => parseResourceFile(text, '/a/m.rsc'));
const withChange = (change: object) => JSON.stringify({ ...FILE, ...change });

const resource = suite('resource file');

resource('it has one key a line, in a stable order, and is read back as it was', () => {
  const text = formatResourceFile(FILE);
  assert.equal(
    text.split('\n').map((line) => /^ {2}"([a-z-]+)": /.exec(line)?.[1]),
    [undefined, ...Object.keys(FILE), undefined, undefined],
  );
  const shuffled = Object.fromEntries(Object.entries(FILE).reverse()) as unknown as ResourceFile;
  assert.is(formatResourceFile(shuffled), text);
  assert.equal(parseResourceFile(text, 'm.rsc'), FILE);
  const open: ResourceFile = {
    ...FILE,
    'computation-status': 'finished',
    nats: { urls: ['nats://[::1]:1', 'tls://h'] },
  };
  assert.equal(parseResourceFile(formatResourceFile(open), 'm.rsc'), open);
  for (const started of [{}, { started: 'b 7' }]) {
    const whole: ResourceFile = { ...FILE, 'master-process': { host: 'h', pid: 7, ...started } };
    assert.equal(parseResourceFile(formatResourceFile(whole), 'm.rsc'), whole);
  }
});

resource('it takes every cut for empty or half-written, and none for something else', () => {
  const text = formatResourceFile(FILE).trimEnd();
  for (let length = 1; length < text.length; length++)
    assert.is(complaintOf(text.slice(0, length)), 'is half-written: its JSON has no end', `cut at ${length}`);
  assert.is(complaintOf(text), 'nothing');
});

const BAD: readonly (readonly [what: string, text: string, expected: string])[] = [
  ['an empty file', '', 'is empty'],
  ['blanks', ' \n\t\n', 'is empty'],
  ['prose', 'computation-status: in-progress', 'is not JSON'],
  ["CL-MW's own form", '(:computation-status :in-progress)', 'is not JSON'],
  ['something after the end', `${JSON.stringify(FILE)}}`, 'is not JSON'],
  ['a token in broken JSON', `{"nats": {"token": '${SECRET}'}}`, 'is not JSON'],
  ['zeros', '\0\0\0\0', 'is binary, not text'],
  ['a list', '[1]', 'is foreign: it must hold an object, and holds a list'],
  ['null', 'null', 'is foreign: it must hold an object, and holds null'],
  ['another JSON', '{"name":"x"}', 'is foreign: the key "computation-status" is missing'],
  [
    'another status',
    withChange({ 'computation-status': 'done' }),
    'is foreign: "computation-status" must be "in-progress" or "finished", and is "done"',
  ],
  [
    'no time',
    withChange({ timestamp: 'noon' }),
    'is foreign: "timestamp" must be an ISO time, and is "noon"',
  ],
  [
    'no member',
    withChange({ 'member-id': 7 }),
    'is foreign: "member-id" must be a string that is not empty, and is 7',
  ],
  [
    'a negative interval',
    withChange({ 'update-interval': -1 }),
    'is foreign: "update-interval" must be a number of seconds, and is -1',
  ],
  [
    'half a slave',
    withChange({ 'slaves-needed': 0.5 }),
    'is foreign: "slaves-needed" must be a whole number, 0 or more, and is 0.5',
  ],
  [
    'arguments that are none',
    withChange({ 'slave-arguments': ['--slave', 4] }),
    'is foreign: "slave-arguments" must be a list of strings, and is a list',
  ],
  ['no broker', withChange({ nats: null }), 'is foreign: "nats" must be an object, and is null'],
  [
    'no URLs',
    withChange({ nats: { token: SECRET } }),
    'is foreign: "urls" in "nats" must be a list of URLs, and is missing',
  ],
  [
    'an empty list of URLs',
    withChange({ nats: { urls: [], token: SECRET } }),
    'is foreign: "urls" in "nats" must be a list of URLs, and is a list',
  ],
  [
    'a token that is a list',
    withChange({ nats: { urls: ['nats://h'], token: [SECRET] } }),
    'is foreign: "token" in "nats" must be a string, and is a list',
  ],
  [
    'a process without a number',
    withChange({ 'master-process': { host: 'h', pid: 0 } }),
    'is foreign: "master-process" must have "host" and "pid", and is an object',
  ],
  ['no run', withChange({ 'run-id': undefined }), 'is foreign: the key "run-id" is missing'],
  [
    'too much',
    ' '.repeat(RESOURCE_FILE_LIMIT + 1),
    `is too large: a resource file has at most ${RESOURCE_FILE_LIMIT} bytes`,
  ],
  ['a string without end', `{"a": "${'x\\"'.repeat(300_000)}`, 'is half-written: its JSON has no end'],
  ['a pit of brackets', '{"a":'.repeat(150_000), 'is half-written: its JSON has no end'],
];

for (const [what, text, expected] of BAD) {
  resource(`it says what is wrong with ${what}`, () => assert.is(complaintOf(text), expected));
}

resource('it is given no prototype by a file', () => {
  const text = JSON.stringify(FILE)
    .replace(
      '{',
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "extra": 1, ',
    )
    .replace('"urls"', '"__proto__": {"polluted": 1}, "urls"');
  const file = parseResourceFile(text, 'm.rsc');
  assert.equal(Object.keys(file), Object.keys(FILE));
  assert.equal(Object.keys(file.nats), ['urls', 'token']);
  for (const value of [file, file.nats, {}]) {
    assert.is(Object.getPrototypeOf(value), Object.prototype);
    assert.is((value as { polluted?: number }).polluted, undefined);
  }
  assert.is(
    complaintOf('{"__proto__": {"computation-status": "finished"}}'),
    'is foreign: the key "computation-status" is missing',
  );
});

resource('it is written for its owner only, whatever its name, and leaves nothing beside it', async () => {
  await withFolder(async (folder) => {
    for (const name of ['m', 'm.rsc', 'a.b.c.rsc', '.hidden', 'with blank']) {
      const path = join(folder, name);
      const umask = process.umask(0);
      try {
        await writeResourceFile(path, FILE);
      } finally {
        process.umask(umask);
      }
      assert.is(statSync(path).mode & 0o777, 0o600);
      assert.equal(await readResourceFile(path), { status: 'read', file: FILE, tooOpen: false });
    }
    assert.equal(readdirSync(folder).sort(), ['.hidden', 'a.b.c.rsc', 'm', 'm.rsc', 'with blank']);
  });
});

resource('it closes an open file and never opens a closed one', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'm.rsc');
    for (const [before, after] of [
      [0o644, 0o600],
      [0o666, 0o600],
      [0o400, 0o400],
    ] as const) {
      rmSync(path, { force: true });
      writeFileSync(path, 'old');
      chmodSync(path, before);
      await writeResourceFile(path, FILE);
      assert.is(statSync(path).mode & 0o777, after);
      assert.is(readFileSync(path, 'utf8'), formatResourceFile(FILE));
    }
  });
});

resource('it leaves the old file and no temporary one when it fails', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'm.rsc');
    mkdirSync(path);
    for (const [target, code] of [
      [path, 'EISDIR'],
      [join(folder, 'none', 'm.rsc'), 'ENOENT'],
    ] as const) {
      try {
        await writeResourceFile(target, FILE);
        assert.unreachable();
      } catch (error) {
        assert.is((error as NodeJS.ErrnoException).code, code);
      }
    }
    assert.equal(readdirSync(folder), ['m.rsc']);
  });
});

resource('it tells a missing file from a bad one', async () => {
  await withFolder(async (folder) => {
    assert.equal(await readResourceFile(join(folder, 'm.rsc')), { status: 'missing' });
    assert.equal(await readResourceFile(join(folder, 'none', 'm.rsc')), { status: 'missing' });
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const big = join(folder, 'big');
    writeFileSync(big, 'x'.repeat(RESOURCE_FILE_LIMIT + 1));
    const binary = join(folder, 'binary');
    writeFileSync(binary, Buffer.from([0x7f, 0x45, 0xff, 0xfe, 0x01]));
    for (const [path, words] of [
      [folder, 'is not a regular file'],
      [fifo, 'is not a regular file'],
      ['/dev/zero', 'is not a regular file'],
      [big, 'is too large'],
      [binary, 'is binary'],
    ] as const) {
      try {
        await readResourceFile(path);
        assert.unreachable(path);
      } catch (error) {
        assert.instance(error, FormatError);
        assert.match((error as FormatError).message, `${path} ${words}`);
      }
    }
  });
});

resource('it bounds a file that says nothing of its size', async () => {
  // files of /proc have size 0 and content
  try {
    await readResourceFile('/proc/self/status');
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, '/proc/self/status is not JSON');
  }
});

resource('it warns of a token that others can read', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'm.rsc');
    const tokenless: ResourceFile = { ...FILE, nats: { urls: ['nats://h:1'] } };
    for (const [file, mode, tooOpen] of [
      [FILE, 0o600, false],
      [FILE, 0o400, false],
      [FILE, 0o640, true],
      [FILE, 0o604, true],
      [tokenless, 0o644, false],
    ] as const) {
      rmSync(path, { force: true });
      writeFileSync(path, formatResourceFile(file));
      chmodSync(path, mode);
      assert.equal(await readResourceFile(path), { status: 'read', file, tooOpen }, mode.toString(8));
    }
  });
});

resource('it is never seen torn or missing while it is rewritten 200 times by two writers', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'm.rsc');
    const version = (index: number): ResourceFile => ({
      ...FILE,
      'slaves-needed': index,
      'slave-arguments': Array.from({ length: index % 2 === 0 ? 2000 : 1 }, () => `--number ${index}`),
    });
    await writeResourceFile(path, version(0));
    let writing = true;
    const readings = new Set<number>();
    const read = async () => {
      while (writing) {
        const reading = await readResourceFile(path);
        if (reading.status === 'missing') throw new Error('the file was missing');
        const { 'slaves-needed': index, 'slave-arguments': args } = reading.file;
        assert.is(args.at(-1), `--number ${index}`);
        readings.add(index);
      }
    };
    const write = async (first: number) => {
      for (let index = first; index <= 200; index += 2) await writeResourceFile(path, version(index));
    };
    const readers = Promise.all([read(), read()]);
    // looked at only when all is written
    readers.catch(() => {});
    try {
      await Promise.all([write(1), write(2)]);
    } finally {
      writing = false;
      await readers;
    }
    assert.ok(readings.size > 1, `only ${readings.size} versions were seen`);
    assert.equal(readdirSync(folder), ['m.rsc']);
  });
});

resource('a place where no file can be is refused by its name, before and at the first write', async () => {
  await withFolder(async (folder) => {
    const writer = (path: string): ResourceWriter =>
      new ResourceWriter({
        ...{ path, intervalMs: 60_000, run: 'r', audit: { emit: () => {} } },
        reach: () => ({ urls: [] }),
      });
    const refused = async (promise: Promise<void>): Promise<string> => {
      const error = await promise.then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.instance(error, FlagError);
      return (error as FlagError).message;
    };
    const file = join(folder, 'file');
    writeFileSync(file, '');
    assert.is(
      await refused(writer(folder).claim()),
      `--resource-file: expected a file to write, ${folder} is a folder; name a file in it`,
    );
    assert.match(
      await refused(writer('/dev/null').claim()),
      /\/dev\/null is a device, a pipe or a socket; name /,
    );
    const missing = join(folder, 'none', 'm.rsc');
    assert.match(
      await refused(writer(missing).begin(() => FILE)),
      `the folder ${join(folder, 'none')} does not exist`,
    );
    assert.match(
      await refused(writer(join(file, 'm.rsc')).begin(() => FILE)),
      /cannot write .*m\.rsc \(ENOTDIR\)/,
    );
  });
});

resource.run();
