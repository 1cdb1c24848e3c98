/** mandelbrot: the picture of two slaves is that of one process, and it is a picture of the set. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { escapeTimes, type View } from '../../examples/mandelbrot/escape-times.js';
import { Picture } from '../../examples/mandelbrot/picture.js';
import { documented, runAsDocumented } from './catalogue.js';
import { runWithSlaves } from './run-example.js';

const test = suite('mandelbrot');
const { program } = documented('mandelbrot/main');
const BLACK = [0, 0, 0, 255];

/** The checksum of a view that a single process computes. */
function checksumOf(view: View): string {
  const picture = new Picture(view);
  picture.draw(0, escapeTimes(view, 0, view.height));
  return picture.checksum;
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ts-mw-mandelbrot-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('it prints what the catalogue shows, and the PNG has those pixels', () =>
  inFolder(async (cwd) => {
    const stdout = await runAsDocumented('mandelbrot/main', { cwd });
    const [width, height] = [400, 300];
    const view = { width, height, centreX: -0.6, centreY: 0, zoom: 1, iterations: 500 };
    assert.is(stdout.trimEnd().split(' ').at(-1), checksumOf(view));

    const { data, ...size } = PNG.sync.read(await readFile(join(cwd, 'mandelbrot.png')));
    assert.equal([size.width, size.height], [width, height]);
    assert.is(createHash('sha256').update(data).digest('hex'), checksumOf(view));
    const pixel = (x: number, y: number): number[] => {
      const at = (Math.round(height / 2 - y * 100) * width + Math.round(width / 2 + (x + 0.6) * 100)) * 4;
      return [...data.subarray(at, at + 4)];
    };
    assert.equal(pixel(0, 0), BLACK);
    assert.equal(pixel(-1, 0), BLACK);
    assert.not.equal(pixel(1, 0), BLACK);
    assert.not.equal(pixel(-1, 1), BLACK);
  }));

test('a part of the plane, in more rows than a band has', () =>
  inFolder(async (cwd) => {
    const place = ['--centre-x', '-0.745', '--centre-y', '0.186', '--zoom', '400', '--iterations', '2000'];
    const flags = [...place, ...['--width', '333', '--height', '127', '--output', 'part.png']];
    const { code, stdout, stderr } = await runWithSlaves(program, undefined, flags, { cwd });
    const view = { width: 333, height: 127, centreX: -0.745, centreY: 0.186, zoom: 400, iterations: 2_000 };
    assert.is(stdout, `part.png: 333 x 127 pixels, SHA-256 ${checksumOf(view)}\n`, stderr);
    assert.is(stderr, '');
    assert.is(code, 0);
  }));

test('it refuses what gives no picture, before anything is computed', async () => {
  for (const [flags, message] of [
    [['--zoom', '0'], /^--zoom: expected a number above 0, got 0\n$/],
    [['--width', '0'], /^--width: expected a whole number from 1 to 20000, got "0"\n$/],
    [['--output', '/nowhere/at/all.png'], /^--output: cannot be written: ENOENT/],
    [['--output', tmpdir()], /^--output: cannot be written: it is a folder\n$/],
  ] as const) {
    const { code, stdout, stderr } = await runWithSlaves(program, undefined, flags, { slaves: 0 });
    assert.match(stderr, message);
    assert.is(stdout, '');
    assert.is(code, 255);
  }
});

test.run();
