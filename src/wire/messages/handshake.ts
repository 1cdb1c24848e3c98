/** Reads the JSON of the data plane. Returns undefined for anything malformed. */

import { areCellValues } from './cells.js';
import { isCount } from './count.js';
import type { HandshakeMessage, OfferedPort } from './messages.js';

/** We never send longer messages: hundreds of algorithms fit. */
const LONGEST = 1024 * 1024;
const HEX_RUN = /^[0-9a-f]{16}$/;
const HEX_NONCE = /^[0-9a-f]{32}$/;

/** Undefined for any other text. The judge of hellos checks them further. */
export function parseHandshake(text: string): HandshakeMessage | undefined {
  if (text.length > LONGEST) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const message = value as HandshakeMessage;
  if (typeof message.nonce !== 'string' || !HEX_NONCE.test(message.nonce)) return undefined;
  switch (message.type) {
    case 'hello':
    case 'stale':
      return message;
    case 'reject':
      return typeof message.reason === 'string' ? message : undefined;
    case 'welcome':
      return isWelcome(message) ? message : undefined;
    default:
      return undefined;
  }
}

function isOfferedPort(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { port, secret, encrypted } = value as OfferedPort;
  const isPort = isCount(port) && port > 0 && port < 65_536;
  return isPort && typeof secret === 'string' && typeof encrypted === 'boolean';
}

function isWelcome(message: HandshakeMessage & { readonly type: 'welcome' }): boolean {
  const { run, sid, resultGroup, algorithms, broker, limit, clientTimeoutMs, maxMessageBytes } = message;
  const { dataPort, cells } = message;
  return (
    typeof run === 'string' &&
    HEX_RUN.test(run) &&
    Array.isArray(algorithms) &&
    algorithms.every((name) => typeof name === 'string') &&
    (broker === 'embedded' || broker === 'external') &&
    (resultGroup === 'auto' || isCount(resultGroup)) &&
    [sid, limit, clientTimeoutMs, maxMessageBytes].every(isCount) &&
    (dataPort === undefined || isOfferedPort(dataPort)) &&
    (cells === undefined || areCellValues(cells))
  );
}
