/**
 * The texts of the NATS protocol that the broker sends: errors, fixed lines and the answer of "no
 * responders".
 */

/** Error texts, exactly those of nats-server 2.9, since clients depend on them. */
export const ErrorText = {
  unknownOperation: 'Unknown Protocol Operation',
  authorization: 'Authorization Violation',
  authenticationTimeout: 'Authentication Timeout',
  maximumPayload: 'Maximum Payload Violation',
  maximumControlLine: 'maximum control line exceeded',
  invalidSubject: 'Invalid Subject',
  invalidPublishSubject: 'Invalid Publish Subject',
  invalidClientProtocol: 'invalid client protocol',
  noRespondersNeedHeaders: 'no responders requires headers support',
  maximumConnections: 'maximum connections exceeded',
  staleConnection: 'Stale Connection',
  slowConsumer: 'Slow Consumer',
  maximumSubscriptions: 'maximum subscriptions exceeded',
} as const;

export type ErrorText = (typeof ErrorText)[keyof typeof ErrorText];

/** A client broke the protocol: it gets `message` as an `-ERR` and is closed. */
export class ProtocolError extends Error {
  constructor(message: ErrorText) {
    super(message);
    this.name = 'ProtocolError';
  }
}

export const OK = Buffer.from('+OK\r\n');
export const PING = Buffer.from('PING\r\n');
export const PONG = Buffer.from('PONG\r\n');

/** The text after `HMSG <reply> <sid> ` when a request found no subscriber. */
export const NO_RESPONDERS = Buffer.from('16 16\r\nNATS/1.0 503\r\n\r\n\r\n');
