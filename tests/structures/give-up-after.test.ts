/** Giving up others in time, whatever time this thread stood still. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { giveUpAfter } from '../../src/structures/give-up-after.js';
import { waitAtMost } from '../../src/structures/wait-at-most.js';
import { standStill } from '../support/stand-still.js';

const test = suite('give up after');

test('what came while this thread stood still is in time, and what does not come is given up', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  const said: string[] = [];
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect(port, '127.0.0.1');
  try {
    const [socket] = await accepted;
    await new Promise<void>((resolve) => {
      giveUpAfter(4, () => {
        said.push('given up');
        resolve();
      });
      socket.on('data', () => said.push('heard'));
      client.write('x');
      standStill(20);
    });
    assert.equal(said, ['heard', 'given up']);
  } finally {
    client.destroy();
    server.close();
  }
});

test('the turns of the loop after a stall belong to the time', async () => {
  const said: string[] = [];
  let turns = 0;
  await new Promise<void>((resolve) => {
    giveUpAfter(4, resolve);
    const turn = (): void => {
      if (++turns < 4) setImmediate(turn);
      else said.push('turned');
    };
    setImmediate(turn);
    standStill(20);
  });
  assert.equal(said, ['turned']);
});

test('it gives up nothing once it is called off, also between the timer and the reading', async () => {
  let isGivenUp = false;
  await new Promise<void>((resolve) => {
    const stop = giveUpAfter(0, () => {
      isGivenUp = true;
    });
    setTimeout(stop, 0);
    setTimeout(resolve, 20);
    standStill(2);
  });
  assert.not(isGivenUp);
});

test('a wait at most ends with what came while this thread stood still', async () => {
  const order: string[] = [];
  const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => order.push('answer'));
  const waiting = waitAtMost(1, answer).then(() => order.push('waited'));
  standStill(20);
  await Promise.all([answer, waiting]);
  assert.equal(order, ['answer', 'waited']);
});

test.run();
