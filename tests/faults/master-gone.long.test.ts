/** A master that is killed, interrupted or ended at once: no slave outlives it by more than the timeout. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RawNats } from '../support/raw-nats.js';
import { BROKER_NAMES, type BrokerName, Cluster, together, until, untilGone } from './support.js';

const it = suite('a master that is gone');

/** Half of it passes until a slave judges, after at most 1 s until a beat and 2 s more if its main is blocked. */
const TIMEOUT_SECONDS = 12;
const FOR_EVER_MS = 600_000;

/** One slave idles, one awaits, one computes; one of the three is the master's own. */
async function killed(broker: BrokerName, signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
  await using cluster = await Cluster.open(broker, { clientTimeout: TIMEOUT_SECONDS });
  const master = await cluster.startMaster({
    plan: {
      steps: [
        { submit: 'nap', args: [FOR_EVER_MS] },
        { submit: 'pace', args: [0, FOR_EVER_MS] },
        // Ctrl-\ is for a master that computes.
        ...(signal === 'SIGQUIT' ? [{ awaitCue: 'joined' }, { spinMs: FOR_EVER_MS }] : []),
      ],
    },
    flags: ['--slaves', '1'],
  });
  const local = await cluster.trail.until('local-slave-started');
  const slaves = await cluster.joinSlaves(3);
  await cluster.begun(2);
  cluster.cue('joined');
  await beatsReach(slaves.length + 1, cluster);
  const killedAt = performance.now();
  master.signal(signal);
  const within = TIMEOUT_SECONDS * 1000;
  const codes = await Promise.all(slaves.map((slave) => slave.exit(within + 1_000)));
  await untilGone(local.pid, within);
  const tookMs = performance.now() - killedAt;
  assert.ok(tookMs < within, `all are gone within the timeout, not after ${tookMs} ms`);
  const computing = [...cluster.computed()].flatMap(([id, { pids }]) => (id === 'TASK-1' ? [...pids] : []));
  for (const [i, slave] of slaves.entries()) {
    const expected = computing.includes(slave.pid) ? null : 255;
    assert.is(codes[i], expected, `${slave.pid} exits so`);
    if (expected === null) assert.is((await slave.ended).signal, 'SIGKILL', 'its sentinel ends it');
    const told = expected === null ? 'killed-by-sentinel' : 'master-lost';
    assert.is(slave.trail.all(told).length, 1, `and its trail tells why: ${told}`);
  }
}

/**
 * A beat tells each slave which server the master is on: one that dies before is waited for a little longer. The
 * embedded broker is the master's own, so there nothing is to be told.
 */
async function beatsReach(slaves: number, { nats }: Cluster): Promise<void> {
  if (nats === undefined) return;
  const ear = await RawNats.open(nats.port);
  try {
    ear.send('SUB mw.*.s.*.*.control 1\r\n');
    const told = (): number => new Set(ear.received.match(/^H?MSG \S+/gm)).size;
    await until('beat to each slave', () => told() >= slaves || undefined);
  } finally {
    ear.close();
  }
}

async function interrupted(broker: BrokerName): Promise<void> {
  await using cluster = await Cluster.open(broker, { clientTimeout: TIMEOUT_SECONDS });
  const file = join(cluster.folder, 'm.rsc');
  const master = await cluster.startMaster({
    plan: {
      steps: [{ submit: 'nap', args: [300], count: 1_000 }, { take: 4 }, { spinMs: 2_000 }],
    },
    flags: ['--slaves', '1', '--resource-file', file],
  });
  const local = await cluster.trail.until('local-slave-started');
  const slaves = await cluster.joinSlaves(2, { flags: ['--resource-file', file], port: 0 });
  await cluster.begun(8);
  master.signal('SIGINT');
  assert.is(await master.exit(), 130, 'Ctrl-C');
  for (const slave of slaves) assert.is(await slave.exit(), 0, 'its slaves are told to stop');
  await untilGone(local.pid, 5_000);
  assert.is(JSON.parse(readFileSync(file, 'utf8'))['computation-status'], 'in-progress');
}

it('leaves no slave behind, however it ended', () =>
  together(
    BROKER_NAMES.flatMap((broker) => [
      killed(broker, 'SIGKILL'),
      killed(broker, 'SIGQUIT'),
      interrupted(broker),
    ]),
  ));

it.run();
