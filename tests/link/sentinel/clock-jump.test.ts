/** A wall clock that goes back while a connection stands: when that breaks it is still made again at once. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startBroker } from '../../../src/broker/start-broker.js';
import { connectData } from '../../../src/link/connection/data-connection.js';
import type { DataLink } from '../../../src/link/ports.js';
import { FaultyWay } from '../../faults/faulty-way.js';
import { until } from '../../support/programs.js';

const it = suite('a clock that jumps');
const HOUR_MS = 3_600_000;

it('does not put off the next connection', async () => {
  const broker = await startBroker({ host: '127.0.0.1', port: 0 });
  const realNow = Date.now;
  let link: DataLink | undefined;
  try {
    await using way = await FaultyWay.open(broker.port);
    link = await connectData({ urls: [`nats://127.0.0.1:${way.port}`] }, { name: 'test', timeoutMs: 5_000 });
    let connections = 0;
    link.onStatus(({ status }) => {
      if (status === 'connected') connections++;
    });
    for (const [jumps, byMs] of [-HOUR_MS, HOUR_MS].entries()) {
      const before = Date.now;
      Date.now = () => before() + byMs;
      way.cut();
      await until('it is connected again', () => connections === jumps + 1);
    }
    assert.is(connections, 2);
  } finally {
    Date.now = realNow;
    await link?.close();
    await broker.stop();
  }
});

it.run();
