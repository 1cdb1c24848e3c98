/** The Mandelbrot set by rows: how many steps each point takes to leave the circle of radius 2. */

/** A part of the plane, and how it is drawn. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly centreX: number;
  readonly centreY: number;
  /** At 1 the picture is 4 units wide. */
  readonly zoom: number;
  /** Number of steps after which points count as inside; at most 65535. */
  readonly iterations: number;
}

/** The escape times of `count` rows from row `first` on, row by row; `iterations` for points inside. */
export function escapeTimes(view: View, first: number, count: number): Uint16Array {
  const { width, height, centreX, centreY, zoom, iterations } = view;
  const step = 4 / zoom / width;
  const times = new Uint16Array(width * count);
  for (let row = 0; row < count; row++) {
    const y = centreY + (height / 2 - first - row) * step;
    for (let column = 0; column < width; column++) {
      const x = centreX + (column - width / 2) * step;
      times[row * width + column] = escapeTime(x, y, iterations);
    }
  }
  return times;
}

function escapeTime(x: number, y: number, iterations: number): number {
  let [re, im] = [0, 0];
  for (let time = 0; time < iterations; time++) {
    const [re2, im2] = [re * re, im * im];
    if (re2 + im2 > 4) return time;
    im = 2 * re * im + y;
    re = re2 - im2 + x;
  }
  return iterations;
}
