/**
 * Renders the Mandelbrot set: slaves compute bands of rows, the master colours them and writes a PNG.
 *
 *     node dist/examples/mandelbrot/main.js --master --slaves 2 --zoom 400 --centre-x -0.745 --centre-y 0.186
 */
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defineAlgorithm, defineMaster, FlagError, initialize } from 'ts-mw';
import { fileName, finiteNumber, readOptions, wholeNumber } from '../read-options.js';
import { escapeTimes, type View } from './escape-times.js';
import { Picture } from './picture.js';

/** Pixels a task: small enough to keep all slaves busy to the end. */
const BAND_PIXELS = 20_000;

const renderBand = defineAlgorithm('renderBand', (view: View, first: number, rows: number) => ({
  first,
  times: escapeTimes(view, first, rows),
}));

defineMaster(async (master) => {
  const options = readOptions(master.argv, 'Renders the Mandelbrot set as a PNG', {
    width: wholeNumber(800, 'Pixels across', 1, 20_000),
    height: wholeNumber(600, 'Pixels down', 1, 20_000),
    'centre-x': finiteNumber(-0.6, 'Real part of the centre'),
    'centre-y': finiteNumber(0, 'Imaginary part of the centre'),
    zoom: finiteNumber(1, 'At 1 the picture is 4 units wide'),
    iterations: wholeNumber(500, 'Steps after which a point counts as inside', 1, 65_535),
    output: fileName('mandelbrot.png', 'File to write'),
  });
  if (options === undefined) return 0;
  const { width, height, zoom, iterations, output } = options;
  if (zoom <= 0) throw new FlagError('--zoom', `expected a number above 0, got ${zoom}`);
  await checkOutput(output);
  const view: View = {
    ...{ width, height, zoom, iterations },
    ...{ centreX: options['centre-x'], centreY: options['centre-y'] },
  };

  const rows = Math.max(1, Math.floor(BAND_PIXELS / width));
  for (let first = 0; first < height; first += rows) {
    renderBand.funcall(view, first, Math.min(rows, height - first));
  }
  const picture = new Picture(view);
  let missing = 0;
  for await (const fate of master.results(renderBand)) {
    if (fate.status === 'ok') picture.draw(fate.packet.first, fate.packet.times);
    else {
      missing++;
      console.error(`the band of row ${fate.args[1]} is missing:`, fate.error.message);
    }
  }
  if (missing > 0) return 1;
  await picture.writeTo(output);
  console.log(`${output}: ${width} x ${height} pixels, SHA-256 ${picture.checksum}`);
  return 0;
});

await initialize();

/** So that no picture is computed that cannot be written. */
async function checkOutput(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory()) throw new FlagError('--output', 'cannot be written: it is a folder');
  await access(there === undefined ? dirname(path) : path, constants.W_OK).catch((error: Error) => {
    throw new FlagError('--output', `cannot be written: ${error.message}`);
  });
}
