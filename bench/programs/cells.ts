/**
 * `--master --slaves 2` measures cells with tasks that never await, and prints as JSON: what a read takes, when a value that
 * the master sets is seen, and how busy the master's main thread is while tasks offer values that each change the cell.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cell, defineAlgorithm, defineMaster, initialize, type OrderedSlave } from 'ts-mw';

const SLAVES = 2;
const READS = 10_000_000;
const STEPS = 50;
const STEP_MS = 50;
const OFFERING_SECONDS = 5;
/** By each of the slaves. */
const OFFERS_PER_SECOND = 500;

const step = cell('step', 0);
const least = cell('least', Number.POSITIVE_INFINITY, { merge: Math.min });

/** Nanoseconds of a read. */
const timeReads = defineAlgorithm('timeReads', (reads: number) => {
  let sum = 0;
  const began = performance.now();
  for (let read = 0; read < reads; read++) sum += step.value;
  return sum < 0 ? 0 : ((performance.now() - began) * 1_000_000) / reads;
});

/** When each step was first seen, in Unix milliseconds. */
const follow = defineAlgorithm('follow', (steps: number) => {
  const seen: number[] = [];
  for (let last = 0; last < steps; ) {
    const { value } = step;
    if (value === last) continue;
    seen[value] = performance.timeOrigin + performance.now();
    last = value;
  }
  return seen;
});

/** Each offer is better than all before it, of both slaves. */
const offerFor = defineAlgorithm('offerFor', (slave: number, seconds: number, perSecond: number) => {
  const began = performance.now();
  let offers = 0;
  for (let passed = 0; passed < seconds; passed = (performance.now() - began) / 1000) {
    if (offers >= passed * perSecond) continue;
    least.offer(-Math.round((performance.timeOrigin + performance.now()) * 1_000) * SLAVES - slave);
    offers++;
  }
  return offers;
});

defineMaster(async (master) => {
  master.allocateSlaves({ amount: SLAVES, kind: 'intermingle' });
  const joined: OrderedSlave[] = [];
  while (joined.length < SLAVES) {
    await master.masterLoop();
    joined.push(...master.getConnectedOrderedSlaves());
  }
  const sids = joined.map(({ sid }) => sid);

  const [readNanos = 0] = [await timeReads.withTaskPolicy({ sid: sids[0] }).future(READS)];

  const followers = sids.map((sid) => follow.withTaskPolicy({ sid }).future(STEPS));
  await sleep(500);
  const setAt: number[] = [];
  for (let value = 1; value <= STEPS; value++) {
    setAt[value] = performance.timeOrigin + performance.now();
    step.value = value;
    await sleep(STEP_MS);
  }
  const arrivalsMs = (await Promise.all(followers)).flatMap((seen) =>
    seen.flatMap((at, value) => (value > 0 && at !== null ? [at - (setAt[value] ?? at)] : [])),
  );

  const offer = async (perSecond: number): Promise<{ busy: number; offers: number }> => {
    const before = performance.eventLoopUtilization();
    const runs = sids.map((sid, slave) =>
      offerFor.withTaskPolicy({ sid }).future(slave, OFFERING_SECONDS, perSecond),
    );
    const offers = (await Promise.all(runs)).reduce((sum, one) => sum + one, 0);
    const { active, idle } = performance.eventLoopUtilization(before);
    return { busy: active / (active + idle), offers };
  };
  const quiet = await offer(0);
  const offering = await offer(OFFERS_PER_SECOND);
  const row = {
    readNanos,
    arrivalsMs,
    quietBusy: quiet.busy,
    offeringBusy: offering.busy,
    offersPerSecond: offering.offers / OFFERING_SECONDS,
  };
  console.log(JSON.stringify(row));
  return 0;
});

await initialize();
