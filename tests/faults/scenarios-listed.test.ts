/** docs/reliability.md names each scenario of the catalogue, and no other. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readDocument } from '../docs/read-docs.js';
import { SCENARIOS } from './scenarios/index.js';

const it = suite('the list of scenarios');

it('has every scenario with its brokers, in their order', () => {
  const faults = /^## Faults$(.*?)^## /ms.exec(readDocument('docs/reliability.md'))?.[1] ?? '';
  const rows = [...faults.matchAll(/^\| ([^|]+) \| (each|either|embedded|nats-server|nats-cluster) \|$/gm)];
  const listed = rows.map(([, name, brokers]) => ({ name, brokers }));
  const all = Object.values(SCENARIOS).flat();
  assert.equal(
    listed,
    all.map(({ name, brokers }) => ({ name, brokers })),
  );
  assert.is(new Set(all.map(({ name }) => name)).size, all.length, 'no name twice');
});

it.run();
