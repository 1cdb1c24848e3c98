/** Times of which few are long and most of the whole: a log-normal distribution. */

/** By Box and Muller, from two uniform numbers below 1; `sigma` is that of the logarithm. */
export function logNormal(random: () => number, mean: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return mean * Math.exp(sigma * normal - sigma ** 2 / 2);
}
