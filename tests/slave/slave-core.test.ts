/** A slave's core on ports that only note what is asked of them. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silentAudit } from '../../src/audit/memory-trail.js';
import { SlaveCore } from '../../src/slave/slave-core.js';
import type { Hello, Welcome } from '../../src/wire/messages.js';

const RUN = '00112233445566ff';

function createSlave(): { core: SlaveCore; hellos: Hello[]; nonces: string[] } {
  const hellos: Hello[] = [];
  const nonces: string[] = [];
  const core = new SlaveCore({
    memberId: 'm',
    run: undefined,
    host: 'h',
    pid: 1,
    algorithms: [],
    audit: silentAudit,
    ports: {
      send: () => true,
      sendHello: (hello) => hellos.push(hello),
      nonce: () => (nonces.length + 1).toString(16).padStart(32, '0'),
      listen: (nonce) => nonces.push(nonce),
      watch: () => nonces.length,
      offer: () => true,
      claim: () => true,
      release: () => {},
      positions: () => {},
      news: () => {},
      abort: () => {},
    },
  });
  core.join();
  return { core, hellos, nonces };
}

function welcome(nonce: string, sid: number): Welcome {
  return {
    type: 'welcome',
    run: RUN,
    nonce,
    sid,
    resultGroup: 'auto',
    algorithms: [],
    broker: 'external',
    limit: 1_024,
    clientTimeoutMs: 3_000,
    maxMessageBytes: 1_024 * 1_024,
  };
}

const test = suite('slave/slave-core');

test('it says hello once it is heard, each second, until it is welcome', () => {
  const { core, hellos, nonces } = createSlave();
  core.tick(0);
  assert.is(hellos.length, 0, 'nobody could answer yet');
  core.joinable(nonces[0] as string, 100);
  for (const now of [200, 1_000, 1_100, 1_200, 2_100]) core.tick(now);
  assert.is(hellos.length, 3);
  core.takeHandshake(welcome(nonces[0] as string, 7), 2_200);
  core.tick(5_000);
  assert.is(hellos.length, 3);
  assert.is(core.sid, 7);
});

test('it joins again under another nonce when its session is over', () => {
  const { core, hellos, nonces } = createSlave();
  core.joinable(nonces[0] as string, 0);
  core.takeHandshake(welcome(nonces[0] as string, 7), 10);
  core.takeHandshake({ type: 'stale', nonce: 'f'.repeat(32) }, 20);
  assert.is(nonces.length, 1, 'somebody else is meant');
  core.takeHandshake({ type: 'stale', nonce: nonces[0] as string }, 30);
  assert.is(core.sid, undefined);
  core.joinable(nonces[1] as string, 40);
  assert.is(hellos.at(-1)?.nonce, nonces[1]);
  assert.is(hellos.at(-1)?.previous, 7);
});

test('it joins again when its session was over before the welcome came', () => {
  const { core, hellos, nonces } = createSlave();
  core.joinable(nonces[0] as string, 0);
  core.takeHandshake({ type: 'stale', nonce: nonces[0] as string }, 10);
  assert.is(nonces.length, 2);
  core.joinable(nonces[0] as string, 20);
  assert.is(hellos.length, 1, 'the old nonce is worth nothing');
  core.joinable(nonces[1] as string, 30);
  assert.is(hellos.at(-1)?.nonce, nonces[1]);
});

test.run();
