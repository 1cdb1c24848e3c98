/** Escape times as colours, and the picture as a PNG file. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { PNG } from 'pngjs';
import type { View } from './escape-times.js';

export class Picture {
  readonly #png: PNG;
  readonly #view: View;

  constructor(view: View) {
    this.#view = view;
    this.#png = new PNG({ width: view.width, height: view.height });
  }

  /** Colours the rows from row `first` on. */
  draw(first: number, times: Uint16Array): void {
    const { width, iterations } = this.#view;
    times.forEach((time, i) => {
      this.#png.data.set(colourOf(time, iterations), (first * width + i) * 4);
    });
  }

  /** SHA-256 of the pixels, the same for the same view however it was computed. */
  get checksum(): string {
    return createHash('sha256').update(this.#png.data).digest('hex');
  }

  async writeTo(file: string): Promise<void> {
    await writeFile(file, PNG.sync.write(this.#png));
  }
}

/** Black inside; outside from dark blue to white and back, slower the longer a point stays. */
function colourOf(time: number, iterations: number): readonly [number, number, number, number] {
  if (time >= iterations) return [0, 0, 0, 255];
  // Square roots and sums only, whose last bit is the same on every machine
  const phase = Math.sqrt(time) / 4;
  const wave = (shift: number): number => Math.round(255 * (1 - Math.abs(((phase + shift) % 2) - 1)));
  return [wave(0), wave(0.2), wave(0.4), 255];
}
