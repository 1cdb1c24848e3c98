/** A slave's process for tests: a sentinel, and a main that spins when it is told to. */

import { startSentinel } from '../../../src/link/sentinel/sentinel.js';
import { SharedState } from '../../../src/link/shared/shared-state.js';

const [mode = '', url = '', run = '', nonce = ''] = process.argv.slice(2);
const shared = SharedState.create({ peers: 1 });
const handle = await startSentinel({
  role: 'slave',
  address: { urls: [url] },
  memberId: 'm',
  // Here the master's silence is no evidence, however long the test takes to make another one
  clientTimeoutMs: mode === 'answer' ? 60_000 : 2_000,
  broker: 'external',
  shared,
  mayKill: true,
  parentPipeFd: 4,
});
let batches = 0;
let events = 0;
let lastTurn = 0;
handle.onEvent((event) => {
  if (event.type === 'listening') {
    const slot = shared.counters.allocate();
    const generation = shared.claims.reset();
    handle.request({ op: 'watch', peer: { user: '_', nonce, run, sid: 7, slot, generation } });
    process.send?.('joined');
  }
  if (event.type === 'lost' && mode === 'answer') {
    handle.request({ op: 'ending' });
    process.send?.(event.evidence);
    // Longer than the sentinel waits for an answer.
    setTimeout(() => void handle.stop().then(() => process.exit(255)), 2_500);
  }
  if (mode === 'report' && event.type !== 'beat') process.send?.(event.type);
  events += 1;
  if (performance.now() - lastTurn > 1) batches += 1;
  lastTurn = performance.now();
});
handle.request({ op: 'listen', user: '_', nonce });

process.on('message', () => {
  const until = performance.now() + (mode === 'spin-3s' ? 3_500 : 1e9);
  while (performance.now() < until);
  batches = 0;
  events = 0;
  setTimeout(() => process.send?.({ batches, events }), 100);
});
