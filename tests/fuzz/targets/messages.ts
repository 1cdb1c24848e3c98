/** The JSON of the data and the control plane: a text is refused, or is a message that has its form. */

import { FormatError } from '../../../src/errors.js';
import { formatControl, parseControl } from '../../../src/link/sentinel/control-text.js';
import { identityOf } from '../../../src/master/slaves/admissions.js';
import { parseHello } from '../../../src/master/slaves/reception.js';
import { encodeBody } from '../../../src/wire/messages/body.js';
import { parseHandshake } from '../../../src/wire/messages/handshake.js';
import {
  parseSharesOfTasks,
  parseToMaster,
  parseToSlave,
} from '../../../src/wire/messages/share-messages.js';
import type { FuzzTarget } from '../driver.js';

const EPOCH = '"run":"0011223344556677","nonce":"ffeeddccbbaa99887766554433221100","sid":7';

const KEY = 'r8DYdZ-_'.padEnd(43, 'x');

export const messagesTarget: FuzzTarget = {
  name: 'messages',
  seeds: () => [
    `{"type":"hello","protocol":1,${EPOCH},"memberId":"m","algorithms":[["a","f"]],"host":"h","pid":1}`,
    `{"type":"welcome",${EPOCH},"resultGroup":"auto","algorithms":["a"],"broker":"embedded","limit":9,"clientTimeoutMs":9,"maxMessageBytes":9,"cells":[["best",3,"7"]]}`,
    `{"type":"reject",${EPOCH},"reason":"no"}`,
    `{"type":"stale",${EPOCH}}`,
    `{"type":"beat",${EPOCH},"sent":1,"received":2,"limit":3,"running":-1,"runningMs":0,"begun":4,"memoryBytes":5,"processorPercent":150}`,
    `{"type":"command",${EPOCH},"id":1,"body":{"command":"recall","from":1,"to":3}}`,
    `{"type":"command",${EPOCH},"id":1,"body":{"command":"cancel","index":1}}`,
    `{"type":"command",${EPOCH},"id":2,"body":{"command":"cancel","index":1,"kill":{"task":7,"afterMs":500}}}`,
    `{"type":"ack",${EPOCH},"id":1,"from":2,"found":"running"}`,
    `{"type":"cells",${EPOCH},"id":1,"taken":2,"values":[["best",3,"7"],["names",4,"[]"]]}`,
    `{"type":"offers",${EPOCH},"id":1,"seen":2,"offers":[["best",1,"7"]]}`,
    `["want",[["${KEY}",0]]]`,
    `["has",["${KEY}"],["${KEY}"]]`,
    `["piece","${KEY}",9,2]`,
    `["gone","${KEY}","released"]`,
    `["fetch",[["${KEY}",9]]]`,
    `[[["${KEY}",9]],[[0,0]]]`,
    '{"type":"master-query","run":"0011223344556677","established":true}',
  ],
  dictionary: [
    ...['"type"', '"hello"', '"welcome"', '"beat"', '"command"', '"ack"', '"shutdown"', '"bye"', '"overdue"'],
    ...['"__proto__"', '"constructor"', 'null', 'true', '[]', '{}', '""', '-1', '1e999', '\ud800'],
  ],
  run(input) {
    const text = input.toString('utf8');
    const handshake = parseHandshake(text);
    // The slave of a hello, as the master shows it to its program
    const hello = handshake?.type === 'hello' ? parseHello(handshake) : undefined;
    if (hello !== undefined)
      identityOf({ hello, address: { user: 'u', nonce: hello.nonce }, skewed: [] }, 'external');
    const control = parseControl(text);
    if (control !== undefined && parseControl(formatControl(control)) === undefined) {
      throw new Error('a control message is none when it is written again');
    }
    return `${handshake?.type} ${hello !== undefined} ${control?.type} ${ofShares(text)}`;
  },
};

/** Which of the messages about shared values it is; anything else is a FormatError. */
function ofShares(text: string): string {
  const bytes = new Uint8Array(3);
  const readers: readonly (() => unknown)[] = [
    () => parseToMaster(encodeBody(text, [])),
    () => parseToSlave(encodeBody(text, [])),
    () => parseToSlave(encodeBody(text, [bytes])),
    () => parseSharesOfTasks(JSON.parse(text), 2),
  ];
  return readers.map((read) => (isRead(read) ? 1 : 0)).join('');
}

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof FormatError || error instanceof SyntaxError) return false;
    throw error;
  }
}
