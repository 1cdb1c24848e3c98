/** Executes a command on the side that receives it, without its main. */

import type { Command } from '../../wire/messages/messages.js';
import type { SentinelEvent } from '../ports.js';
import type { CommandOutcome } from './command-delivery.js';
import type { SentinelPeer } from './sentinel-peer.js';
import type { SentinelCoreOptions } from './sentinel-types.js';

/**
 * Returns the content of the acknowledgement. A slave cannot recall, cancel or shut down anything at its
 * master.
 */
export function runCommand(
  options: SentinelCoreOptions,
  { nonce, generation }: SentinelPeer,
  body: Command,
  tell: (event: SentinelEvent) => void,
): CommandOutcome {
  if (body.command === 'bye') {
    const { running, begun, sent, error } = body;
    tell({ type: 'bye', nonce, farewell: { running, begun, sent, error } });
    return {};
  }
  if (options.role === 'master') {
    if (body.command === 'overdue') tell({ type: 'overdue', nonce, index: body.index });
    return {};
  }
  switch (body.command) {
    case 'shutdown':
      tell({ type: 'shutdown', nonce });
      return {};
    case 'overdue':
      return {};
    case 'recall':
      return { from: options.claims.takeBack(generation, body.from, body.to) };
    case 'cancel': {
      const found = options.claims.cancel(generation, body.index);
      // Main knows more about a run whose word was taken by a later task.
      if (found !== 'waiting') tell({ type: 'cancel', nonce, index: body.index, kill: body.kill });
      return { found };
    }
    default:
      return body satisfies never;
  }
}
