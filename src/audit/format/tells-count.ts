/** Which counts of a thing that happens again and again are told: 1, 10, 100 and so on. */
export function tellsCount(count: number): boolean {
  let step = count;
  while (step >= 10 && step % 10 === 0) step /= 10;
  return step === 1;
}
