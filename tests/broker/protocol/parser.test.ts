/** The parser alone: commands in every cut, rubbish in every form. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommandHandler } from '../../../src/broker/protocol/parsed-commands.js';
import { Parser } from '../../../src/broker/protocol/parser.js';

const MAX_PAYLOAD = 1000;

/** Writes down what it is told. */
function recorder(): { readonly handler: CommandHandler; readonly commands: string[] } {
  const commands: string[] = [];
  return {
    commands,
    handler: {
      connect: (json) => commands.push(`connect${json}`),
      subscribe: (...args) => commands.push(`sub ${args.join(',')}`),
      unsubscribe: (...args) => commands.push(`unsub ${args.join(',')}`),
      ping: () => commands.push('ping'),
      pong: () => commands.push('pong'),
      publish: (message) => {
        const part = (start: number, end: number): string =>
          JSON.stringify(message.bytes.toString('latin1', start, end));
        const { subjectStart, subjectEnd, replyStart, replyEnd, payloadStart, headerSize, end } = message;
        const tail = part(subjectEnd + 1, end);
        commands.push(
          `pub ${part(subjectStart, subjectEnd)} ${part(replyStart, replyEnd)} ${headerSize} ` +
            `${part(payloadStart, end)} tail ${tail}`,
        );
      },
    },
  };
}

function newParser(handler: CommandHandler): Parser {
  return new Parser(handler, { maxPayload: MAX_PAYLOAD, maxControlLine: 100 });
}

