/** Bytes from a socket of a standing server: each frame is refused with a FormatError, or is one that can be sent again. */
import { FormatError } from '../../../src/errors.js';
import { Fields } from '../../../src/machines/protocol/fields.js';
import {
  bytesFrame,
  FrameReader,
  messageFrame,
  STRANGERS_FRAME,
} from '../../../src/machines/protocol/frames.js';
import {
  readFromServer,
  readHello,
  readLeaseRequest,
  readToServer,
  readWelcome,
} from '../../../src/machines/protocol/messages.js';
import { type FuzzTarget, wayOf } from '../driver.js';

const READERS: Readonly<Record<string, (value: unknown) => object>> = {
  hello: readHello,
  lease: readLeaseRequest,
  toServer: readToServer,
  fromServer: readFromServer,
  welcome: (value) => readWelcome(new Fields(value)),
};

const MESSAGES: readonly object[] = [
  { type: 'hello', version: 1, purpose: 'lease', nonce: 'n' },
  { type: 'stream', version: 1, key: 'k' },
  {
    type: 'lease',
    memberId: 'm',
    slots: 2,
    sha256: 'ab',
    bytes: 3,
    clientTimeoutMs: 30_000,
    ways: ['broker', 'data'],
    env: { A: 'b' },
    files: {},
  },
  { type: 'start', slave: 1, args: ['--slave'] },
  { type: 'stop', slave: 1, how: 'kill' },
  { type: 'ready', ports: { broker: 4222, data: 4223 } },
  { type: 'ended', slave: 1, code: 3, signal: null, error: 'no' },
  { type: 'output', to: 'stderr', text: 't' },
  {
    type: 'welcome',
    name: 'n',
    hostname: 'h',
    platform: 'linux',
    node: '20.1.1',
    cores: 2,
    memoryBytes: 9,
    slots: 2,
    time: 1.5,
  },
];

export const serversTarget: FuzzTarget = {
  name: 'servers',
  seeds: () => [
    ...MESSAGES.map(messageFrame),
    Buffer.concat([
      messageFrame({ type: 'beat' }),
      bytesFrame(Buffer.alloc(9)),
      messageFrame({ type: 'leave' }),
    ]),
    Buffer.alloc(0),
  ],
  dictionary: ['"type":', '"slave":', '__proto__', 'null', '-1', '1e99', '\x00\x00\x10\x00', '\x02'],
  mostBytes: 2048,
  run(input) {
    const reader = new FrameReader(STRANGERS_FRAME);
    reader.push(input);
    const ways: string[] = [];
    try {
      for (let frame = reader.next(); frame !== undefined && ways.length < 8; frame = reader.next()) {
        ways.push(frame.kind === 'bytes' ? 'bytes' : waysOf(frame.value));
      }
      if (reader.waiting > input.length) throw new Error('more is left than came');
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      ways.push(wayOf(error));
    }
    return ways.join(' ');
  },
};

/** A message that was taken is taken again when it is sent on. */
function waysOf(value: unknown): string {
  return Object.entries(READERS)
    .map(([name, read]) => {
      try {
        const taken = read(value);
        const again = read(JSON.parse(JSON.stringify(taken)));
        if (JSON.stringify(again) !== JSON.stringify(taken)) throw new Error(`${name} changed on the way`);
        return name;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        return '';
      }
    })
    .join('');
}
