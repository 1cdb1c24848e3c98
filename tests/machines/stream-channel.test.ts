/** The server's side of the channel by which slaves are handed streams, with a slave that takes none. */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { giveStreams } from '../../src/machines/protocol/stream-channel.js';

const test = suite('the channel of streams');

/** It says what a slave is sent. */
function silentSlave() {
  const steps: string[] = [];
  const slave = Object.assign(new EventEmitter(), {
    connected: true,
    send: ({ step, id }: { step: string; id: number }) => void steps.push(`${step} ${id}`),
  });
  const streams = [new Socket(), new Socket(), new Socket()];
  const given = [...streams];
  giveStreams(slave as unknown as ChildProcess, (take) => take(given.shift()));
  const say = (step: string, id: number) =>
    slave.emit('internalMessage', { cmd: 'NODE_TS_MW_STREAM', step, id });
  return { slave, steps, say, closed: () => streams.map(({ destroyed }) => destroyed) };
}

test('the server holds a stream until the slave has it, and no longer', () => {
  const { steps, say, closed } = silentSlave();
  say('ask', 1);
  assert.equal([steps, closed()], [['here 1'], [false, false, false]]);
  say('got', 2);
  say('got', 1);
  say('got', 1);
  assert.equal(
    [steps, closed()],
    [
      ['here 1', 'yours 1'],
      [true, false, false],
    ],
  );
  for (const id of [2, 3, 4]) say('ask', id);
  assert.equal(steps.slice(2), ['here 2', 'here 3', 'none 4']);
  say('got', 2);
  say('got', 3);
});

test('streams that a slave does not have when it ends are closed', () => {
  const { slave, say, closed } = silentSlave();
  say('ask', 1);
  say('ask', 2);
  slave.connected = false;
  // Node says nothing of the channel's end while a stream is on its way
  slave.emit('exit');
  assert.equal(closed(), [true, true, false]);
  say('ask', 3);
  assert.equal(closed(), [true, true, true]);
});

test.run();
