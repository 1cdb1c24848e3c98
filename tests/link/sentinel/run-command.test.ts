/** The effect of a command of the other side on a sentinel: what is answered, and what its main hears. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SentinelEvent } from '../../../src/link/ports.js';
import { runCommand } from '../../../src/link/sentinel/run-command.js';
import { SentinelPeer } from '../../../src/link/sentinel/sentinel-peer.js';
import type { SentinelCoreOptions } from '../../../src/link/sentinel/sentinel-types.js';
import type { Command } from '../../../src/wire/messages/messages.js';

const test = suite('link/run-command');

const nonce = 'n';
const peer = new SentinelPeer('u', nonce, { there: 't', here: 'h' });
peer.watch({ user: 'u', nonce, run: 'r', sid: 1, slot: 0, generation: 7 }, 0);
const common = { memberId: 'm', clientTimeoutMs: 1, broker: 'external', counters: () => undefined } as const;

/** The answer, what main heard, and what was asked of the claims. */
function receive(
  role: 'master' | 'slave',
  body: Command,
  found: 'waiting' | 'running' | 'gone' = 'gone',
): readonly [answer: object, heard: readonly SentinelEvent[], asked: readonly unknown[]] {
  const heard: SentinelEvent[] = [];
  const asked: unknown[] = [];
  const claims = {
    takeBack: (...range: unknown[]) => asked.push(range) + 4,
    cancel: (...index: unknown[]) => {
      asked.push(index);
      return found;
    },
    isRunning: () => false,
    condemn: () => false,
  };
  const activity = () => ({ running: -1, runningMs: 0, begun: 0, memoryBytes: 0 });
  const options: SentinelCoreOptions =
    role === 'master' ? { ...common, role, run: 'r' } : { ...common, role, claims, activity };
  const answer = runCommand(options, peer, body, (event) => heard.push(event));
  return [answer, heard, asked];
}

const farewell = { running: [4], begun: 6, sent: 9, error: 'e' };
const cancel = { command: 'cancel', index: 3 } as const;

for (const role of ['master', 'slave'] as const) {
  test(`a goodbye to a ${role} is passed on`, () => {
    assert.equal(receive(role, { command: 'bye', ...farewell }), [
      {},
      [{ type: 'bye', nonce, farewell }],
      [],
    ]);
  });
}

test('a master hears of an overdue task, a slave need not', () => {
  const overdue = { command: 'overdue', index: 2 } as const;
  assert.equal(receive('master', overdue), [{}, [{ type: 'overdue', nonce, index: 2 }], []]);
  assert.equal(receive('slave', overdue), [{}, [], []]);
});

test('a slave can order nothing else of its master', () => {
  for (const body of [cancel, { command: 'recall', from: 1, to: 2 }, { command: 'shutdown' }] as const)
    assert.equal(receive('master', body), [{}, [], []], body.command);
});

test('a slave is told to shut down', () => {
  assert.equal(receive('slave', { command: 'shutdown' }), [{}, [{ type: 'shutdown', nonce }], []]);
});

test('tasks of the session are taken back without main', () => {
  const recall = { command: 'recall', from: 1, to: 9 } as const;
  assert.equal(receive('slave', recall), [{ from: 5 }, [], [[7, 1, 9]]]);
});

test('main hears of a cancelled task, unless it had not begun', () => {
  assert.equal(receive('slave', cancel, 'waiting'), [{ found: 'waiting' }, [], [[7, 3]]]);
  for (const found of ['running', 'gone'] as const) {
    const told = [{ type: 'cancel', nonce, index: 3, kill: undefined }];
    assert.equal(receive('slave', cancel, found), [{ found }, told, [[7, 3]]]);
    const kill = { task: 9, afterMs: 500 };
    const killed = [{ type: 'cancel', nonce, index: 3, kill }];
    assert.equal(receive('slave', { ...cancel, kill }, found), [{ found }, killed, [[7, 3]]]);
  }
});

test.run();
