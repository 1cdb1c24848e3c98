/**
 * Sweeps a model over a grid of its parameters, and writes a table: how an epidemic goes, by its reproduction number and
 * by the days for which people are infectious.
 *
 *     node dist/examples/parameter-sweep.js --master --slaves 2 --steps 200 > sweep.csv
 *
 * Rows have the order of the grid, and each is written as soon as it and all before it are computed. The grid is drawn
 * from a generator only as far as there is room, so that it may have any size.
 */
import { defineAlgorithm, defineMaster, initialize, pmapIterable } from 'ts-mw';
import { readOptions, wholeNumber } from './read-options.js';

interface Point {
  readonly reproduction: number;
  readonly infectiousDays: number;
}

const DAYS = 730;
const STEP_DAYS = 0.05;

/** The SIR model, from one infected person in a million: shares of the population. */
const epidemic = defineAlgorithm('epidemic', ({ reproduction, infectiousDays }: Point) => {
  let susceptible = 1 - 1e-6;
  let infected = 1e-6;
  let peak = infected;
  let peakDay = 0;
  for (let step = 1; step * STEP_DAYS <= DAYS; step++) {
    const newlyInfected = (reproduction / infectiousDays) * susceptible * infected * STEP_DAYS;
    susceptible -= newlyInfected;
    infected += newlyInfected - (infected / infectiousDays) * STEP_DAYS;
    if (infected <= peak) continue;
    peak = infected;
    peakDay = step * STEP_DAYS;
  }
  return { reproduction, infectiousDays, peak, peakDay, everInfected: 1 - susceptible };
});

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Sweeps the parameters of an epidemic', {
    steps: wholeNumber(20, 'Steps of the grid in each direction', 1, 100_000),
  });
  if (options === undefined) return 0;
  console.log('reproduction,infectious_days,peak,peak_day,ever_infected');
  for await (const row of pmapIterable(epidemic, grid(options.steps))) {
    const { reproduction, infectiousDays, peak, peakDay, everInfected } = row;
    const point = [reproduction.toFixed(3), infectiousDays.toFixed(3)];
    console.log([...point, peak.toFixed(4), peakDay.toFixed(1), everInfected.toFixed(4)].join());
  }
  return 0;
});

await initialize();

/** Reproduction numbers from 1 to 4, and for each 2 to 14 days. */
function* grid(steps: number): Generator<Point> {
  for (let row = 0; row <= steps; row++) {
    for (let column = 0; column <= steps; column++) {
      yield { reproduction: 1 + (3 * row) / steps, infectiousDays: 2 + (12 * column) / steps };
    }
  }
}
