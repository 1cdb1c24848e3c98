/** The kinds of evidence for the loss of a slave: few, whatever the words. */

const KINDS = [
  ['killed', /, (because|while) TASK-\d+ was /],
  ['no-responders', /^(perhaps )?503/],
  ['silent', /^silent/],
  ['process-exited', /^process exited/],
  ['process-killed', /^process (was )?ended/],
  ['error', /^(uncaught |its slave algorithm )/],
] as const;

export type LossKind = (typeof KINDS)[number][0] | 'other';

export const LOSS_KINDS: readonly LossKind[] = [...KINDS.map(([kind]) => kind), 'other'];

export function lossKindOf(evidence: string): LossKind {
  return KINDS.find(([, pattern]) => pattern.test(evidence))?.[0] ?? 'other';
}
