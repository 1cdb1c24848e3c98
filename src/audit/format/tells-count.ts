/** Selects the counts at which a repeated event is reported: 1, 10, 100 and so on. */
export function tellsCount(count: number): boolean {
  let step = count;
  while (step >= 10 && step % 10 === 0) step /= 10;
  return step === 1;
}