function parse(...chunks: readonly (string | Buffer)[]): readonly string[] {
  const { handler, commands } = recorder();
  const parser = newParser(handler);
  for (const chunk of chunks) parser.parse(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
  return commands;
}

const parser = suite('broker parser');

const COMMANDS: readonly (readonly [bytes: string, ...commands: string[]])[] = [
  ['PING\r\n', 'ping'],
  ['ping\n', 'ping'],
  ['PONG\r\n', 'pong'],
  ['CONNECT {"name":"a b c d e f g"}\r\n', 'connect {"name":"a b c d e f g"}\r'],
  ['SUB a 1\r\n', 'sub a,,1'],
  ['SUB\ta.*   q \t 1  \r\n', 'sub a.*,q,1'],
  ['UNSUB 1\r\n', 'unsub 1,0'],
  ['UNSUB 1 5\r\n', 'unsub 1,5'],
  ['UNSUB 1 x\r\n', 'unsub 1,0'],
  ['+OK\r\nINFO {}\r\n'],
  ['PUB a 2\r\nhi\r\n', 'pub "a" "" 0 "hi\\r\\n" tail "2\\r\\nhi\\r\\n"'],
  ['pub a 0\r\n\r\n', 'pub "a" "" 0 "\\r\\n" tail "0\\r\\n\\r\\n"'],
  ['PUB a\tb\t2\r\nhi\r\n', 'pub "a" "b" 0 "hi\\r\\n" tail "b 2\\r\\nhi\\r\\n"'],
  ['PUB a b 2\r\n\r\n\r\n', 'pub "a" "b" 0 "\\r\\n\\r\\n" tail "b 2\\r\\n\\r\\n\\r\\n"'],
  ['PUB  a\tb  2 \nhi\r\n', 'pub "a" "b" 0 "hi\\r\\n" tail "b 2\\r\\nhi\\r\\n"'],
  [
    'HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n',
    'pub "a" "" 12 "NATS/1.0\\r\\n\\r\\nhi\\r\\n" tail "12 14\\r\\nNATS/1.0\\r\\n\\r\\nhi\\r\\n"',
  ],
  ['HPUB a 0 2\r\nhi\r\n', 'pub "a" "" 0 "hi\\r\\n" tail "2\\r\\nhi\\r\\n"'],
  ['PUB \xc3\xa4 1\r\n\xff\r\n', 'pub "\xc3\xa4" "" 0 "\xff\\r\\n" tail "1\\r\\n\xff\\r\\n"'],
];

for (const [bytes, ...commands] of COMMANDS) {
  parser(`it reads ${JSON.stringify(bytes)}, whole and cut at every byte`, () => {
    assert.equal(parse(bytes), commands);
    for (let cut = 1; cut < bytes.length; cut++)
      assert.equal(parse(bytes.slice(0, cut), bytes.slice(cut)), commands, `cut at ${cut}`);
    assert.equal(parse(...bytes), commands, 'byte by byte');
  });
}

parser('it reads all commands in one chunk, and cut in two anywhere', () => {
  const bytes = COMMANDS.map(([text]) => text).join('');
  const commands = COMMANDS.flatMap(([, ...expected]) => expected);
  assert.equal(parse(bytes), commands);
  for (let cut = 1; cut < bytes.length; cut++)
    assert.equal(parse(bytes.slice(0, cut), bytes.slice(cut)), commands, `cut at ${cut}`);
});

const UNKNOWN: readonly string[] = [
  'GET / HTTP/1.1\r\n',
  '\r\n',
  ' PING\r\n',
  'PIXG\r\n',
  'PUB\r\n',
  'PUB a\r\n',
  'PUB a x\r\n',
  'PUB a -1\r\n',
  'PUB a b c 4\r\n',
  'PUB a 99999999999999999999\r\n',
  'PUB a 2\r\nhello\r\n',
  'HPUB a 4\r\n',
  'HPUB a 12 4\r\n',
  'HPUB a -1 4\r\n',
  'SUB\r\n',
  'SUB a\r\n',
  'SUB a b c d\r\n',
  'UNSUB\r\n',
  'UNSUB 1 2 3\r\n',
  "-ERR 'x'\r\n",
  'MSG a 1 2\r\nhi\r\n',
  'CONNECTION {}\r\n',
];

for (const bytes of UNKNOWN) {
  parser(`it refuses ${JSON.stringify(bytes)}, whole and byte by byte`, () => {
    assert.throws(() => parse(bytes), /^Unknown Protocol Operation$/);
    assert.throws(() => parse(...bytes), /^Unknown Protocol Operation$/);
  });
}

parser('it refuses rubbish before its line has ended', () => {
  assert.throws(() => parse(Buffer.from([0x16, 3, 1, 2, 0])), /Unknown Protocol Operation/);
  assert.throws(() => parse('P', 'UX'), /Unknown Protocol Operation/);
});

parser('it refuses a payload above the limit before it comes', () => {
  assert.throws(() => parse(`PUB a ${MAX_PAYLOAD + 1}\r\n`), /^Maximum Payload Violation$/);
  assert.throws(() => parse(`HPUB a 12 ${MAX_PAYLOAD + 1}\r\n`), /^Maximum Payload Violation$/);
  assert.is(parse(`PUB a ${MAX_PAYLOAD}\r\n${'x'.repeat(MAX_PAYLOAD)}\r\n`).length, 1);
});

parser('it refuses a line above the limit, however it is cut', () => {
  const long = `SUB ${'a'.repeat(97)} 1\r\n`;
  assert.throws(() => parse(long), /^maximum control line exceeded$/);
  assert.throws(() => parse(...long), /^maximum control line exceeded$/);
  assert.throws(() => parse(`SUB ${'a'.repeat(200)}`), /^maximum control line exceeded$/);
  assert.throws(() => parse('SUB ', 'a'.repeat(200)), /^maximum control line exceeded$/);
  assert.is(parse(`SUB ${'a'.repeat(94)} 1\r\n`).length, 1);
});

parser('it listens to nothing but CONNECT when told so', () => {
  for (const bytes of ['PING\r\n', 'P', 'PUB a 1\r\n', 'rubbish\r\n', 'rubbish']) {
    const strict = newParser(recorder().handler);
    strict.connectOnly = true;
    assert.throws(() => strict.parse(Buffer.from(bytes)), /^Authorization Violation$/, bytes);
  }
});

parser('it says nothing more once it is stopped, also within a chunk', () => {
  const { handler, commands } = recorder();
  const stopping = newParser({ ...handler, pong: () => stopping.stop() });
  stopping.parse(Buffer.from('PING\r\nPONG\r\nPING\r\n'));
  stopping.parse(Buffer.from('PING\r\n'));
  assert.equal(commands, ['ping']);
});

parser.run();
