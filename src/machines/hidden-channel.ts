/**
 * The channel that Node has between a server and a process that it started, hidden from the program there. A program that finds
 * `process.send` or `process.connected` takes itself for one that another program has forked, and speaks with it.
 */

import { PARENT_PIPE_VARIABLE } from './parent-pipe.js';

export interface HiddenChannel {
  readonly isConnected: boolean;
  readonly send: NonNullable<typeof process.send>;
}

const NAME = 'ts-mw.channel';

/** Run before the program's own code. Node itself uses the same properties of `process`, so it still finds what it needs. */
export const HIDE_CHANNEL = `
if (process.env.${PARENT_PIPE_VARIABLE} !== undefined && process.send !== undefined) {
  const { send, disconnect } = process;
  let isConnected = process.connected;
  let isShown = false;
  const shown = (act) => (...args) => {
    isShown = true;
    try {
      return Reflect.apply(act, process, args);
    } finally {
      isShown = false;
    }
  };
  const get = () => (isShown ? isConnected : undefined);
  const set = (value) => {
    isConnected = value;
  };
  Object.defineProperty(process, 'connected', { configurable: true, enumerable: false, get, set });
  delete process.send;
  // Node calls it when the server is gone
  process.disconnect = shown(disconnect);
  // Nor do listeners of the program keep the process alive
  process.channel?.unref();
  const value = { send: shown(send), get isConnected() { return isConnected; } };
  Object.defineProperty(process, Symbol.for('${NAME}'), { value });
}`.trim();

/** Undefined in a process that was started without one. */
export function hiddenChannel(): HiddenChannel | undefined {
  return Reflect.get(process, Symbol.for(NAME)) as HiddenChannel | undefined;
}
