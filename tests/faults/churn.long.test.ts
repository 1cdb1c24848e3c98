/** Slaves come and go at random, in every way there is, while small tasks run. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  BROKER_NAMES,
  type BrokerName,
  Cluster,
  type Member,
  pass,
  type Report,
  together,
} from './support.js';

const it = suite('churn');

const TASKS = 5_000;
const PLACES = 3;
const CHURN_MS = 3_000;
/** Until then the master stays, also with everything done: who it told to end could not be killed any more. */
const CALM = 'calm';
/** On a slow machine it goes on until each way was gone so often, within a minute. */
const EACH_WAY = 3;
const MOST_MS = 60_000;
const SEED = 20_260_101;

/** Small and seeded, so that a failing order of events can be repeated, as far as processes allow. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Way = 'SIGTERM' | 'SIGKILL' | 'goodbye';
const WAYS: readonly Way[] = ['SIGTERM', 'SIGKILL', 'goodbye'];

/** To start a slave takes longest, so none is started for a way that has had enough. */
function seldomest(chosen: Readonly<Record<Way, number>>, random: () => number): Way {
  const least = Math.min(...Object.values(chosen));
  const ways = WAYS.filter((way) => chosen[way] === least);
  return ways[Math.floor(random() * ways.length)] as Way;
}

async function churn(broker: BrokerName): Promise<void> {
  await using cluster = await Cluster.open(broker);
  const random = randomFrom(SEED);
  const steps = [{ submit: 'pace', args: [3, 3], count: TASKS }, { awaitCue: CALM }] as const;
  await cluster.startMaster({ plan: { steps } });
  const until = performance.now() + CHURN_MS;
  const killed = new Set<number>();
  const counts = { SIGTERM: 0, SIGKILL: 0, goodbye: 0 };
  const chosen = { SIGTERM: 0, SIGKILL: 0, goodbye: 0 };
  const isChurning = (): boolean =>
    cluster.master.running &&
    performance.now() < until + MOST_MS &&
    (performance.now() < until || Object.values(counts).some((count) => count < EACH_WAY));
  const keepPlace = async (): Promise<void> => {
    while (isChurning()) {
      const way = seldomest(chosen, random);
      chosen[way]++;
      const livesMs = 300 + random() * 1_500;
      const most = 50 + Math.floor(random() * 400);
      const env: Record<string, string> = way === 'goodbye' ? { FAULTS_LEAVE_AFTER: String(most) } : {};
      const slave = cluster.startSlave({ env });
      await Promise.race([slave.ended, joined(slave).then(() => pass(livesMs))]);
      if (way === 'goodbye') await Promise.race([slave.ended, pass(CHURN_MS)]);
      else slave.signal(way);
      // There are no tasks any more after which it would leave
      if (way === 'goodbye' && slave.running) {
        slave.signal('SIGKILL');
        killed.add(slave.pid);
        await slave.ended;
        chosen[way]--;
        continue;
      }
      const { code, signal } = await slave.ended;
      if (cluster.master.running) {
        counts[way]++;
        if (way === 'goodbye') assert.is(code, 7, `who leaves by itself exits ${code}: ${slave.errors}`);
        else if (way === 'SIGTERM') assert.is(code, 255, `SIGTERM ends a slave in order: ${signal}`);
        else assert.is(signal, 'SIGKILL');
      }
      if (way === 'SIGKILL') killed.add(slave.pid);
    }
  };
  await Promise.all(Array.from({ length: PLACES }, keepPlace));
  const steady = await cluster.joinSlaves(3);
  cluster.cue(CALM);
  const report = await cluster.finish(TASKS);
  report.checkAllOk();
  for (const [way, count] of Object.entries(counts)) assert.ok(count >= EACH_WAY, `${count} by ${way}`);
  const left = report.trail.all('slave-left').length;
  assert.ok(left >= counts.goodbye, 'those who say goodbye are not missed');
  checkWaste(report, killed);
  for (const slave of steady) assert.is(await slave.exit(), 0, 'who is left is told to shut down');
}

/** A killed slave takes unsent results along; one that leaves in order takes at most that of the task it was in. */
function checkWaste({ computed }: Report, killed: ReadonlySet<number>): void {
  const wasted = new Map<number, number>();
  for (const { ended, ends } of computed.values()) {
    if (ended === 1) continue;
    for (const { pid } of ends.slice(0, -1)) wasted.set(pid, (wasted.get(pid) ?? 0) + 1);
  }
  for (const [pid, count] of wasted) {
    if (!killed.has(pid)) assert.ok(count <= 1, `${count} results of a slave that left in order are lost`);
  }
}

async function joined(slave: Member): Promise<void> {
  await slave.trail.until('id-received').catch(() => undefined);
}

it('give each of 5,000 tasks one fate while slaves come and go', () => together(BROKER_NAMES.map(churn)));

it.run();
