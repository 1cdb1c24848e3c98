/**
 * CL-MW's higher-order example: one algorithm, and each task brings the function that it applies.
 *
 *     node dist/examples/higher-order.js --master --slaves 2
 *
 * The source of a function marked with `portable` travels, and the slave compiles it. It sees what it is
 * given, the globals, and its captures; nothing else of this file.
 */
import { defineAlgorithm, defineMaster, initialize, portable } from 'ts-mw';

type Statistic = (values: readonly number[]) => number;

const measure = defineAlgorithm('measure', (statistic: Statistic, values: readonly number[]) =>
  statistic(values),
);

const UNIT = 100;

const STATISTICS: Readonly<Record<string, Statistic>> = {
  sum: portable((values) => values.reduce((sum, value) => sum + value, 0)),
  largest: portable((values) => Math.max(...values)),
  median: portable((values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    const upper = sorted[middle] ?? Number.NaN;
    return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
  }),
  deviation: portable(function deviation(values) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  }),
  'sum in units': portable((values) => values.reduce((sum, value) => sum + value, 0) / UNIT, { UNIT }),
};

defineMaster(async () => {
  const values = [2, 4, 4, 4, 5, 5, 7, 9];
  const lines = Object.entries(STATISTICS).map(
    async ([name, statistic]) => `${name}: ${await measure.future(statistic, values)}`,
  );
  for (const line of await Promise.all(lines)) console.log(line);
  return 0;
});

await initialize();
