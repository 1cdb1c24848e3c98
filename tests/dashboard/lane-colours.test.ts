/**
 * Colours of lanes are told apart by all: also by those who lack the receptors for red or green, as computed with the
 * matrices of Machado, Oliveira and Fernandes (2009).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { root } from '../docs/read-docs.js';

const test = suite('lane colours');

type Triple = readonly [number, number, number];

const VISIONS: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

/** Of CIELAB; two colours that lie side by side are told apart from about 2 on. */
const LEAST_DISTANCE = 30;

function dot(row: Triple, [a, b, c]: Triple): number {
  return row[0] * a + row[1] * b + row[2] * c;
}

/** The place in CIELAB at which somebody with this vision sees a colour such as `#0072b2`. */
function seenAt(colour: string, vision: readonly [Triple, Triple, Triple]): Triple {
  const part = (at: number): number => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const light: Triple = [part(1), part(3), part(5)];
  const bounded = (value: number): number => Math.min(1, Math.max(0, value));
  const [red, green, blue] = vision;
  const seen: Triple = [bounded(dot(red, light)), bounded(dot(green, light)), bounded(dot(blue, light))];
  const f = (value: number): number =>
    value > 216 / 24_389 ? Math.cbrt(value) : ((24_389 / 27) * value + 16) / 116;
  const x = f(dot([0.4124564, 0.3575761, 0.1804375], seen) / 0.95047);
  const y = f(dot([0.2126729, 0.7151522, 0.072175], seen));
  const z = f(dot([0.0193339, 0.119192, 0.9503041], seen) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const css = readFileSync(join(root, 'src', 'dashboard', 'assets', 'app.css'), 'utf8');
const dark = css.slice(css.indexOf('@media (prefers-color-scheme: dark)'));

for (const [scheme, text] of Object.entries({ light: css.slice(0, css.length - dark.length), dark })) {
  test(`any two of the ${scheme} ones, and an idle lane, are far apart for each vision`, () => {
    const colours = Array.from(text.matchAll(/--(idle|lane-\d): (#[0-9a-f]{6});/g), ([, name, value]) => ({
      name,
      value: value ?? '',
    }));
    assert.is(colours.length, 8);
    for (const [vision, matrix] of Object.entries(VISIONS)) {
      for (const [index, one] of colours.entries())
        for (const other of colours.slice(0, index)) {
          const [a, b] = [seenAt(one.value, matrix), seenAt(other.value, matrix)];
          const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
          assert.ok(
            distance > LEAST_DISTANCE,
            `${one.name} and ${other.name} are ${distance.toFixed(0)} apart with ${vision}`,
          );
        }
    }
  });
}

test('the measure knows colours that the colour-blind confuse', () => {
  const [red, green] = ['#c02020', '#5c7a00'];
  const distance = (vision: string): number => {
    const matrix = VISIONS[vision];
    assert.ok(matrix);
    const [a, b] = [seenAt(red, matrix), seenAt(green, matrix)];
    return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  };
  assert.ok(distance('normal') > 80 && distance('deuteranopia') < 30);
});

test.run();
